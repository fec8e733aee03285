/** The field for the next message, with the buttons that send it and stop its answer. */

import { announce } from './announce.js';
import { byId } from './dom.js';
import { openMenu } from './menu.js';
import { settingsAreValid, watchTools } from './settings.js';

const form = byId('composer', HTMLFormElement);
const prompt = byId('prompt', HTMLTextAreaElement);
const send = byId('send', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);

const modes = byId('mode', HTMLFieldSetElement);
const means = byId('means', HTMLDivElement);
const toolsButton = byId('tools-button', HTMLButtonElement);
const toolsLine = byId('tools-line', HTMLSpanElement);
const attach = byId('attach', HTMLButtonElement);
const attachMenu = byId('attach-menu', HTMLDivElement);

const MOST_ROWS = 8;

/** Who answers: the model alone, the files, or the agent. */
export type Mode = 'chat' | 'files' | 'task';

const PLACEHOLDERS: Record<Mode, string> = {
  chat: 'Ask anything',
  files: 'Ask about your files',
  task: 'Give the agent a task',
};

export interface ComposerActions {
  /** Whether something can be asked in this mode now; if not, it says why. */
  maySend(mode: Mode): boolean;
  send(text: string, mode: Mode): void;
  stop(): void;
  editLast(): boolean;
}

export class Composer {
  #answering = false;

  constructor(actions: ComposerActions) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = prompt.value.trim();
      if (text === '' || this.#answering || !settingsAreValid() || !actions.maySend(this.mode)) return;
      write('');
      actions.send(text, this.mode);
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
    modes.addEventListener('change', () => this.#showMode());
    attach.addEventListener('click', () => openMenu(attachMenu, attach));
    attachMenu.addEventListener('click', () => attachMenu.hidePopover());
    watchTools((count) => {
      toolsLine.textContent = count === 0 ? 'No tools on' : count === 1 ? '1 tool on' : `${count} tools on`;
    });
    this.#showMode();
  }

  get mode(): Mode {
    return (modes.querySelector<HTMLInputElement>(':checked')?.value ?? 'chat') as Mode;
  }

  set mode(mode: Mode) {
    const choice = modes.querySelector<HTMLInputElement>(`[value=${mode}]`);
    if (!choice || choice.checked) return;
    choice.checked = true;
    this.#showMode();
    announce(PLACEHOLDERS[mode]);
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
    this.mode = 'chat';
    write(text);
    form.requestSubmit();
  }

  #showMode(): void {
    prompt.placeholder = PLACEHOLDERS[this.mode];
    means.hidden = this.mode === 'chat';
    toolsButton.hidden = this.mode !== 'task';
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
