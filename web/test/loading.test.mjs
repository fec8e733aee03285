// Loading and ending dist/npm in Node: aborts, faults, and what is left of the memory.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';

import { Akio, AkioError } from '../../dist/npm/dist/node.js';
import { readEdition } from '../edition.mjs';
import { tinyModules } from './support/editions.mjs';
import { withTrap } from './support/trap.mjs';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '../../dist/npm/dist');
const FRANCE = { messages: [{ role: 'user', content: 'What is the capital of France?' }], temperature: 0, max_tokens: 16 };

test('an abort gives loading up, before it begins and at every step of it', async () => {
  await assert.rejects(Akio.load({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  const early = new AbortController();
  const loading = Akio.load({ signal: early.signal });
  early.abort();
  await assert.rejects(loading, { name: 'AbortError' });
  for (const phase of ['fetch', 'start']) {
    const controller = new AbortController();
    const reason = new Error(`no more at ${phase}`);
    const onProgress = (progress) => progress.phase === phase && controller.abort(reason);
    await assert.rejects(Akio.load({ signal: controller.signal, onProgress }), reason);
  }
});

test('what is not a module has a code', async () => {
  const wrong = [
    ['download_failed', join(folder, 'missing.wasm')],
    ['not_wasm', Buffer.from('<!doctype html>')],
    ['bad_module', await readFile(join(folder, 'akio.wasm')).then((bytes) => bytes.subarray(0, 5_000_000))],
  ];
  for (const [code, wasm] of wrong) await assert.rejects(Akio.load({ wasm }), { name: 'AkioError', code });
});

test('without relaxed SIMD every way to give the module leads to the same model', async () => {
  const file = join(folder, 'akio.wasm');
  for (const wasm of [undefined, file, pathToFileURL(file), await readFile(file)]) {
    const akio = await Akio.load({ wasm });
    assert.equal(akio.info.build, 'simd128');
    const { choices } = await akio.chat.completions.create(FRANCE);
    assert.match(choices[0].message.content, /Paris/);
    akio.terminate();
  }
});

test('without relaxed SIMD what carries no model or another one has a code', async () => {
  const plain = await readFile(join(folder, 'akio-plain.wasm'));
  await assert.rejects(Akio.load({ wasm: Buffer.from(plain) }), { code: 'no_model' });
  // A compiled module is taken as it is, and nothing is copied into it.
  await assert.rejects(Akio.load({ wasm: await WebAssembly.compile(plain) }), { code: 'bad_model' });
  const other = Buffer.from([...plain.subarray(0, 8), ...hashesOf(Buffer.from('AKIOPACK....'))]);
  await assert.rejects(Akio.load({ wasm: other }), { code: 'bad_module', message: /has 12$/ });
});

test('a module with another model takes the code that was made for it, and both are verified', async (t) => {
  const modules = await tinyModules();
  t.after(() => rm(modules, { recursive: true }));
  const wasm = join(modules, 'akio-tiny.wasm');
  const plain = pathToFileURL(join(modules, 'akio-tiny-plain.wasm'));
  const { published } = (await readEdition(modules, 'akio-tiny')).edition;
  await assert.rejects(Akio.load({ wasm }), { code: 'bad_module', message: /is for a model of/ });
  const akio = await Akio.load({ wasm, plain, published });
  assert.deepEqual([akio.info.name, akio.info.build], ['Tiny', 'simd128']);
  assert.ok((await akio.chat.completions.create(FRANCE)).choices[0].message.content.length > 0);
  akio.terminate();
  for (const part of ['code', 'plain']) {
    const other = { ...published, [part]: '0'.repeat(64) };
    await assert.rejects(Akio.load({ wasm, plain, published: other }), { code: 'damaged' });
  }
});

test('after a fault nothing is answered any more, and loading again helps', async () => {
  // Without it the code of the given bytes is not used.
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  const wasm = withTrap(await readFile(join(folder, 'akio.wasm')), 'session_count_tokens');
  const broken = await Akio.load({ wasm, threads: 1 });
  await assert.rejects(broken.countTokens('Hello'), { code: 'trapped' });
  await assert.rejects(broken.chat.completions.create(FRANCE), { code: 'trapped' });
  const whole = await Akio.load();
  assert.ok((await whole.countTokens('Hello')) > 0);
  assert.equal(whole.info.build, 'relaxed');
  broken.terminate();
  whole.terminate();
  setFlagsFromString('--no-experimental-wasm-relaxed-simd');
});

test('with relaxed SIMD threads share a memory, write what one writes, and keep no process alive', async () => {
  const { stdout } = await script(
    `const texts = [];
    for (const threads of [1, undefined]) {
      const akio = await Akio.load({ threads });
      const { choices } = await akio.chat.completions.create(${JSON.stringify(FRANCE)});
      texts.push([akio.threads, choices[0].message.content]);
    }
    console.log(JSON.stringify(texts));`,
    '--experimental-wasm-relaxed-simd',
  );
  const [[one, alone], [several, together]] = JSON.parse(stdout);
  assert.deepEqual([one, several], [1, Math.min(availableParallelism(), 8)]);
  assert.match(alone, /Paris/);
  assert.equal(together, alone);
});

test('terminate ends what waits, and what comes later', async () => {
  const akio = await Akio.load();
  const waiting = akio.chat.completions.create({ ...FRANCE, max_tokens: 512 });
  akio.terminate();
  for (const answer of [waiting, akio.countTokens('Hello')]) {
    await assert.rejects(answer, (error) => error instanceof AkioError && error.code === 'terminated');
  }
});

test('terminate gives the memory back', async () => {
  const { stdout } = await script(
    `for (let i = 0; i < 4; i++) {
      const akio = await Akio.load();
      await akio.chat.completions.create(${JSON.stringify(FRANCE)});
      akio.terminate();
      await new Promise((resolve) => setTimeout(resolve, 300));
      gc();
      console.log(process.memoryUsage.rss() / 1e6);
    }`,
    '--expose-gc',
  );
  const megabytes = stdout.trim().split('\n').map(Number);
  assert.ok(Math.max(...megabytes) < 150, `after each: ${megabytes.join(', ')} MB`);
});

test('the process waits for an answer, and not for a model that has nothing to do', async () => {
  const { stdout } = await script(
    `const akio = await Akio.load();
    akio.chat.completions.create(${JSON.stringify(FRANCE)})
      .then(({ choices }) => console.log(choices[0].message.content));`,
  );
  assert.match(stdout, /Paris/);
});

/** The last sections of a module that carries this model. */
function hashesOf(model) {
  const hash = createHash('sha256').update(model).digest();
  const name = Buffer.from('akio.hashes');
  const hashes = [name.length, ...name, 12, 0, 0, 0, ...hash];
  const segment = [0, 0x41, 0, 0x0b, model.length, ...model];
  return [0, hashes.length, ...hashes, 11, segment.length + 1, 1, ...segment];
}

/** Runs lines that use `Akio` in a process of their own. */
function script(lines, ...flags) {
  const imported = `import { Akio } from ${JSON.stringify(join(folder, 'node.js'))};`;
  return run(process.execPath, [...flags, '--input-type=module', '-e', imported + lines], { timeout: 60_000 });
}
