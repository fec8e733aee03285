/** Conversations as a file: JSON that people can read, and that is checked before anything of it is kept. */

import * as v from 'valibot';
import { type Conversation, type Message, newId, titleOf, Tree } from './conversation.js';

const FORMAT = 'akio conversations';
const VERSION = 1;
export const MOST_BYTES = 64 * 2 ** 20;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const time = v.pipe(v.number(), v.finite(), v.minValue(0));

const line = v.pipe(v.number(), v.integer(), v.minValue(0));
const texts = v.array(v.string());
const values = v.record(v.string(), v.unknown());

const Part = v.variant('type', [
  v.object({ type: v.literal('text'), text: v.string() }),
  v.object({
    type: v.literal('step'),
    tool: v.string(),
    arguments: values,
    decision: v.exactOptional(v.picklist(['granted', 'approved', 'denied'])),
    result: v.exactOptional(v.string()),
    failed: v.exactOptional(v.boolean()),
    milliseconds: v.exactOptional(v.number()),
  }),
  v.object({
    type: v.literal('citations'),
    citations: v.array(v.object({ file: v.string(), start_line: line, end_line: line, passage: texts })),
  }),
  v.object({
    type: v.literal('table'),
    columns: texts,
    rows: v.array(
      v.union([
        v.object({ file: v.string(), error: v.string() }),
        v.object({
          file: v.string(),
          values,
          spans: v.record(v.string(), v.array(v.object({ line, text: v.string() }))),
        }),
      ]),
    ),
  }),
]);

const Request = v.variant('type', [
  v.object({ type: v.picklist(['files', 'task']) }),
  v.object({ type: v.literal('table'), files: texts, schema: values }),
]);

const File = v.object({
  format: v.literal(FORMAT),
  version: v.literal(VERSION),
  conversations: v.array(
    v.object({
      id: name,
      title: v.string(),
      created: time,
      updated: time,
      leaf: v.nullable(name),
      messages: v.array(
        v.object({
          id: name,
          parent: v.nullable(name),
          role: v.picklist(['user', 'assistant']),
          parts: v.array(Part),
          request: v.exactOptional(Request),
          created: time,
          end: v.exactOptional(v.picklist(['done', 'limit', 'context', 'steps', 'stopped'])),
        }),
      ),
    }),
  ),
});

type Written = v.InferOutput<typeof File>['conversations'][number];

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
  const result = v.safeParse(File, value, { abortEarly: true });
  if (result.success) return result.output.conversations;
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  if (place === 'format' || place === null) throw new Error('it does not hold conversations of akio');
  if (place === 'version') throw new Error(`it has version ${issue.received} of the format, and this akio reads ${VERSION}`);
  throw new Error(`${place} should be ${issue.expected ?? issue.requirement} and is ${issue.received}`);
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
