/** What callers pass as a prompt, checked and brought into one form. */

import type { ChatMessage } from '../protocol.js';
import type { LanguageModelMessage, LanguageModelMessageContent } from './types.js';

export interface CanonicalPrompt {
  messages: ChatMessage[];
  /** The beginning of the answer. */
  prefix: string;
}

const ROLES: unknown[] = ['system', 'user', 'assistant'];
const TYPES: unknown[] = ['text', 'image', 'audio', 'tool-call', 'tool-response'];

/**
 * Messages as the model's template takes them.
 *
 * Throws a `TypeError` where the input is not a prompt, a `DOMException` `SyntaxError` for a misplaced
 * prefix, and `NotSupportedError` for content that is not text.
 */
export function canonicalize(input: unknown): CanonicalPrompt {
  const given = sequence(input);
  if (given === undefined) return { messages: [{ role: 'user', content: String(input) }], prefix: '' };
  if (given.length === 0) return { messages: [{ role: 'user', content: '' }], prefix: '' };
  const messages = given.map((message, i) => canonicalMessage(message, i === given.length - 1));
  if (messages.slice(1).some(isSystem)) throw misplacedSystem();
  const last = given.at(-1) as LanguageModelMessage;
  if (!last.prefix) return { messages, prefix: '' };
  const prefix = messages.pop()?.content ?? '';
  return { messages, prefix };
}

export function isSystem({ role }: ChatMessage): boolean {
  return role === 'system';
}

export function misplacedSystem(): TypeError {
  return new TypeError('a system message can only be the first message of a conversation');
}

function canonicalMessage(message: unknown, isLast: boolean): ChatMessage {
  const { role, content, prefix } = dictionary(message, 'a message') as Partial<LanguageModelMessage>;
  if (!ROLES.includes(role)) {
    throw new TypeError(`the role of a message is 'system', 'user' or 'assistant', not ${String(role)}`);
  }
  if (content === undefined) throw new TypeError('a message has no content');
  if (prefix && role !== 'assistant') {
    throw new DOMException('only a message of the assistant can be a prefix', 'SyntaxError');
  }
  if (prefix && !isLast) throw new DOMException('only the last message can be a prefix', 'SyntaxError');
  const pieces = sequence(content);
  const text = pieces === undefined ? String(content) : pieces.map(textOf).join('');
  return { role: role as ChatMessage['role'], content: text };
}

function textOf(piece: unknown): string {
  const { type, value } = dictionary(piece, 'a piece of content') as Partial<LanguageModelMessageContent>;
  if (!TYPES.includes(type)) throw new TypeError(`there is no content of the type ${String(type)}`);
  if (type !== 'text') {
    throw new DOMException(`this model takes text, and no content of the type ${type}`, 'NotSupportedError');
  }
  if (typeof value !== 'string') throw new TypeError('the value of text content is not a string');
  return value;
}

/** The elements of what Web IDL takes as a sequence; anything else becomes a string there. */
function sequence(value: unknown): unknown[] | undefined {
  if (typeof value !== 'object' || value === null || !(Symbol.iterator in value)) return undefined;
  return [...(value as Iterable<unknown>)];
}

function dictionary(value: unknown, what: string): object {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' || typeof value === 'function') return value;
  throw new TypeError(`${what} is not an object`);
}
