/**
 * A conversation is a tree of messages: to edit a question or to ask for another answer adds a version
 * beside the one that is there. What is shown is the path from the root to one leaf.
 */

import type { Citation, Extraction, Step } from '../akio/agent/types.js';
import { toCsv } from './agent/table.js';

export interface Conversation {
  id: string;
  title: string;
  /** Milliseconds since 1970. */
  created: number;
  updated: number;
  /** The message that the shown path ends with. */
  leaf: string | null;
}

export interface Message {
  id: string;
  conversation: string;
  /** The message that this one follows. */
  parent: string | null;
  role: 'user' | 'assistant';
  /** What the message consists of, in the order of its making. */
  parts: Part[];
  /** What a question asks for; a word of the model when left out. */
  request?: Request;
  created: number;
  /** How an answer ended; left out while it is being written. */
  end?: End;
}

/** A piece of a message. */
export type Part = TextPart | StepPart | CitationsPart | TablePart;

export interface TextPart {
  type: 'text';
  text: string;
}

/** A call of a tool; without a `decision` it was not made yet. */
export type StepPart = { type: 'step'; milliseconds?: number } & Pick<Step, 'tool' | 'arguments'> & Partial<Step>;

/** Where in the files an answer stands. */
export interface CitationsPart {
  type: 'citations';
  citations: Citation[];
}

/** What was found in each file for the properties of a schema. */
export interface TablePart {
  type: 'table';
  columns: string[];
  rows: Row[];
}

export type Row = Extraction | { file: string; error: string };

/** What a question asks for: an answer from the files, a task of the agent, or a table of values in files. */
export type Request = { type: 'files' } | { type: 'task' } | { type: 'table'; files: string[]; schema: Record<string, unknown> };

/** `done` by itself, at the `limit` of new tokens, with the `context` full, after too many `steps`, or `stopped`. */
export type End = 'done' | 'limit' | 'context' | 'steps' | 'stopped';

const TITLE_LENGTH = 60;

export function newConversation(question: string): Conversation {
  const now = Date.now();
  return { id: newId(), title: titleOf(question), created: now, updated: now, leaf: null };
}

export function newMessage(conversation: Conversation, parent: string | null, role: Message['role'], text: string): Message {
  return { id: newId(), conversation: conversation.id, parent, role, parts: [{ type: 'text', text }], created: Date.now() };
}

/** Names of 96 random bits. `crypto.randomUUID` is missing in pages from plain HTTP. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A title in one line, cut where it is too long. */
export function titleOf(text: string): string {
  const characters = [...text.slice(0, 4 * TITLE_LENGTH).replace(/\s+/gu, ' ').trim()];
  if (characters.length <= TITLE_LENGTH) return characters.join('') || 'Untitled';
  return `${characters.slice(0, TITLE_LENGTH - 1).join('').trimEnd()}…`;
}

/** All text of a message: what is said, copied, looked through, and read by the model later on. */
export function textOf({ parts }: Pick<Message, 'parts'>): string {
  return parts
    .map((part) => {
      switch (part.type) {
        case 'text':
          return part.text;
        case 'citations':
          return part.citations.map(placeOf).join('\n');
        case 'table':
          return toCsv(part).trimEnd();
        case 'step':
          return '';
      }
    })
    .filter((text) => text !== '')
    .join('\n\n');
}

/** Adds text to the end of a message. */
export function append({ parts }: Message, text: string): void {
  const last = parts.at(-1);
  if (last?.type === 'text') last.text += text;
  else parts.push({ type: 'text', text });
}

/** Whether nothing has come of an answer. */
export function isEmpty({ parts }: Message): boolean {
  return parts.every((part) => part.type === 'text' && part.text === '');
}

/** A place in a file, in words. */
export function placeOf({ file, start_line, end_line }: Omit<Citation, 'passage'>): string {
  return `${file}, ${start_line === end_line ? `line ${start_line}` : `lines ${start_line}–${end_line}`}`;
}

/** The messages of one conversation. */
export class Tree {
  readonly #messages = new Map<string, Message>();
  /** Versions by the message that they follow, oldest first. */
  readonly #children = new Map<string | null, Message[]>();

  constructor(messages: Iterable<Message> = []) {
    for (const message of messages) this.put(message);
  }

  get(id: string | null): Message | undefined {
    return id === null ? undefined : this.#messages.get(id);
  }

  /** Adds a message, or replaces the one of the same name. */
  put(message: Message): void {
    const versions = this.#children.get(message.parent) ?? [];
    const others = versions.filter(({ id }) => id !== message.id);
    others.push(message);
    this.#children.set(message.parent, others.sort((a, b) => a.created - b.created));
    this.#messages.set(message.id, message);
  }

  remove(id: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#messages.delete(id);
    const versions = this.#children.get(message.parent) ?? [];
    this.#children.set(message.parent, versions.filter((version) => version !== message));
  }

  /** The messages from the first one to `leaf`. */
  path(leaf: string | null): Message[] {
    const path = [];
    for (let message = this.get(leaf); message; message = this.get(message.parent)) path.push(message);
    return path.reverse();
  }

  /** The message and what else follows the same one, oldest first. */
  versions({ parent }: Message): Message[] {
    return this.#children.get(parent) ?? [];
  }

  /** The end of the newest path through the message; of the newest path of all without one. */
  newest(id: string | null): string | null {
    for (;;) {
      const last = this.#children.get(id)?.at(-1);
      if (last === undefined) return id;
      id = last.id;
    }
  }
}
