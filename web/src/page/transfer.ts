/** Conversations as a file: JSON that people can read, and that is checked before anything of it is kept. */

import { type Conversation, type Message, newId, titleOf, Tree } from './conversation.js';
import { anything, list, number, object, type Of, oneOf, orNull, record, type Shape, text, truth, typed } from './shape.js';

const FORMAT = 'akio conversations';
const VERSION = 1;
export const MOST_BYTES = 64 * 2 ** 20;

const Values = record(anything);
const Span = object({ line: number, text });

const Failed = object({ file: text, error: text });
const Found = object({ file: text, values: Values, spans: record(list(Span)) });
const Row: Shape<Of<typeof Failed> | Of<typeof Found>> = (value, path) =>
  typeof value === 'object' && value !== null && 'error' in value ? Failed(value, path) : Found(value, path);

const Part = typed({
  text: object({ text }),
  step: object(
    { tool: text, arguments: Values },
    { decision: oneOf('granted', 'approved', 'denied'), result: text, failed: truth, milliseconds: number },
  ),
  citations: object({
    citations: list(object({ file: text, start_line: number, end_line: number, passage: list(text) })),
  }),
  table: object({ columns: list(text), rows: list(Row) }),
});

const Request = typed({
  files: object({}),
  task: object({}),
  table: object({ files: list(text), schema: Values }),
});

const Conversations = list(
  object({
    id: text,
    title: text,
    created: number,
    updated: number,
    leaf: orNull(text),
    messages: list(
      object(
        { id: text, parent: orNull(text), role: oneOf('user', 'assistant'), parts: list(Part), created: number },
        { request: Request, end: oneOf('done', 'limit', 'context', 'steps', 'stopped') },
      ),
    ),
  }),
);

type Written = Of<typeof Conversations>[number];

export interface Imported {
  conversations: Conversation[];
  messages: Message[];
}

export function toFile(conversations: Conversation[], messages: Message[]): string {
  const spoken = new Map<string, Written['messages']>();
  for (const { conversation, ...message } of messages) {
    const others = spoken.get(conversation) ?? [];
    spoken.set(conversation, others);
    others.push(message);
  }
  const written = conversations.map((conversation) => ({ ...conversation, messages: spoken.get(conversation.id) ?? [] }));
  return JSON.stringify({ format: FORMAT, version: VERSION, conversations: written }, null, 2);
}

/** Whether a text claims to be such a file. */
export function isExport(text: string): boolean {
  return text.slice(0, 200).includes(`"${FORMAT}"`);
}

/**
 * The conversations of a file under new names, so that nothing that is here is replaced. Throws an error
 * that says what is wrong and where.
 */
export function fromFile(text: string): Imported {
  const conversations: Conversation[] = [];
  const messages: Message[] = [];
  for (const written of parse(text)) {
    checkTree(written);
    const id = newId();
    const renamed = new Map(written.messages.map((message) => [message.id, newId()]));
    const rename = (name: string | null): string | null => (name === null ? null : (renamed.get(name) ?? null));
    const own = written.messages.map(
      (message): Message => ({ ...message, id: rename(message.id) ?? newId(), parent: rename(message.parent), conversation: id }),
    );
    const { created, updated } = written;
    const leaf = rename(written.leaf) ?? new Tree(own).newest(null);
    conversations.push({ id, title: titleOf(written.title), created, updated, leaf });
    messages.push(...own);
  }
  return { conversations, messages };
}

function parse(text: string): Written[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON (${(error as Error).message})`);
  }
  const { format, version, conversations } = (value ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw new Error('it does not hold conversations of akio');
  if (version !== VERSION) throw new Error(`it has version ${version} of the format, and this akio reads ${VERSION}`);
  return Conversations(conversations, 'conversations');
}

/** Questions and answers take turns, and every message can be reached from a first one. */
function checkTree({ title, messages, leaf }: Written): void {
  const where = `in the conversation “${titleOf(title)}”`;
  const roles = new Map(messages.map(({ id, role }) => [id, role]));
  if (roles.size < messages.length) throw new Error(`two messages have the same id ${where}`);
  if (leaf !== null && !roles.has(leaf)) throw new Error(`the leaf is missing ${where}`);
  const followers = new Map<string | null, string[]>();
  for (const { id, parent, role } of messages) {
    if (parent !== null && !roles.has(parent)) throw new Error(`a message follows one that is missing ${where}`);
    const before = parent === null ? 'assistant' : roles.get(parent);
    if (before === role) throw new Error(`two messages of the same role follow each other ${where}`);
    const others = followers.get(parent) ?? [];
    followers.set(parent, others);
    others.push(id);
  }
  let reached = 0;
  for (const open = followers.get(null) ?? []; open.length > 0; reached++) {
    open.push(...(followers.get(open.pop() ?? '') ?? []));
  }
  if (reached < messages.length) throw new Error(`messages follow each other in a circle ${where}`);
}
