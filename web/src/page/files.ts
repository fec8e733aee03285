/** Files that a person drops or chooses: exported conversations are imported, others are for the agent. */

import { reason } from '../akio/errors.js';
import { announce } from './announce.js';
import type { Database } from './database.js';
import { byId, save } from './dom.js';
import { filesOf } from './dropped.js';
import { fromFile, isExport, MOST_BYTES, toFile } from './transfer.js';

const overlay = byId('drop', HTMLDivElement);
const importButton = byId('import', HTMLButtonElement);
const importChooser = byId('import-file', HTMLInputElement);
const exportButton = byId('export', HTMLButtonElement);

/** By so many characters an export shows what it is. */
const HEAD = 200;

export interface FileActions {
  /** Takes files that are no conversations. */
  add(files: File[]): Promise<void>;
  done(text: string): void;
  failed(error: unknown): void;
}

export class Files {
  readonly #database: Database;
  readonly #actions: FileActions;

  constructor(database: Database, actions: FileActions) {
    this.#database = database;
    this.#actions = actions;
    importButton.addEventListener('click', () => importChooser.click());
    importChooser.addEventListener('change', async () => {
      for (const file of [...(importChooser.files ?? [])]) await this.#import(file);
      importChooser.value = '';
    });
    exportButton.addEventListener('click', () => void this.export());
    this.#takeDropped();
  }

  /** Takes what was dropped or chosen. */
  async take(files: File[]): Promise<void> {
    const others: File[] = [];
    for (const file of files) {
      if (file.name.endsWith('.json') && isExport(await file.slice(0, HEAD).text())) await this.#import(file);
      else others.push(file);
    }
    if (others.length > 0) await this.#actions.add(others);
  }

  /** Saves one conversation, or all of them, as a file. */
  async export(id?: string): Promise<void> {
    try {
      const loaded = id === undefined ? undefined : await this.#database.load(id);
      const conversations = id === undefined ? await this.#database.list() : loaded ? [loaded.conversation] : [];
      const messages = id === undefined ? await this.#database.messages() : (loaded?.messages ?? []);
      if (conversations.length === 0) throw new Error('There is no conversation yet.');
      const day = new Date().toISOString().slice(0, 10);
      save(`akio-${day}.json`, toFile(conversations, messages), 'application/json');
      announce('Exported');
    } catch (error) {
      this.#actions.failed(error);
    }
  }

  async #import(file: File): Promise<void> {
    try {
      const { conversations, messages } = fromFile(await read(file));
      await this.#database.add(conversations, messages);
      const count = conversations.length;
      this.#actions.done(`${count} ${count === 1 ? 'conversation was' : 'conversations were'} imported from ${file.name}.`);
    } catch (error) {
      this.#actions.failed(`${file.name} was not taken: ${reason(error)}.`);
    }
  }

  #takeDropped(): void {
    let depth = 0;
    const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;
    const show = (by: number): void => {
      depth = Math.max(0, depth + by);
      overlay.hidden = depth === 0;
    };
    addEventListener('dragenter', (event) => hasFiles(event) && show(1));
    addEventListener('dragleave', (event) => hasFiles(event) && show(-1));
    addEventListener('dragover', (event) => hasFiles(event) && event.preventDefault());
    addEventListener('drop', (event) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      show(-depth);
      filesOf(event.dataTransfer)
        .then((files) => this.take(files))
        .catch((error: unknown) => this.#actions.failed(error));
    });
  }
}

async function read(file: File): Promise<string> {
  if (file.size > MOST_BYTES) throw new Error(`it has ${Math.round(file.size / 1e6)} MB, more than can be read here`);
  const text = decode(await file.arrayBuffer());
  if (text === undefined || text.includes('\0')) throw new Error('it is not text, and so no conversation');
  return text;
}

function decode(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
