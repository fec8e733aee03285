import { describe, expect, test } from 'vitest';

import { type Message, newConversation, newId, newMessage, textOf, titleOf, Tree } from '../../../src/page/conversation.js';

let clock = 0;
const message = (id: string, parent: string | null, text = id): Message => ({
  id,
  conversation: 'c',
  parent,
  role: parent === null || parent.startsWith('a') ? 'user' : 'assistant',
  parts: [{ type: 'text', text }],
  created: ++clock,
});
const ids = (messages: Message[]): string[] => messages.map(({ id }) => id);

describe('a tree of messages', () => {
  const tree = (): Tree =>
    new Tree([message('q1', null), message('a1', 'q1'), message('q2', 'a1'), message('a2', 'q2'), message('a1b', 'q1')]);

  test('shows the path to one leaf', () => {
    expect(ids(tree().path('a2'))).toEqual(['q1', 'a1', 'q2', 'a2']);
    expect(ids(tree().path('a1b'))).toEqual(['q1', 'a1b']);
    expect(tree().path(null)).toEqual([]);
    expect(tree().path('nobody')).toEqual([]);
  });

  test('has the versions of a message, oldest first in whatever order they come', () => {
    const [first, second, third] = [message('a', 'q'), message('b', 'q'), message('c', 'q')];
    const mixed = new Tree([third, first, second]);
    expect(ids(mixed.versions(second))).toEqual(['a', 'b', 'c']);
  });

  test('follows the newest version to its end', () => {
    const all = tree();
    expect(all.newest('q2')).toBe('a2');
    expect(all.newest('a1')).toBe('a2');
    expect(all.newest(null)).toBe('a1b');
    expect(new Tree().newest(null)).toBeNull();
  });

  test('replaces a message of the same name', () => {
    const all = tree();
    const again = { ...message('a1', 'q1', 'other'), created: all.get('a1')?.created ?? 0 };
    all.put(again);
    expect(ids(all.versions(again))).toEqual(['a1', 'a1b']);
    expect(textOf(all.path('a2')[1] as Message)).toBe('other');
  });

  test('forgets what is removed, and nothing else', () => {
    const all = tree();
    all.remove('a1b');
    all.remove('nobody');
    expect(all.get('a1b')).toBeUndefined();
    expect(all.newest(null)).toBe('a2');
  });
});

describe('a title', () => {
  test('is one line', () => expect(titleOf('  What\n\tis this? ')).toBe('What is this?'));
  test('is cut with a mark, between characters', () => {
    const title = titleOf('🙂'.repeat(100));
    expect([...title]).toHaveLength(60);
    expect(title.endsWith('🙂…')).toBe(true);
  });
  test('has no space before the mark', () => expect(titleOf(`${'a'.repeat(58)} bcdef`)).toBe(`${'a'.repeat(58)}…`));
  test('is there in any case', () => expect(titleOf(' \n ')).toBe('Untitled'));
});

test('a new conversation is named by its question', () => {
  const conversation = newConversation('Why?');
  const question = newMessage(conversation, null, 'user', 'Why?');
  expect(conversation).toMatchObject({ title: 'Why?', leaf: null });
  expect(question).toMatchObject({ conversation: conversation.id, parent: null, role: 'user' });
  expect(textOf(question)).toBe('Why?');
  expect(question.end).toBeUndefined();
});

test('names are random', () => {
  const names = new Set(Array.from({ length: 1000 }, newId));
  expect(names.size).toBe(1000);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{24}$/);
});
