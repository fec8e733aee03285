/** What a screen reader says: short notices, and an answer sentence by sentence while it is written. */

import { byId } from './dom.js';

const region = byId('announcer', HTMLDivElement);
/** Notices that stay in the document; what was said needs to be there no longer. */
const KEPT = 20;

export function announce(text: string): void {
  const line = document.createElement('p');
  line.textContent = text;
  region.append(line);
  while (region.childElementCount > KEPT) region.firstElementChild?.remove();
}

/** Reads a growing text in Markdown aloud, whole sentences at a time. */
export class Reading {
  #said = 0;

  /** `text` is all of it so far. */
  grow(text: string): void {
    // Not behind the number of a list's item.
    const ends = text.slice(this.#said).matchAll(/[^\d\s][.!?:]\s|\n/gu);
    const last = [...ends].at(-1);
    if (last) this.#say(text, this.#said + last.index + last[0].length);
  }

  finish(text: string): void {
    this.#say(text, text.length);
  }

  #say(text: string, end: number): void {
    const sentence = plain(text.slice(this.#said, end)).trim();
    this.#said = Math.max(this.#said, end);
    if (sentence !== '') announce(sentence);
  }
}

/** Markdown without the marks that say nothing when they are read. */
function plain(text: string): string {
  return text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|```\S*|\|?[-:| ]{3,})(?=\s|$)/gm, '')
    .replace(/\*\*|`+|~~/g, '');
}
