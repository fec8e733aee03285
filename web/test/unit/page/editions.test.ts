import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { BASE, type Edition, editionsFrom, experience, warnings } from '../../../src/page/editions.js';

const hash = 'ab'.repeat(32);
const edition: Edition = {
  name: 'akio-agent',
  model: 'Qwen2.5-Coder-0.5B-Instruct',
  license: 'Apache-2.0',
  sha256: hash,
  published: { bytes: 495e6, code: hash, plain: hash },
};

test('editions are read from the file of the build', () => {
  expect(editionsFrom(JSON.stringify([edition]))).toEqual([edition]);
});

const damaged: [string, unknown][] = [
  ['no list', {}],
  ['a name that leads elsewhere', [{ ...edition, name: '../akio' }]],
  ['a hash that is none', [{ ...edition, sha256: 'abc' }]],
  ['no size', [{ ...edition, published: { code: hash, plain: hash } }]],
];
for (const [what, content] of damaged) {
  test(`${what} is refused`, () => expect(() => editionsFrom(JSON.stringify(content))).toThrow());
}

test('a device that has enough is not warned', () => {
  expect(warnings(edition, { memory: 8, room: 10e9 }, false)).toEqual([]);
});

test('little memory is a warning, and so is memory that is not known', () => {
  expect(warnings(edition, { memory: 2, room: 10e9 }, false)).toEqual([
    'This device has 2 GB of memory, and with less than 3 GB the model may not start.',
  ]);
  expect(warnings(edition, { memory: undefined, room: 10e9 }, true)).toEqual([
    'This browser does not say how much memory there is. With less than 3 GB the model may not start.',
  ]);
});

test('room matters to what is not stored yet', () => {
  expect(warnings(edition, { memory: 8, room: 1e6 }, false)).toEqual([
    'There is no room to store it, so that each visit would download it again.',
  ]);
  expect(warnings(edition, { memory: 8, room: undefined }, false)).toHaveLength(1);
  expect(warnings(edition, { memory: 8, room: 1e6 }, true)).toEqual([]);
});

test('the figures are those of docs/benchmarks.md', () => {
  const benchmarks = readFileSync(new URL('../../../../docs/benchmarks.md', import.meta.url), 'utf8');
  for (const [name, model] of [[BASE, 'SmolLM2-135M'], ['akio-agent', 'Qwen2.5-Coder-0.5B']] as const) {
    const known = experience({ ...edition, name });
    expect(benchmarks).toContain(`| ${model} | ${known?.memory} MB | ${known?.speed} |`);
  }
  expect(experience({ ...edition, name: 'akio-other' })).toBeUndefined();
});
