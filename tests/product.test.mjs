// What the native executable does with files of its own kind: updates, seals, doctor, manuals. Needs `cargo xtask build`;
// run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { output, root, run } from './hosts/run.mjs';

const akio = join(root, 'dist/akio');
const ASK = ['-t', 0, '-n', 24, 'What is the capital of France?'];
const ANSWER = 'The capital of France is Paris.\n';
const PASSPHRASE = 'correct horse battery staple';

let folder;
before(async () => (folder = await mkdtemp(join(tmpdir(), 'akio-product-'))));
after(() => rm(folder, { recursive: true }));
const path = (name) => join(folder, name);

test('an update of the runtime is small, and what it makes runs', async () => {
  const [plain, relaxed] = ['akio-plain.wasm', 'akio.wasm'].map((name) => join(root, 'dist', name));
  await output([akio, 'diff', plain, relaxed, '-o', path('update')]);
  const { size } = await stat(path('update'));
  assert.ok(size < 2_000_000, `${size} bytes`);
  await copyFile(plain, path('updated.wasm'));
  await output([akio, 'patch', path('updated.wasm'), path('update')]);
  assert.ok((await readFile(path('updated.wasm'))).equals(await readFile(relaxed)));
  const twice = await run([akio, 'patch', path('updated.wasm'), path('update')]);
  assert.deepEqual([twice.code, twice.stderr.split('\n').length], [2, 2]);
});

test('a sealed model answers with its passphrase alone, on the command line and as a server', async () => {
  const sealed = path('sealed');
  const env = { AKIO_CACHE: path('cache'), AKIO_PASSPHRASE: PASSPHRASE };
  await output([akio, 'embed', join(root, 'dist/akio.wasm'), '-o', sealed, '--native', '--seal'], { env });
  assert.equal(await output([sealed, ...ASK], { env }), ANSWER);
  assert.match(await output([sealed, 'info', '--verify'], { env }), /\(verified\)/);
  const wrong = await run([sealed, ...ASK], { env: { ...env, AKIO_PASSPHRASE: 'another passphrase' } });
  assert.deepEqual([wrong.stdout, wrong.code], ['', 2]);
  await writeFile(path('key'), PASSPHRASE);
  const [answer] = await serve(sealed, ['--key-file', path('key')], { AKIO_CACHE: path('cache') });
  assert.equal(`${answer}\n`, ANSWER);
});

test('all of it with Qwen2.5-Coder-0.5B', { skip: !process.env.AKIO_TEST_FULL }, async () => {
  const [module, native, sealed] = ['qwen.wasm', 'qwen', 'qwen-sealed'].map(path);
  const env = { AKIO_CACHE: path('qwen-cache'), AKIO_PASSPHRASE: PASSPHRASE };
  const model = join(root, 'dist/akio-agent.wasm');
  await output([akio, 'embed', model, '-o', module, '--args', '-t 0 -n 24']);
  await output([akio, 'embed', module, '-o', native, '--native'], { env });
  await output([akio, 'embed', module, '-o', sealed, '--native', '--seal'], { env });
  for (const program of [native, sealed]) {
    assert.equal(await output([program, 'What is the capital of France?'], { env }), ANSWER);
    assert.match(await output([akio, 'doctor', program], { env }), /^ok +model +/m);
  }
  const [answer] = await serve(native, [], env);
  assert.equal(`${answer}\n`, ANSWER);
  await output([akio, 'diff', module, model, '-o', path('qwen-update')]);
  await output([akio, 'patch', module, path('qwen-update')]);
  assert.ok((await readFile(module)).equals(await readFile(model)));
});

test('the doctor finds nothing wrong', async () => {
  for (const file of ['dist/akio', 'dist/akio.wasm', 'dist/akio-plain.wasm']) {
    assert.match(await output([akio, 'doctor', file]), /^ok +model +SmolLM2-135M-Instruct, /m);
  }
});

test('the manual has the commands and flags of module and host', async () => {
  const page = await output(['bash', '-c', `${akio} man | man -l -`]);
  for (const word of ['--temperature', '--max-memory', 'akio-serve', 'akio-chat']) {
    assert.ok(page.replaceAll('‐', '-').includes(word), word);
  }
});

/** Asks a server, and returns what it answers. */
async function serve(program, args, env) {
  const server = spawn(program, [...args, 'serve', '--port', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const address = await new Promise((resolve, reject) => {
      let said = '';
      server.on('close', () => reject(new Error(said)));
      server.stderr.on('data', (bytes) => {
        said += bytes;
        const found = /listening on (\S+)/.exec(said);
        if (found) resolve(found[1]);
      });
    });
    const response = await fetch(`${address}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'What is the capital of France?' }], temperature: 0 }),
    });
    return (await response.json()).choices.map(({ message }) => message.content);
  } finally {
    server.kill();
  }
}
