/** The conversation that is open, and the answers that are being written, here or behind another one. */

import { reason } from '../akio/errors.js';
import type { Akio } from '../akio/index.js';
import { type Conversation, isEmpty, type Message, newConversation, newMessage, type Request, textOf, Tree } from './conversation.js';
import type { Change, Database } from './database.js';
import type { Model } from './model.js';
import { overflow } from './settings.js';

/** How an answer is coming on. */
export type Progress =
  | { type: 'waiting' }
  | { type: 'reading'; done: number; total: number }
  | { type: 'overflow' }
  /** What is being done, in words. */
  | { type: 'doing'; what: string }
  /** `used` of `context` tokens are taken, where that is known. */
  | { type: 'writing'; speed: number; used: number | undefined; context: number }
  | { type: 'ended' };

/** What the page shows of a chat. */
export interface ChatView {
  /** Other messages are to be shown, or in another state. */
  changed(): void;
  /** A message has more text or more parts, or its last one has changed. */
  grew(message: Message): void;
  progress(progress: Progress): void;
  failed(error: unknown): void;
  /** The question was not answered at all, and may be put in another way. */
  returned(question: string): void;
}

/** An answer that is to be written. */
export interface Writing {
  akio: Akio;
  /** From the first message to the question. */
  path: Message[];
  answer: Message;
  signal: AbortSignal;
  /** To be called when `answer` has grown. */
  grew(): void;
  progress(progress: Progress): void;
}

/** Writes an answer until its end, which it sets. */
export type Write = (writing: Writing) => Promise<void>;

interface Running {
  conversation: Conversation;
  tree: Tree;
  answer: Message;
  controller: AbortController;
}

/** How often a growing answer is put into the database, in milliseconds. */
const KEEP_EVERY = 1000;

export class Chat {
  readonly #model: Model;
  readonly #database: Database;
  readonly #view: ChatView;
  readonly #write: Write;
  /** Answers that are being written, by their conversations. */
  readonly #running = new Map<string, Running>();
  /** None yet in a new chat. */
  #conversation: Conversation | undefined;
  #tree = new Tree();
  /** Whether the person knows that nothing can be kept. */
  #toldUnkept = false;
  /** Grows with every conversation that is opened or begun: what arrives late is not shown. */
  #openings = 0;

  constructor(model: Model, database: Database, view: ChatView, write: Write) {
    this.#model = model;
    this.#database = database;
    this.#view = view;
    this.#write = write;
  }

  get id(): string | undefined {
    return this.#conversation?.id;
  }

  get title(): string | undefined {
    return this.#conversation?.title;
  }

  /** The messages that are shown. */
  get path(): Message[] {
    return this.#tree.path(this.#conversation?.leaf ?? null);
  }

  versions(message: Message): Message[] {
    return this.#tree.versions(message);
  }

  /** Whether this answer is being written in this tab. */
  isWriting(message: Message): boolean {
    return this.#running.get(message.conversation)?.answer === message;
  }

  isAnswering(conversation = this.id): boolean {
    return conversation !== undefined && this.#running.has(conversation);
  }

  /** Opens a conversation, a new one without an id. Returns whether there is such a conversation. */
  async open(id?: string): Promise<boolean> {
    const opening = ++this.#openings;
    const running = id === undefined ? undefined : this.#running.get(id);
    const loaded = id === undefined || running ? undefined : await this.#database.load(id);
    const tree = running?.tree ?? new Tree(await settle(loaded?.messages ?? []));
    if (opening !== this.#openings) return true;
    this.#conversation = running?.conversation ?? loaded?.conversation;
    this.#tree = tree;
    this.#view.changed();
    return id === undefined || this.#conversation !== undefined;
  }

  /** Asks a question at the end of the conversation. */
  async send(text: string, request?: Request): Promise<void> {
    this.#openings++;
    this.#conversation ??= newConversation(text);
    await this.#ask(this.#conversation, this.#end(this.#conversation), text, request);
  }

  /** Asks another question in the place of `message`, as a new version. */
  async edit(message: Message, text: string): Promise<void> {
    if (this.#conversation) await this.#ask(this.#conversation, message.parent, text, message.request);
  }

  /** Makes another answer to a question, as a new version. */
  async answer(question: Message): Promise<void> {
    if (this.#conversation) await this.#answer(this.#conversation, question, []);
  }

  /** Shows this version of a message and the newest of what follows it. */
  async show(version: Message): Promise<void> {
    if (!this.#conversation) return;
    this.#conversation.leaf = this.#tree.newest(version.id);
    this.#view.changed();
    await this.#keep(this.#conversation);
  }

  /** Stops the answer of this conversation. */
  stop(conversation = this.id): void {
    if (conversation !== undefined) this.#running.get(conversation)?.controller.abort();
  }

  /** Takes in what has changed in the database. */
  async take(change: Change, elsewhere: boolean): Promise<void> {
    if (change.type === 'imported') return;
    if (change.type === 'everything removed') {
      for (const id of this.#running.keys()) this.stop(id);
      await this.open();
      return;
    }
    if (change.type === 'removed') this.stop(change.conversation);
    if (change.conversation !== this.id) return;
    if (change.type === 'removed') await this.open();
    else if (elsewhere) await this.#merge(change.type === 'changed' ? [] : change.messages);
    else await this.#takeTitle();
  }

  /** What a new question follows: the last complete message, beside what another tab is asking just now. */
  #end({ leaf }: Conversation): string | null {
    const last = this.#tree.get(leaf);
    if (last?.role !== 'assistant' || last.end !== undefined) return leaf;
    return this.#tree.get(last.parent)?.parent ?? null;
  }

  async #ask(conversation: Conversation, parent: string | null, text: string, request?: Request): Promise<void> {
    if (this.#running.has(conversation.id)) return;
    const question = { ...newMessage(conversation, parent, 'user', text), ...(request && { request }) };
    this.#tree.put(question);
    await this.#answer(conversation, question, [question]);
  }

  /** `added` are messages that go again if nothing is answered. */
  async #answer(conversation: Conversation, question: Message, added: Message[]): Promise<void> {
    if (this.#running.has(conversation.id)) return;
    const before = conversation.leaf;
    const answer = newMessage(conversation, question.id, 'assistant', '');
    const running: Running = { conversation, tree: this.#tree, answer, controller: new AbortController() };
    this.#running.set(conversation.id, running);
    running.tree.put(answer);
    conversation.leaf = answer.id;
    conversation.updated = Date.now();
    this.#view.changed();
    await this.#keep(conversation, [...added, answer]);
    const failure = await whileLocked(answer, () => this.#fill(running));
    this.#running.delete(conversation.id);
    if (!isEmpty(answer)) {
      await this.#keep(conversation, [answer]);
    } else {
      const isShown = this.id === conversation.id;
      await this.#withdraw(running, [...added, answer], before);
      if (isShown && added.length > 0) this.#view.returned(textOf(question));
    }
    if (failure !== undefined) this.#view.failed(failure);
    if (this.id === conversation.id || this.id === undefined) this.#view.progress({ type: 'ended' });
    this.#view.changed();
  }

  /** Has the answer written; returns why it failed. */
  async #fill({ conversation, tree, answer, controller }: Running): Promise<unknown> {
    const { signal } = controller;
    const progress = (progress: Progress): void => {
      if (this.id === conversation.id) this.#view.progress(progress);
    };
    let kept = Date.now();
    const grew = (): void => {
      if (this.id === conversation.id) this.#view.grew(answer);
      if (Date.now() - kept < KEEP_EVERY) return;
      kept = Date.now();
      void this.#keep(conversation, [answer]);
    };
    progress({ type: 'waiting' });
    try {
      await this.#model.use(overflow(), signal, (akio) =>
        this.#write({ akio, path: tree.path(answer.parent), answer, signal, grew, progress }),
      );
      return undefined;
    } catch (error) {
      answer.end = 'stopped';
      return signal.aborted ? undefined : error;
    }
  }

  /** Takes messages back that have led to nothing. */
  async #withdraw({ conversation, tree }: Running, messages: Message[], leaf: string | null): Promise<void> {
    for (const { id } of messages) tree.remove(id);
    conversation.leaf = leaf;
    try {
      if (tree.newest(null) !== null) {
        await this.#database.removeMessages(conversation, messages.map(({ id }) => id));
      } else {
        if (this.id === conversation.id) this.#conversation = undefined;
        await this.#database.remove(conversation.id);
      }
    } catch (error) {
      this.#view.failed(error);
    }
  }

  async #keep(conversation: Conversation, messages: Message[] = []): Promise<void> {
    try {
      await this.#database.keep(conversation, messages);
    } catch (error) {
      if (this.#toldUnkept) return;
      this.#toldUnkept = true;
      this.#view.failed(new Error(`Conversations are not kept here: ${reason(error)}`, { cause: error }));
    }
  }

  /** Adds what another tab has written to the conversation that is open here. */
  async #merge(removed: string[]): Promise<void> {
    const own = this.#conversation;
    const loaded = own && (await this.#database.load(own.id));
    if (!loaded || this.#conversation !== own) return;
    for (const message of await settle(loaded.messages)) {
      if (!this.isWriting(message) && this.#running.get(own.id)?.answer.id !== message.id) this.#tree.put(message);
    }
    for (const id of removed) this.#tree.remove(id);
    own.title = loaded.conversation.title;
    const { leaf } = loaded.conversation;
    // Who looks at another version keeps looking at it.
    const follows = this.#tree.path(leaf).some(({ id }) => id === own.leaf);
    if (follows || !this.#tree.get(own.leaf)) own.leaf = leaf;
    this.#view.changed();
  }

  async #takeTitle(): Promise<void> {
    const own = this.#conversation;
    const loaded = own && (await this.#database.load(own.id));
    if (!loaded || loaded.conversation.title === own.title) return;
    own.title = loaded.conversation.title;
    this.#view.changed();
  }
}

const LOCK = 'akio answer ';

/** Does `work` while other tabs can see that this answer is being written. */
async function whileLocked<T>({ id }: Message, work: () => Promise<T>): Promise<T> {
  // Pages from plain HTTP have no locks.
  const locks = navigator.locks as LockManager | undefined;
  return locks ? await locks.request(LOCK + id, work) : work();
}

/** Ends the answers that nobody writes any more, because their page was closed. */
async function settle(messages: Message[]): Promise<Message[]> {
  const open = messages.filter(({ role, end }) => role === 'assistant' && end === undefined);
  if (open.length === 0) return messages;
  const locks = navigator.locks as LockManager | undefined;
  const held = new Set((await locks?.query())?.held?.map(({ name }) => name));
  for (const message of open) if (!held.has(LOCK + message.id)) message.end = 'stopped';
  return messages;
}
