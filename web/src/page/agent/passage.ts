/** A file of the person's, open at a place. */

import { announce } from '../announce.js';
import { byId, make, save } from '../dom.js';
import type { Place } from './citations-view.js';
import type { Desk } from './desk.js';

const dialog = byId('passage', HTMLDialogElement);
const title = byId('passage-title', HTMLHeadingElement);
const note = byId('passage-note', HTMLParagraphElement);
const text = byId('passage-text', HTMLPreElement);
const download = byId('passage-save', HTMLButtonElement);
const insert = byId('passage-insert', HTMLButtonElement);

/** Lines around the place that are shown: more would take the browser a while. */
const AROUND = 1000;

export class Passage {
  readonly #desk: Desk;
  #file = '';
  #bytes: Uint8Array | undefined;

  /** `write` takes text for the message. */
  constructor(desk: Desk, write: (text: string) => void) {
    this.#desk = desk;
    download.addEventListener('click', () => {
      if (this.#bytes) save(this.#file.replace(/^.*\//, ''), this.#bytes as Uint8Array<ArrayBuffer>);
    });
    insert.addEventListener('click', () => {
      for (const open of document.querySelectorAll('dialog[open]')) (open as HTMLDialogElement).close();
      write(quoted(this.#file, decode(this.#bytes ?? new Uint8Array())));
    });
  }

  async open(place: Place): Promise<void> {
    this.#file = place.file;
    this.#bytes = await this.#desk.read(place.file).catch(() => undefined);
    const gone = this.#bytes === undefined;
    const lines = this.#bytes ? decode(this.#bytes).split(/\r\n|\r|\n/) : (place.passage ?? []);
    const [first, last] = place.lines ?? [0, 0];
    const start = gone ? Math.max(1, first) : Math.max(1, first - AROUND);
    const shown = gone ? lines : lines.slice(start - 1, Math.max(last, 1) + AROUND);
    title.textContent = place.file;
    note.textContent = noteOn(gone, shown.length < lines.length, first, last);
    download.hidden = insert.hidden = gone;
    text.replaceChildren(...shown.map((line, i) => lineOf(line, start + i, first, last, place.text)));
    text.classList.toggle('numbered', !gone);
    dialog.showModal();
    const marked = text.querySelector('.marked');
    text.scrollTop = 0;
    marked?.scrollIntoView({ block: 'center' });
    if (marked) announce(Array.from(text.querySelectorAll('.marked'), ({ textContent }) => textContent).join(' '));
  }
}

function noteOn(gone: boolean, cut: boolean, first: number, last: number): string {
  const place = first === 0 ? '' : first === last ? `Line ${first}. ` : `Lines ${first}–${last}. `;
  if (gone) return `${place}This file is no longer among yours; this is the passage as it was.`;
  return `${place}${cut ? 'Only a part of this long file is shown.' : ''}`.trim();
}

function lineOf(line: string, number: number, first: number, last: number, meant?: string): HTMLElement {
  const marked = number >= first && number <= last;
  const at = meant && marked ? line.indexOf(meant) : -1;
  const content =
    at < 0 || !meant
      ? [marked ? make('mark', '', line) : line]
      : [line.slice(0, at), make('mark', 'exact', meant), line.slice(at + meant.length)];
  const element = make('span', marked ? 'marked' : '', ...content.filter((piece) => piece !== ''), '\n');
  element.dataset['line'] = String(number);
  return element;
}

/** Text as the agent reads it: what is not UTF-8 or UTF-16 is Windows-1252. */
export function decode(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const wide = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : undefined;
  try {
    return new TextDecoder(wide ?? 'utf-8', { fatal: wide === undefined }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** A file as a part of a message: fenced, by a fence that is not in it. */
function quoted(name: string, content: string): string {
  const longest = Math.max(2, ...Array.from(content.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${name}:\n${fence}\n${content.trimEnd()}\n${fence}\n\n`;
}
