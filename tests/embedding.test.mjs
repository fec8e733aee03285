// One model in a module in each way that docs/embedding.md compares: the same answers as natively, from the
// same bytes. Needs `cargo xtask embedding --tiny`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { output, pack, root, run, wasmtime } from './hosts/run.mjs';

const folder = process.env.AKIO_EMBEDDING_TINY ?? join(root, 'target/xtask/embedding/tiny');
const native = [join(folder, 'native')];
const ways = ['injected', 'object', 'bytes', 'constants'];
const module = (way) => join(folder, `${way}.wasm`);

/** Arguments of answers: two at temperature 0, one drawn with a seed, one long enough for several panels of prefill. */
const prompts = [
  ['-t', 0, '-n', 24, 'What is the capital of France?'],
  ['-t', 0, '-n', 16, '--raw', 'It is a truth universally acknowledged, that'],
  ['-t', 0.9, '-n', 32, 'Grüße aus München 🙂'],
  ['-t', 0, '-n', 8, 'a single man in possession of a good fortune '.repeat(20)],
];

/** What an answer is, without the time it took. */
async function answer(command, prompt) {
  const { timings, ...rest } = JSON.parse(await output([...command, '--json', '--seed', 7, ...prompt]));
  return rest;
}

let expected;
before(async () => {
  expected = await Promise.all(prompts.map((prompt) => answer(native, prompt)));
  for (const { text, tokens } of expected) assert.ok(text.length > 0 && tokens.length > 1);
  assert.equal(new Set(expected.map(({ text }) => text)).size, prompts.length, 'answers that differ');
});

for (const way of ways) {
  const command = [wasmtime, module(way)];

  test(`${way}: the same tokens and text as natively`, async () => {
    for (const [i, prompt] of prompts.entries()) {
      assert.deepEqual(await answer(command, prompt), expected[i]);
    }
  });

  test(`${way}: the bytes in memory are the packed model`, async () => {
    const facts = JSON.parse(await output([...command, 'info', '--json', '--verify']));
    assert.equal(facts.verified, true);
    const { sha256, packed_bytes } = JSON.parse(await output([...native, 'info', '--json']));
    assert.deepEqual([facts.sha256, facts.packed_bytes], [sha256, packed_bytes]);
  });
}

test('every module has the packed model once, whole and in one piece', async () => {
  const model = await readFile(join(folder, 'model.akio'));
  for (const way of ways) {
    const bytes = await readFile(module(way));
    const at = bytes.indexOf(model);
    assert.ok(at > 0, way);
    assert.equal(bytes.indexOf(model.subarray(0, 4096), at + 1), -1, `${way}: twice`);
  }
});

test('a model that is damaged behind the linker is refused', async () => {
  const model = await readFile(join(folder, 'model.akio'));
  const scratch = await mkdtemp(join(tmpdir(), 'akio-embedding-'));
  try {
    const bytes = await readFile(module('object'));
    bytes[bytes.indexOf(model) + model.length - 100] ^= 1;
    const damaged = join(scratch, 'damaged.wasm');
    await writeFile(damaged, bytes);
    const { code, stderr } = await run([wasmtime, damaged, 'info', '--verify']);
    assert.equal(code, 2);
    assert.match(stderr, /sha256 does not match/);
  } finally {
    await rm(scratch, { recursive: true });
  }
});

test('only what was injected can be taken out and replaced', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'akio-embedding-'));
  try {
    const blob = join(scratch, 'model.akio');
    await output([pack, 'extract', module('injected'), '-o', blob]);
    assert.deepEqual(await readFile(blob), await readFile(join(folder, 'model.akio')));
    for (const way of ways.slice(1)) {
      const { code, stderr } = await run([pack, 'extract', module(way), '-o', blob]);
      assert.equal(code, 2, way);
      assert.match(stderr, /no model|no slot/);
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
});
