/** The field for the next message, with the buttons that send it and stop its answer. */

import { byId } from './dom.js';
import { settingsAreValid } from './settings.js';

const form = byId('composer', HTMLFormElement);
const prompt = byId('prompt', HTMLTextAreaElement);
const send = byId('send', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);

const MOST_ROWS = 8;

export interface ComposerActions {
  send(text: string): void;
  stop(): void;
  editLast(): boolean;
}

export class Composer {
  #answering = false;

  constructor(actions: ComposerActions) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = prompt.value.trim();
      if (text === '' || this.#answering || !settingsAreValid()) return;
      write('');
      actions.send(text);
    });
    prompt.addEventListener('keydown', (event) => {
      const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
      if (event.key === 'ArrowUp' && plain && prompt.value === '' && !this.#answering && actions.editLast()) {
        event.preventDefault();
      }
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    stop.addEventListener('click', () => actions.stop());
    prompt.addEventListener('input', fit);
  }

  get isEmpty(): boolean {
    return prompt.value === '';
  }

  /** Shows the button that stops in the place of the one that sends. */
  setAnswering(answering: boolean): void {
    if (answering === this.#answering) return;
    const hadFocus = document.activeElement === stop || document.activeElement === send;
    this.#answering = answering;
    send.hidden = answering;
    stop.hidden = !answering;
    if (hadFocus) prompt.focus();
  }

  /** Gives a question back, unless another one is being written. */
  restore(text: string): void {
    write(prompt.value || text);
  }

  /** Puts text in front of what is written. */
  insert(text: string): void {
    write(text + prompt.value);
    this.focus();
  }

  focus(): void {
    prompt.focus();
  }

  submit(text: string): void {
    write(text);
    form.requestSubmit();
  }
}

function write(text: string): void {
  prompt.value = text;
  fit();
}

/** Lets the field grow with its lines where the style sheet cannot. */
function fit(): void {
  if (CSS.supports('field-sizing', 'content')) return;
  prompt.rows = Math.min(MOST_ROWS, prompt.value.split('\n').length);
}
