/** The conversation as the page shows it. Text is only ever set as text. */

import { byId } from './dom.js';

const list = byId('messages', HTMLDivElement);
const scroller = byId('scroller', HTMLElement);

/** A question with the answer that grows below it. */
export class Turn {
  readonly #question = message('user', 'You');
  readonly #answer = message('assistant', 'akio');

  constructor(question: string) {
    this.#question.text.append(question);
    // A screen reader hears the answer when it is whole, not word by word.
    this.#answer.article.ariaBusy = 'true';
    list.append(this.#question.article, this.#answer.article);
    scroller.scrollTop = scroller.scrollHeight;
  }

  append(text: string): void {
    grow(() => this.#answer.text.append(text));
  }

  get answer(): string {
    return this.#answer.text.textContent ?? '';
  }

  /** Ends the answer, with a remark where it did not come to its own end. */
  finish(remark?: string): void {
    this.#answer.article.ariaBusy = null;
    if (remark === undefined) return;
    const note = document.createElement('p');
    note.className = 'remark';
    note.textContent = remark;
    grow(() => this.#answer.article.append(note));
  }

  remove(): void {
    this.#question.article.remove();
    this.#answer.article.remove();
  }
}

export function clearMessages(): void {
  list.replaceChildren();
}

/** Follows what is added below, unless someone has scrolled up to read. */
function grow(add: () => void): void {
  const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  add();
  if (below < 40) scroller.scrollTop = scroller.scrollHeight;
}

function message(role: 'user' | 'assistant', name: string) {
  const article = document.createElement('article');
  article.className = role;
  const heading = document.createElement('h2');
  heading.className = 'visually-hidden';
  heading.textContent = name;
  const text = document.createElement('p');
  text.className = 'text';
  article.append(heading, text);
  return { article, text };
}
