/** The messages of the open conversation, and where in them the person is reading. */

import type { Chat } from './chat.js';
import type { Message } from './conversation.js';
import { byId } from './dom.js';
import { type MessageActions, MessageView } from './message-view.js';

const list = byId('messages', HTMLDivElement);
const scroller = byId('scroller', HTMLElement);
const toEnd = byId('to-end', HTMLButtonElement);

/** How far from the end, in pixels, one still follows what is written there. */
const NEAR = 60;

export class Thread {
  readonly #actions: MessageActions;
  #views = new Map<string, MessageView>();
  #conversation: string | undefined;
  #leaf: string | undefined;

  constructor(actions: MessageActions) {
    this.#actions = actions;
    scroller.addEventListener('scroll', showToEnd, { passive: true });
    toEnd.addEventListener('click', () => {
      scroller.scrollTop = scroller.scrollHeight;
    });
  }

  /** Shows what is open in `chat` now. */
  show(chat: Chat): void {
    const { path } = chat;
    const focus = focusIn([...this.#views.values()]);
    const views = new Map<string, MessageView>();
    const busy = chat.isAnswering();
    path.forEach((message, i) => {
      const { role, end, id } = message;
      const view = this.#views.get(id) ?? new MessageView(message, this.#actions);
      views.set(id, view);
      view.show(message, {
        versions: chat.versions(message),
        question: role === 'assistant' ? path[i - 1] : undefined,
        writing: role === 'assistant' && end === undefined,
        busy,
        last: i === path.length - 1,
      });
    });
    this.#views = views;
    const elements = Array.from(views.values(), ({ element }) => element);
    for (const old of [...list.children]) if (!elements.includes(old as HTMLElement)) old.remove();
    elements.forEach((element, i) => {
      if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
    });
    if (focus && !focus.element.isConnected) {
      // Who goes through versions by keys stays on the same button, or at least on the message.
      const article = elements[focus.message];
      (article?.querySelector<HTMLElement>(`[data-action=${focus.action}]`) ?? article)?.focus({ preventScroll: true });
    }
    const leaf = path.at(-1)?.id;
    // What was just asked or opened is at the end; who goes through versions stays where he is.
    if (chat.id !== this.#conversation || (leaf !== this.#leaf && busy)) scroller.scrollTop = scroller.scrollHeight;
    this.#conversation = chat.id;
    this.#leaf = leaf;
    showToEnd();
  }

  /** Shows text that was added to a message, and follows it unless someone has scrolled up to read. */
  grow(message: Message): void {
    this.#views.get(message.id)?.grow((draw) => {
      const follow = distance() < NEAR;
      draw();
      if (follow) scroller.scrollTop = scroller.scrollHeight;
      showToEnd();
    });
  }

  /** Opens the last question for editing; returns whether there is one. */
  editLast(): boolean {
    const last = [...this.#views.values()].filter(({ element }) => element.classList.contains('user')).at(-1);
    last?.edit();
    return last !== undefined;
  }

  /** Moves the focus from message to message. */
  step(by: 1 | -1): void {
    const elements = Array.from(this.#views.values(), ({ element }) => element);
    const at = elements.findIndex((element) => element.contains(document.activeElement));
    const next = elements[at < 0 ? (by < 0 ? elements.length - 1 : 0) : at + by];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: 'nearest' });
  }
}

/** Which button of which message has the focus. */
function focusIn(views: MessageView[]): { element: Element; message: number; action: string } | undefined {
  const element = document.activeElement;
  const message = views.findIndex((view) => view.element.contains(element));
  return element && message >= 0 ? { element, message, action: (element as HTMLElement).dataset['action'] ?? 'none' } : undefined;
}

function distance(): number {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
}

function showToEnd(): void {
  toEnd.hidden = distance() < 4 * NEAR || list.childElementCount === 0;
}
