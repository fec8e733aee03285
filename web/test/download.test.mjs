// What can happen to the module on its way: the loader of dist/npm against servers that misbehave.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';

import { split } from '../../dist/npm/dist/parts.js';
import { Akio } from '../../dist/npm/dist/node.js';
import { sendFile, serve } from './support/server.mjs';

// Without it Node 20 compiles no module with relaxed SIMD.
setFlagsFromString('--experimental-wasm-relaxed-simd');

const folder = join(import.meta.dirname, '../../dist/npm/dist');
const MEBIBYTE = 2 ** 20;

let module;
let parts;
before(async () => {
  module = new Uint8Array(await readFile(join(folder, 'akio.wasm')));
  parts = splitWhole(module);
});

describe('a module is split', () => {
  test('into code that is a module of its own, and a model whose parts have the hashes it states', async () => {
    const exported = async (bytes) => WebAssembly.Module.exports(await WebAssembly.compile(bytes));
    const whole = await exported(module);
    assert.deepEqual(await exported(parts.code), whole);
    assert.equal(parts.partLength, MEBIBYTE);
    const model = module.subarray(parts.start, parts.start + parts.length);
    assert.equal(Buffer.from(model.subarray(0, 8)).toString(), 'AKIOPACK');
    const hashes = [];
    for (let at = 0; at < model.length; at += MEBIBYTE) {
      hashes.push(createHash('sha256').update(model.subarray(at, at + MEBIBYTE)).digest('hex'));
    }
    assert.deepEqual(parts.hashes, hashes);
    assert.ok(parts.code.length < parts.start);
  });

  test('while it arrives, without waiting for a byte of the model', () => {
    const splitting = split('akio.wasm');
    let have = 0;
    for (let step = splitting.next(); !step.done; step = splitting.next(module.subarray(0, have))) {
      assert.ok(step.value > have, `${step.value} after ${have}`);
      have = step.value;
    }
    assert.equal(have, parts.start);
  });

  test('or refused in words, whatever was changed in it', () => {
    // A linear congruential generator: the same changes every time.
    let state = 1;
    const random = (below) => (state = (state * 1103515245 + 12345) % 2 ** 31) % below;
    const heads = [0, 8, 20, parts.start - 4096];
    for (let round = 0; round < 300; round++) {
      const changed = module.slice(0, parts.start);
      for (let change = 0; change < 3; change++) {
        changed[heads[random(heads.length)] + random(4096)] = random(256);
      }
      try {
        splitWhole(changed);
      } catch (error) {
        assert.equal(error.name, 'AkioError', error.stack);
      }
    }
  });
});

test('a download that breaks off again and again goes on where it stopped', async (t) => {
  const starts = [];
  const server = await serving(t, (request, response, file) => {
    const range = request.headers.range ?? 'bytes=0-';
    starts.push(Number(/\d+/.exec(range)[0]));
    return starts.length <= 3 ? breakOff(response, starts.at(-1), 20_000_000) : sendFile(response, file, { range });
  });
  await answers(t, server);
  assert.equal(starts.length, 4);
  assert.ok(starts.every((start, i) => i === 0 || start > starts[i - 1]), starts.join());
});

test('a server that knows no ranges sends again, and what is here already is left out', async (t) => {
  let requests = 0;
  const server = await serving(t, (_, response, file) => {
    requests += 1;
    return requests === 1 ? breakOff(response, 0, 30_000_000) : sendFile(response, file);
  });
  const steps = await answers(t, server);
  assert.equal(requests, 2);
  assert.ok(steps.every(({ loaded }, i) => i === 0 || loaded >= steps[i - 1].loaded), 'nothing counts twice');
});

test('of what comes damaged only that part is fetched again', async (t) => {
  const ranges = [];
  const server = await serving(t, (request, response, file) => {
    ranges.push(request.headers.range);
    if (ranges.length > 1) return sendFile(response, file, { range: request.headers.range });
    const damaged = module.slice();
    damaged[parts.start + 7 * MEBIBYTE + 5] ^= 1;
    response.end(damaged);
  });
  await answers(t, server);
  const start = parts.start + 7 * MEBIBYTE;
  assert.deepEqual(ranges, [undefined, `bytes=${start}-${start + MEBIBYTE - 1}`]);
});

test('what stays damaged is an error that names the part', async (t) => {
  const server = await serving(t, (_, response) => {
    const damaged = module.slice();
    damaged[parts.start + parts.length - 1] ^= 1;
    response.end(damaged);
  });
  const count = parts.hashes.length;
  await assert.rejects(Akio.load({ wasm: server }), {
    code: 'damaged',
    message: new RegExp(`^part ${count} of ${count} of the model in http.* \\(bytes \\d+ to ${parts.start + parts.length}\\)`),
  });
});

test('a busy server is asked again, one that refuses is not', async (t) => {
  let requests = 0;
  const busy = await serving(t, (_, response, file) => {
    requests += 1;
    return requests === 1 ? response.writeHead(503).end() : sendFile(response, file);
  });
  await answers(t, busy);
  const refused = await serving(t, (_, response) => {
    requests = -1;
    response.writeHead(403).end();
  });
  await assert.rejects(Akio.load({ wasm: refused }), { code: 'download_failed', message: /answered 403/ });
  assert.equal(requests, -1);
});

test('speed and time left are told once there is something to say', async (t) => {
  const server = await serving(t, async (_, response) => {
    for (let at = 0; at < module.length; at += 10_000_000) {
      response.write(module.subarray(at, at + 10_000_000));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    response.end();
  });
  const steps = await answers(t, server);
  assert.equal(steps[0].bytesPerSecond, undefined);
  const last = steps.findLast(({ secondsLeft }) => secondsLeft > 0);
  assert.ok(last.bytesPerSecond > 1e6 && last.bytesPerSecond < 1e9, `${last.bytesPerSecond}`);
  assert.equal(last.secondsLeft, (last.total - last.loaded) / last.bytesPerSecond);
});

/** The parts of a module that is here. */
function splitWhole(bytes) {
  const splitting = split('akio.wasm');
  let step = splitting.next();
  while (!step.done && step.value <= bytes.length) step = splitting.next(bytes);
  return step.value;
}

async function serving(t, respond) {
  const server = await serve(folder, { overrides: { 'akio.wasm': respond } });
  t.after(() => server.close());
  return `${server.url}akio.wasm`;
}

/** Loads the module; returns the steps of its progress. */
async function answers(t, wasm) {
  const steps = [];
  const akio = await Akio.load({ wasm, onProgress: (step) => steps.push(step) });
  t.after(() => akio.terminate());
  const messages = [{ role: 'user', content: 'What is the capital of France?' }];
  const { choices } = await akio.chat.completions.create({ messages, temperature: 0, max_tokens: 16 });
  assert.match(choices[0].message.content, /Paris/);
  return steps;
}

/** Sends `bytes` from `start` on of what was promised to be all, and closes the connection. */
function breakOff(response, start, bytes) {
  const headers = { 'Content-Length': module.length - start };
  if (start > 0) headers['Content-Range'] = `bytes ${start}-${module.length - 1}/${module.length}`;
  response.writeHead(start > 0 ? 206 : 200, headers);
  response.write(module.subarray(start, start + bytes), () => response.destroy());
}
