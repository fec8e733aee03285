/** The person's files: the list of them, and how they come in and go. */

import { announce } from '../announce.js';
import { confirmed } from '../dialogs.js';
import { byId, icon, iconButton, make } from '../dom.js';
import { bytes } from '../size.js';
import type { OpenPlace } from './citations-view.js';
import type { Desk } from './desk.js';

const dialog = byId('files', HTMLDialogElement);
const list = byId('file-list', HTMLUListElement);
const none = byId('file-none', HTMLParagraphElement);
const unkept = byId('file-unkept', HTMLParagraphElement);
const status = byId('file-status', HTMLParagraphElement);
const total = byId('file-total', HTMLParagraphElement);
const clear = byId('file-clear', HTMLButtonElement);
const chooser = byId('file', HTMLInputElement);
const folderChooser = byId('folder', HTMLInputElement);
const line = byId('files-line', HTMLSpanElement);

export interface FilesPanelActions {
  open: OpenPlace;
  /** Takes files that were chosen. */
  take(files: File[]): Promise<void>;
  /** Says what was done where the panel is closed. */
  done(text: string): void;
  failed(error: unknown): void;
}

export class FilesPanel {
  readonly #desk: Desk;
  readonly #actions: FilesPanelActions;
  /** How many files there are, once that is known. */
  count: number | undefined;

  constructor(desk: Desk, actions: FilesPanelActions) {
    this.#desk = desk;
    this.#actions = actions;
    for (const input of [chooser, folderChooser]) {
      input.addEventListener('change', async () => {
        const files = [...(input.files ?? [])];
        input.value = '';
        await actions.take(files).catch((error: unknown) => this.#fail(error));
      });
    }
    for (const button of document.querySelectorAll('[data-action=add-files]')) button.addEventListener('click', () => chooser.click());
    for (const button of document.querySelectorAll('[data-action=add-folder]')) button.addEventListener('click', () => folderChooser.click());
    clear.addEventListener('click', async () => {
      const text = 'They will be gone from this browser. Nothing happens to the files that they are copies of.';
      if (await confirmed('Remove all files?', text, 'Remove all')) await this.#change(desk.removeAll(), 'All files were removed');
    });
    dialog.addEventListener('opened', () => {
      status.hidden = true;
      this.refresh().catch((error: unknown) => this.#fail(error));
    });
  }

  /** Adds files and says which of them were left out, and why. Returns how many were added. */
  async add(files: File[]): Promise<number> {
    this.#say(files.length === 1 ? 'Reading a file …' : `Reading ${files.length} files …`);
    const { added, left_out } = await this.#desk.add(files);
    await this.refresh();
    const came = added.length === 1 ? `${added[0]?.path} was added.` : `${added.length} files were added.`;
    const remark = `Left out: ${left_out.map(({ reason }) => reason).join('; ')}.`;
    const text = [...(added.length > 0 ? [came] : []), ...(left_out.length > 0 ? [remark] : [])].join(' ');
    if (added.length > 0) this.#say(text);
    else this.#fail(text);
    return added.length;
  }

  /** Shows which files there are, without waking the agent where there are none. */
  async refresh(): Promise<void> {
    const files = this.#desk.kept && (await this.#desk.storedBytes()) === 0 ? [] : await this.#desk.files();
    this.count = files.length;
    const size = files.reduce((sum, file) => sum + file.bytes, 0);
    const count = `${files.length} ${files.length === 1 ? 'file' : 'files'}`;
    line.textContent = files.length === 0 ? 'No files yet' : files.length === 1 ? (files[0]?.path ?? '') : count;
    total.textContent = files.length === 0 ? '' : `${count}, ${bytes(size)}`;
    none.hidden = files.length > 0;
    unkept.hidden = this.#desk.kept;
    clear.hidden = files.length === 0;
    const at = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(...files.map(({ path, bytes: length }) => this.#item(path, length)));
    // Who removes files by keys goes on with the next one.
    if (at >= 0) (list.children[Math.min(at, files.length - 1)]?.querySelector('button') ?? dialog).focus();
  }

  #item(path: string, length: number): HTMLElement {
    const open = make('button', 'plain', icon('file'), make('span', '', path));
    open.type = 'button';
    open.title = `Open ${path}`;
    open.addEventListener('click', () => this.#actions.open({ file: path }));
    const remove = iconButton('bin', `Remove ${path}`, () => void this.#change(this.#desk.remove(path), `${path} was removed`));
    return make('li', '', open, make('small', '', bytes(length)), remove);
  }

  async #change(change: Promise<void>, done: string): Promise<void> {
    try {
      await change;
      announce(done);
    } catch (error) {
      this.#fail(error);
    }
  }

  #say(text: string): void {
    if (!dialog.open) return this.#actions.done(text);
    status.className = 'done';
    status.textContent = text;
    status.hidden = false;
  }

  #fail(error: unknown): void {
    if (!dialog.open) return this.#actions.failed(error);
    this.#say(error instanceof Error ? error.message : String(error));
    status.className = 'error';
  }
}
