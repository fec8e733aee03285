// Gemma inside the module: it runs through candle with f32 weights, and still in little memory. Its answers are
// part of `cargo xtask test --full`; the module goes into a temporary folder, for Gemma never enters dist.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { output, root, run, wasmtime } from './hosts/run.mjs';

const skip = !process.env.AKIO_TEST_FULL;
const host = join(root, 'dist/akio');
let folder;
let module;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'akio-'));
  module = join(folder, 'gemma.wasm');
});

after(() => rm(folder, { recursive: true }));

test('Gemma goes into the module with candle, and into no other', async () => {
  const embed = [host, 'embed', await weights(), '-o', module];
  const refused = await run(embed);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /'gemma3' runs through candle, .* put the model into akio-candle\.wasm/);
  await output([...embed, '--module', join(root, 'dist/akio-candle.wasm')]);
  assert.match(await output([host, 'info', module]), /gemma3/);
});

test('Gemma says under wasmtime what llama.cpp says', { skip }, async () => {
  const answer = ['--raw', '--temperature', 0, '-n', 12, 'The capital of France is'];
  const text = await output([wasmtime, module, ...answer]);
  assert.equal(text.trimEnd(), ' the capital of the country of France. It is the largest');
});

test('Gemma takes less than 1.5 GB of linear memory', { skip }, async (t) => {
  const measured = await output([wasmtime, module, 'bench', '--json', '--prefill', 16, '--decode', 8]);
  const { linear_memory_bytes } = JSON.parse(measured);
  t.diagnostic(`${Math.round(linear_memory_bytes / 1e6)} MB`);
  assert.ok(linear_memory_bytes < 1.5e9, `${linear_memory_bytes} bytes`);
});

/** The file that `cargo xtask fetch gemma` brings. */
async function weights() {
  const { AKIO_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = AKIO_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'akio');
  const lock = await readFile(join(root, 'models/gemma3-270m.lock.toml'), 'utf8');
  const [, sha256] = /^sha256 = "(.+)"$/m.exec(lock);
  return join(cache, 'models', `${sha256}.gguf`);
}
