import { expect, test } from 'vitest';

import { anything, list, number, object, oneOf, orNull, own, record, text, truth, typed } from '../../../src/page/shape.js';

const Person = object({ name: text, age: number }, { nick: text });

test('what is named is taken, and what is not is left out', () => {
  expect(Person({ name: 'Ada', age: 36, shoe: 39 }, '')).toEqual({ name: 'Ada', age: 36 });
  expect(Person({ name: 'Ada', age: 36, nick: 'A' }, '')).toEqual({ name: 'Ada', age: 36, nick: 'A' });
});

test('a member of the name __proto__ is an ordinary one', () => {
  const value = JSON.parse('{"__proto__":{"name":"Eve","age":1},"age":2}');
  expect(() => Person(value, '')).toThrow('name should be string and is missing');
  expect(own({}, 'toString')).toBeUndefined();
});

const refused: [string, () => unknown, string][] = [
  ['another type', () => list(Person)([{ name: 'Ada', age: '36' }], 'people'), 'people.0.age should be number and is "36"'],
  ['what is missing', () => Person({ age: 1 }, 'person'), 'person.name should be string and is missing'],
  ['a negative number', () => number(-1, 'n'), 'n should be number and is -1'],
  ['a number without an end', () => number(Infinity, 'n'), 'n should be number'],
  ['a list for an object', () => Person([], 'person'), 'person should be object and is list'],
  ['null where it is not named', () => text(null, 't'), 't should be string and is null'],
  ['something else than true and false', () => truth('yes', 't'), 't should be boolean and is "yes"'],
  ['no option', () => oneOf('a', 'b')('c', 'o'), 'o should be "a" or "b" and is "c"'],
  ['a type that nobody has', () => typed({ text: object({ text }) })({ type: 'x' }, 'part'), 'part.type should be "text" and is "x"'],
];
for (const [what, read, message] of refused) {
  test(`${what} is refused, with its place`, () => {
    expect(read).toThrow(message);
  });
}

test('null, any value, and members of any name are taken where they are named', () => {
  expect(orNull(text)(null, '')).toBeNull();
  expect(record(anything)({ a: 1, b: [null] }, '')).toEqual({ a: 1, b: [null] });
});

test('an object is read by its type', () => {
  const Part = typed({ text: object({ text }), count: object({ count: number }) });
  expect(Part({ type: 'count', count: 3, text: 'x' }, '')).toEqual({ type: 'count', count: 3 });
});
