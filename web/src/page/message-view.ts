/** One message of the conversation, with what can be done with it. */

import type { OpenPlace } from './agent/citations-view.js';
import { announce, Reading } from './announce.js';
import { type End, type Message, type Part, textOf } from './conversation.js';
import { copyButton } from './copy.js';
import { iconButton } from './dom.js';
import { PartsView } from './parts-view.js';

/** What the buttons of a message do. */
export interface MessageActions {
  edit(message: Message, text: string): void;
  answer(question: Message): void;
  show(version: Message): void;
  open: OpenPlace;
}

/** What is known of a message beside what it says. */
export interface MessageState {
  versions: Message[];
  /** The question, where the message is an answer. */
  question: Message | undefined;
  /** Whether it is being written, in this tab or in another. */
  writing: boolean;
  /** Whether an answer of the conversation is being written in this tab, so that nothing can be asked. */
  busy: boolean;
  last: boolean;
}

const REMARKS: Record<End, string | undefined> = {
  done: undefined,
  limit: 'The answer was cut at its limit.',
  context: 'The answer was cut where the context is full.',
  steps: 'The task took more steps than the agent may take.',
  stopped: 'Stopped.',
};

/** Milliseconds between two drawings of an answer that is being written. */
const PACE = 80;

export class MessageView {
  readonly element = document.createElement('article');
  readonly #body: UserBody | PartsView;
  readonly #remark = document.createElement('p');
  readonly #tools = document.createElement('div');
  readonly #actions: MessageActions;
  readonly #reading = new Reading();
  #message: Message;
  #state = '';
  /** When text that has come was drawn last, and whether more waits for it. */
  #drawn = 0;
  #waits = false;

  constructor(message: Message, actions: MessageActions) {
    this.#message = message;
    this.#actions = actions;
    this.#body = message.role === 'user' ? new UserBody() : new PartsView(actions.open);
    const heading = document.createElement('h2');
    heading.className = 'visually-hidden';
    heading.textContent = message.role === 'user' ? 'You' : 'akio';
    this.element.className = message.role;
    this.element.tabIndex = -1;
    this.#remark.className = 'remark';
    this.#tools.className = 'tools';
    this.element.append(heading, this.#body.element, this.#remark, this.#tools);
  }

  show(message: Message, state: MessageState): void {
    this.#message = message;
    const { element } = this;
    const wasWriting = element.ariaBusy === 'true';
    element.ariaBusy = state.writing ? 'true' : null;
    element.classList.toggle('last', state.last);
    this.#draw();
    const unanswered = message.role === 'user' && state.last;
    const remark = unanswered ? 'This was not answered.' : state.writing ? undefined : REMARKS[message.end ?? 'done'];
    this.#remark.textContent = remark ?? '';
    this.#remark.hidden = remark === undefined;
    if (wasWriting && !state.writing) this.#reading.finish(textOf(message));
    this.#drawTools(state, unanswered);
  }

  /** More text has come. It is drawn a few times a second: to draw takes time and memory from the model. */
  grow(onDrawn: (draw: () => void) => void): void {
    if (this.#waits) return;
    this.#waits = true;
    const draw = (): void => {
      this.#waits = false;
      this.#drawn = performance.now();
      onDrawn(() => this.#draw());
      this.#reading.grow(textOf(this.#message));
    };
    setTimeout(() => requestAnimationFrame(draw), this.#drawn + PACE - performance.now());
  }

  /** Lets the person write another version of the question. */
  edit(): void {
    const { element } = this;
    if (element.classList.contains('editing') || !this.#isEditable) return;
    const form = document.createElement('form');
    form.className = 'edit';
    const field = document.createElement('textarea');
    field.ariaLabel = 'Edit the message';
    field.value = textOf(this.#message);
    const send = document.createElement('button');
    send.className = 'primary';
    send.textContent = 'Send';
    const cancel = document.createElement('button');
    cancel.type = 'button';
    cancel.textContent = 'Cancel';
    const note = document.createElement('p');
    note.textContent = 'The version before stays, with its answer.';
    form.append(field, note, cancel, send);
    const close = (): void => {
      form.remove();
      element.classList.remove('editing');
      this.#tools.querySelector<HTMLElement>('[data-action=edit]')?.focus();
    };
    cancel.addEventListener('click', close);
    form.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Escape') close();
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.target !== field) return;
      event.preventDefault();
      form.requestSubmit();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = field.value.trim();
      close();
      if (text !== '') this.#actions.edit(this.#message, text);
    });
    element.classList.add('editing');
    element.append(form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }

  /** What words do not say, as the files of a table, is not asked for by other words. */
  get #isEditable(): boolean {
    return this.#message.role === 'user' && this.#message.request?.type !== 'table';
  }

  #draw(): void {
    this.#body.show(this.#message.parts);
  }

  #drawTools(state: MessageState, unanswered: boolean): void {
    const { versions, question, writing, busy } = state;
    const message = this.#message;
    const key = JSON.stringify([versions.map(({ id }) => id), writing, busy, unanswered]);
    if (key === this.#state) return;
    this.#state = key;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['action'];
    const hadFocus = this.#tools.contains(document.activeElement);
    const buttons: HTMLElement[] = [];
    if (versions.length > 1) buttons.push(this.#versions(versions));
    if (!writing) {
      const copy = copyButton(message.role === 'user' ? 'Copy message' : 'Copy answer', () => textOf(this.#message));
      copy.dataset['action'] = 'copy';
      buttons.push(copy);
    }
    if (!busy && this.#isEditable) buttons.push(action('edit', 'Edit', () => this.edit()));
    if (!busy && unanswered) buttons.push(action('retry', 'Answer', () => this.#actions.answer(message)));
    if (!busy && question) buttons.push(action('retry', 'Another answer', () => this.#actions.answer(question)));
    this.#tools.replaceChildren(...buttons);
    if (hadFocus && focused) this.#tools.querySelector<HTMLElement>(`[data-action=${focused}]`)?.focus();
  }

  #versions(versions: Message[]): HTMLElement {
    const at = versions.findIndex(({ id }) => id === this.#message.id);
    const show = (step: number) => (): void => {
      const version = versions[at + step];
      if (!version) return;
      this.#actions.show(version);
      announce(`Version ${at + step + 1} of ${versions.length}`);
    };
    const group = document.createElement('span');
    group.className = 'versions';
    const before = action('previous', 'Version before', show(-1));
    const after = action('next', 'Next version', show(1));
    // Not `disabled`, which would take the focus away from who goes through the versions.
    before.ariaDisabled = String(at === 0);
    after.ariaDisabled = String(at === versions.length - 1);
    const count = document.createElement('span');
    count.textContent = `${at + 1}/${versions.length}`;
    group.append(before, count, after);
    return group;
  }
}

/** A question is shown as it was written. */
class UserBody {
  readonly element = document.createElement('div');

  constructor() {
    this.element.className = 'text';
  }

  show(parts: Part[]): void {
    const text = textOf({ parts });
    if (this.element.textContent !== text) this.element.textContent = text;
  }
}

function action(name: string, label: string, onClick: () => void): HTMLButtonElement {
  const button = iconButton(name, label, onClick);
  button.dataset['action'] = name;
  return button;
}
