/** Files that a person drops or chooses: exported conversations, or text for the message. */

import { reason } from '../akio/errors.js';
import { announce } from './announce.js';
import type { Database } from './database.js';
import { byId } from './dom.js';
import { fromFile, isExport, MOST_BYTES, toFile } from './transfer.js';

const overlay = byId('drop', HTMLDivElement);
const attach = byId('attach', HTMLButtonElement);
const chooser = byId('file', HTMLInputElement);
const importButton = byId('import', HTMLButtonElement);
const importChooser = byId('import-file', HTMLInputElement);
const exportButton = byId('export', HTMLButtonElement);

/** Much more text than any context holds. */
const MOST_TEXT = 2 ** 20;

export interface FileActions {
  /** Text for the message that is being written. */
  write(text: string): void;
  done(text: string): void;
  failed(error: unknown): void;
}

export class Files {
  readonly #database: Database;
  readonly #actions: FileActions;

  constructor(database: Database, actions: FileActions) {
    this.#database = database;
    this.#actions = actions;
    this.#choose(attach, chooser, (text, name) => this.#take(text, name));
    this.#choose(importButton, importChooser, (text, name) => this.#import(text, name));
    exportButton.addEventListener('click', () => void this.export());
    this.#takeDropped();
  }

  /** Takes files one after the other; what one of them is not good for does not keep the others away. */
  async #each(files: Iterable<File>, take: (text: string, name: string) => void | Promise<void>): Promise<void> {
    for (const file of files) {
      try {
        await take(await read(file), file.name);
      } catch (error) {
        this.#actions.failed(`${file.name} was not taken: ${reason(error)}.`);
      }
    }
  }

  #choose(button: HTMLButtonElement, chooser: HTMLInputElement, take: (text: string, name: string) => void | Promise<void>): void {
    button.addEventListener('click', () => chooser.click());
    chooser.addEventListener('change', async () => {
      await this.#each([...(chooser.files ?? [])], take);
      chooser.value = '';
    });
  }

  /** Saves one conversation, or all of them, as a file. */
  async export(id?: string): Promise<void> {
    try {
      const loaded = id === undefined ? undefined : await this.#database.load(id);
      const conversations = id === undefined ? await this.#database.list() : loaded ? [loaded.conversation] : [];
      const messages = id === undefined ? await this.#database.messages() : (loaded?.messages ?? []);
      if (conversations.length === 0) throw new Error('There is no conversation yet.');
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([toFile(conversations, messages)], { type: 'application/json' }));
      link.download = `akio-${new Date().toISOString().slice(0, 10)}.json`;
      link.click();
      // The browser reads it after the click.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      announce('Exported');
    } catch (error) {
      this.#actions.failed(error);
    }
  }

  /** Exported conversations are imported, and other text goes into the message. */
  async #take(text: string, name: string): Promise<void> {
    if (isExport(text)) return this.#import(text, name);
    if (text.length > MOST_TEXT) throw new Error('it is longer than what the model can read');
    const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
    const fence = '`'.repeat(longest + 1);
    this.#actions.write(`${name}:\n${fence}\n${text.trimEnd()}\n${fence}\n\n`);
  }

  async #import(text: string, name: string): Promise<void> {
    const { conversations, messages } = fromFile(text);
    await this.#database.add(conversations, messages);
    const count = conversations.length;
    this.#actions.done(`${count} ${count === 1 ? 'conversation was' : 'conversations were'} imported from ${name}.`);
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
      if (!hasFiles(event)) return;
      event.preventDefault();
      show(-depth);
      void this.#each([...(event.dataTransfer?.files ?? [])], (text, name) => this.#take(text, name));
    });
  }
}

async function read(file: File): Promise<string> {
  if (file.size > MOST_BYTES) throw new Error(`it has ${Math.round(file.size / 1e6)} MB, more than can be read here`);
  const text = decode(await file.arrayBuffer());
  if (text === undefined || text.includes('\0')) {
    throw new Error('it is not text. akio reads text files, and conversations that were exported from it');
  }
  return text;
}

function decode(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
