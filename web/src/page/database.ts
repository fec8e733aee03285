/** Conversations in the browser's database, and word of every change to the other tabs. */

import { type Conversation, type Message, textOf } from './conversation.js';

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
  #connection: IDBDatabase | undefined;
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
    const all = await this.#read<Conversation>('conversations');
    return all.sort((a, b) => b.updated - a.updated);
  }

  async load(id: string): Promise<{ conversation: Conversation; messages: Message[] } | undefined> {
    const [conversation] = await this.#read<Conversation>('conversations', id);
    if (!conversation) return undefined;
    return { conversation, messages: await this.#read<Message>('messages', id) };
  }

  async messages(): Promise<Message[]> {
    return this.#read<Message>('messages');
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
    transaction.objectStore('conversations').delete(id);
    for (const key of await result(messages.index('conversation').getAllKeys(id))) messages.delete(key);
    await finish(transaction);
    this.#tell({ type: 'removed', conversation: id });
  }

  async removeMessages(conversation: Conversation, messages: string[]): Promise<void> {
    const transaction = await this.#transaction();
    transaction.objectStore('conversations').put(conversation);
    for (const id of messages) transaction.objectStore('messages').delete(id);
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
    await result(indexedDB.deleteDatabase(this.#name));
    this.#tell({ type: 'everything removed' });
  }

  async #write(conversations: Conversation[], messages: Message[]): Promise<void> {
    const transaction = await this.#transaction();
    for (const conversation of conversations) transaction.objectStore('conversations').put(conversation);
    for (const message of messages) transaction.objectStore('messages').put(message);
    await finish(transaction);
  }

  async #transaction(): Promise<IDBTransaction> {
    const database = this.#connection ?? (await this.#connect(true));
    return database.transaction(['conversations', 'messages'], 'readwrite');
  }

  /** All records, or those of one conversation; none where there is no database: to look for some makes none. */
  async #read<T>(name: 'conversations' | 'messages', id?: string): Promise<T[]> {
    const database = this.#connection ?? (await this.#connect(false).catch(ignoreAbort));
    if (!database) return [];
    const store = database.transaction(name).objectStore(name);
    return result((name === 'messages' && id !== undefined ? store.index('conversation') : store).getAll(id));
  }

  async #connect(create: boolean): Promise<IDBDatabase> {
    const request = indexedDB.open(this.#name, VERSION);
    request.onupgradeneeded = () => {
      if (!create) return request.transaction?.abort();
      const database = request.result;
      database.createObjectStore('conversations', { keyPath: 'id' });
      database.createObjectStore('messages', { keyPath: 'id' }).createIndex('conversation', 'conversation');
    };
    const connection = await result(request);
    const close = (): void => {
      connection.close();
      if (this.#connection === connection) this.#connection = undefined;
    };
    // Another tab deletes everything, or has a newer version of the page.
    connection.onversionchange = close;
    connection.onclose = close;
    this.#connection?.close();
    return (this.#connection = connection);
  }

  #tell(change: Change): void {
    this.#channel.postMessage(change);
    this.onChange(change, false);
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Waits for what was written. To commit at once does not wait for the page, which may be closed meanwhile. */
function finish(transaction: IDBTransaction): Promise<void> {
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function ignoreAbort(error: unknown): undefined {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
}

function excerpt(text: string, at: number, length: number): string {
  const start = Math.max(0, at - EXCERPT);
  const end = at + length + EXCERPT;
  const middle = text.slice(start, end).replace(/\s+/gu, ' ').trim();
  return `${start > 0 ? '…' : ''}${middle}${end < text.length ? '…' : ''}`;
}
