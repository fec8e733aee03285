import { describe, expect, test } from 'vitest';

import { type Message, textOf, Tree } from '../../../src/page/conversation.js';
import { fromFile, isExport, toFile } from '../../../src/page/transfer.js';

const conversation = { id: 'c', title: 'A talk', created: 1, updated: 2, leaf: 'a2' };
const message = (id: string, parent: string | null, role: Message['role'], created: number): Message => ({
  id,
  conversation: 'c',
  parent,
  role,
  parts: [{ type: 'text', text: `text of ${id}` }],
  created,
  ...(role === 'assistant' && { end: 'done' }),
});
const messages = [message('q', null, 'user', 1), message('a1', 'q', 'assistant', 2), message('a2', 'q', 'assistant', 3)];
const file = toFile([conversation], messages);

test('what is exported comes back with all its versions, under new names', () => {
  const imported = fromFile(file);
  const [talk] = imported.conversations;
  expect(talk).toMatchObject({ title: 'A talk', created: 1, updated: 2 });
  expect(talk?.id).not.toBe('c');
  const names = imported.messages.map(({ id }) => id);
  expect(new Set([...names, 'q', 'a1', 'a2']).size).toBe(6);
  const tree = new Tree(imported.messages);
  expect(tree.path(talk?.leaf ?? null).map(textOf)).toEqual(['text of q', 'text of a2']);
  expect(imported.messages.every((message) => message.conversation === talk?.id)).toBe(true);
  expect(tree.versions(imported.messages[1] as Message)).toHaveLength(2);
});

test('a file says by its beginning that it is one', () => {
  expect(isExport(file)).toBe(true);
  expect(isExport('{"conversations":[]}')).toBe(false);
  expect(isExport(`${' '.repeat(300)}${file}`)).toBe(false);
});

describe('a file is refused in words', () => {
  /** The exported file with a change. */
  const changed = (change: (content: any) => void): string => {
    const content = JSON.parse(file);
    change(content);
    return JSON.stringify(content);
  };
  const refused: Record<string, [string, RegExp]> = {
    'that is no JSON': ['{', /^it is not JSON/],
    'of something else': ['{"a":1}', /^it does not hold conversations of akio$/],
    'that is no object': ['[]', /^it does not hold conversations of akio$/],
    'of a later version': [changed((file) => (file.version = 9)), /^it has version 9 of the format, and this akio reads 1$/],
    'with a number for a text': [
      changed((file) => (file.conversations[0].messages[0].parts[0].text = 5)),
      /^conversations\.0\.messages\.0\.parts\.0\.text should be string and is 5$/,
    ],
    'with a role that nobody has': [changed((file) => (file.conversations[0].messages[0].role = 'system')), /role should be/],
    'with two messages of one name': [
      changed((file) => (file.conversations[0].messages[1].id = 'q')),
      /^two messages have the same id in the conversation “A talk”$/,
    ],
    'with a leaf that is missing': [changed((file) => (file.conversations[0].leaf = 'x')), /^the leaf is missing/],
    'with a message that follows nothing': [
      changed((file) => (file.conversations[0].messages[1].parent = 'x')),
      /^a message follows one that is missing/,
    ],
    'with two questions in turn': [
      changed((file) => (file.conversations[0].messages[1].role = 'user')),
      /^two messages of the same role follow each other/,
    ],
    'with messages in a circle': [
      changed((file) => {
        file.conversations[0].messages = [
          { id: 'a', parent: 'b', role: 'user', parts: [], created: 1 },
          { id: 'b', parent: 'a', role: 'assistant', parts: [], created: 1 },
        ];
        file.conversations[0].leaf = null;
      }),
      /^messages follow each other in a circle/,
    ],
  };
  for (const [what, [text, words]] of Object.entries(refused)) {
    test(what, () => expect(() => fromFile(text)).toThrow(words));
  }
});

test('without a leaf the newest path is shown, and a long title is cut', () => {
  const imported = fromFile(toFile([{ ...conversation, leaf: null, title: 'long '.repeat(100) }], messages));
  const [talk] = imported.conversations;
  expect(new Tree(imported.messages).path(talk?.leaf ?? null).map(textOf)).toEqual(['text of q', 'text of a2']);
  expect(talk?.title).toMatch(/^long .*…$/);
});
