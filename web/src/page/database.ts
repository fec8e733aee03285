/** Conversations in the browser's database, and word of every change to the other tabs. */

import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from 'idb';
import { type Conversation, type Message, textOf } from './conversation.js';

interface Schema extends DBSchema {
  conversations: { key: string; value: Conversation };
  messages: { key: string; value: Message; indexes: { conversation: string } };
}

/** What has changed, in this tab or in another. */
export type Change =
  | { type: 'changed'; conversation: string }
  | { type: 'messages removed'; conversation: string; messages: string[] }
  | { type: 'removed'; conversation: string }
  | { type: 'imported' }
  | { type: 'everything removed' };

/** A conversation that has the text that was looked for, and where. */
export interface Hit {
  conversation: string;
  excerpt: string;
}

const VERSION = 1;
const EXCERPT = 36;

export class Database {
  readonly #name: string;
  readonly #channel: BroadcastChannel;
  #connection: IDBPDatabase<Schema> | undefined;
  /** Hears of every change; `elsewhere` when another tab made it. */
  onChange: (change: Change, elsewhere: boolean) => void = () => {};

  /** `place` is the path of the page: pages of one origin share its databases. */
  constructor(place: string) {
    this.#name = `akio ${place}`;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }: MessageEvent<Change>) => this.onChange(data, true);
  }

  /** All conversations, the last used first. */
  async list(): Promise<Conversation[]> {
    const all = await (await this.#opened())?.getAll('conversations');
    return (all ?? []).sort((a, b) => b.updated - a.updated);
  }

  async load(id: string): Promise<{ conversation: Conversation; messages: Message[] } | undefined> {
    const database = await this.#opened();
    const conversation = await database?.get('conversations', id);
    if (!database || !conversation) return undefined;
    return { conversation, messages: await database.getAllFromIndex('messages', 'conversation', id) };
  }

  async messages(): Promise<Message[]> {
    return (await (await this.#opened())?.getAll('messages')) ?? [];
  }

  /** Keeps a conversation with those of its messages that are new or changed. */
  async keep(conversation: Conversation, messages: Message[] = []): Promise<void> {
    await this.#write([conversation], messages);
    this.#tell({ type: 'changed', conversation: conversation.id });
  }

  /** Adds conversations: all of them or, where something fails, none. */
  async add(conversations: Conversation[], messages: Message[]): Promise<void> {
    await this.#write(conversations, messages);
    this.#tell({ type: 'imported' });
  }

  async rename(id: string, title: string): Promise<void> {
    const loaded = await this.load(id);
    if (loaded) await this.keep({ ...loaded.conversation, title });
  }

  async remove(id: string): Promise<void> {
    const transaction = await this.#transaction();
    const messages = transaction.objectStore('messages');
    void transaction.objectStore('conversations').delete(id);
    for (const key of await messages.index('conversation').getAllKeys(id)) void messages.delete(key);
    await finish(transaction);
    this.#tell({ type: 'removed', conversation: id });
  }

  async removeMessages(conversation: Conversation, messages: string[]): Promise<void> {
    const transaction = await this.#transaction();
    void transaction.objectStore('conversations').put(conversation);
    for (const id of messages) void transaction.objectStore('messages').delete(id);
    await finish(transaction);
    this.#tell({ type: 'messages removed', conversation: conversation.id, messages });
  }

  /** Conversations with this text in a message, each once. */
  async search(text: string): Promise<Hit[]> {
    const wanted = text.toLowerCase();
    const hits = new Map<string, string>();
    const messages = await this.messages();
    // Of a question and an answer that begin in the same millisecond the question is the first.
    const inOrder = (a: Message, b: Message): number => a.created - b.created || (a.role === 'user' ? -1 : 1);
    for (const message of messages.sort(inOrder)) {
      if (hits.has(message.conversation)) continue;
      const said = textOf(message);
      const at = said.toLowerCase().indexOf(wanted);
      if (at >= 0) hits.set(message.conversation, excerpt(said, at, wanted.length));
    }
    return Array.from(hits, ([conversation, excerpt]) => ({ conversation, excerpt }));
  }

  /** Deletes the whole database. */
  async clear(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
    await deleteDB(this.#name);
    this.#tell({ type: 'everything removed' });
  }

  async #write(conversations: Conversation[], messages: Message[]): Promise<void> {
    const transaction = await this.#transaction();
    for (const conversation of conversations) void transaction.objectStore('conversations').put(conversation);
    for (const message of messages) void transaction.objectStore('messages').put(message);
    await finish(transaction);
  }

  async #transaction() {
    const database = this.#connection ?? (await this.#connect(true));
    return database.transaction(['conversations', 'messages'], 'readwrite');
  }

  /** The database, if there is one: to look for conversations makes none. */
  async #opened(): Promise<IDBPDatabase<Schema> | undefined> {
    if (this.#connection) return this.#connection;
    return this.#connect(false).catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'AbortError') return undefined;
      throw error;
    });
  }

  async #connect(create: boolean): Promise<IDBPDatabase<Schema>> {
    const close = (): void => {
      connection?.close();
      if (this.#connection === connection) this.#connection = undefined;
    };
    const connection: IDBPDatabase<Schema> = await openDB<Schema>(this.#name, VERSION, {
      upgrade(database, _from, _to, transaction) {
        if (!create) {
          // Its promise has nobody else who listens.
          transaction.done.catch(() => {});
          return transaction.abort();
        }
        database.createObjectStore('conversations', { keyPath: 'id' });
        database.createObjectStore('messages', { keyPath: 'id' }).createIndex('conversation', 'conversation');
      },
      // Another tab deletes everything, or has a newer version of the page.
      blocking: close,
      terminated: close,
    });
    this.#connection?.close();
    return (this.#connection = connection);
  }

  #tell(change: Change): void {
    this.#channel.postMessage(change);
    this.onChange(change, false);
  }
}

/** Waits for what was written. To commit at once does not wait for the page, which may be closed meanwhile. */
async function finish(transaction: { commit(): void; done: Promise<void> }): Promise<void> {
  transaction.commit();
  await transaction.done;
}

function excerpt(text: string, at: number, length: number): string {
  const start = Math.max(0, at - EXCERPT);
  const end = at + length + EXCERPT;
  const middle = text.slice(start, end).replace(/\s+/gu, ' ').trim();
  return `${start > 0 ? '…' : ''}${middle}${end < text.length ? '…' : ''}`;
}
