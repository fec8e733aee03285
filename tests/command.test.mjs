// The command line of both commands: answers, exit codes, and who gets which text. Needs
// `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { commands, output, root, run, wasmtime } from './hosts/run.mjs';

const FRANCE = 'What is the capital of France?';
const ASK = ['-n', 24, '--temperature', 0, FRANCE];
const ANSWER = 'The capital of France is Paris.\n';

const failing = {
  'an unknown flag': [1, ['--nonsense', FRANCE]],
  'a value out of range': [1, ['--temperature', -1, FRANCE]],
  'input that is not UTF-8': [1, [], Buffer.from([0xff])],
  'an empty prompt': [1, ['']],
  'a prompt longer than the context': [2, [], 'word '.repeat(5000)],
};

for (const [name, command] of Object.entries(commands)) {
  test(`${name} answers exactly, and says nothing else`, async () => {
    assert.deepEqual(await run([...command, ...ASK]), { stdout: ANSWER, stderr: '', code: 0 });
  });

  test(`${name} needs no flag for a prompt on standard input`, async () => {
    assert.match(await output(command, { input: FRANCE }), /^\S.*\n$/s);
  });

  for (const [what, [code, args, input]] of Object.entries(failing)) {
    test(`${name} ends with ${code} for ${what}`, async () => {
      const ended = await run([...command, ...args], { input });
      assert.match(ended.stderr, /^akio: .+\n$/);
      assert.deepEqual({ ...ended, stderr: '' }, { stdout: '', stderr: '', code });
    });
  }

  test(`${name} ends with 3 where the answer cannot be written`, { skip: !existsSync('/dev/full') }, async () => {
    const full = await open('/dev/full', 'w');
    try {
      const { stderr, code } = await run([...command, ...ASK], { stdio: ['pipe', full.fd, 'pipe'] });
      assert.match(stderr, /^akio: stdout: .+\n$/);
      assert.equal(code, 3);
    } finally {
      await full.close();
    }
  });

  test(`${name} ends quietly when its reader has gone`, async () => {
    const [program, ...args] = [...command, '-n', 400, '--temperature', 0, 'Tell me a long story.'];
    const child = spawn(program, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.once('data', () => child.stdout.destroy());
    const exit = new Promise((resolve) => child.on('close', resolve));
    assert.equal(await text(child.stderr), '');
    assert.equal(await exit, 0);
  });
}

test('dist/akio is one file: it answers alone, with and without a home', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'akio-alone-'));
  try {
    const [program, home] = [join(folder, 'akio'), join(folder, 'home')];
    await copyFile(join(root, 'dist/akio'), program);
    await mkdir(home);
    for (const HOME of [home, home, '']) {
      const ended = await run([program, ...ASK], { cwd: folder, env: { HOME } });
      assert.deepEqual(ended, { stdout: ANSWER, stderr: '', code: 0 });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const edition of ['agent', 'large']) {
  const file = `dist/akio-${edition}`;
  for (const [name, command] of [[`wasmtime ${file}.wasm`, [wasmtime, `${file}.wasm`]], [file, [file]]]) {
    test(`${name} answers, and holds what was packed`, { skip: !process.env.AKIO_TEST_FULL }, async () => {
      assert.match(await output([...command, ...ASK]), /Paris/);
      assert.match(await output([...command, 'info', '--verify']), /\(verified\)/);
    });
  }
}
