// Every command that the documents print is run, and what it prints is compared.
//
// In a ```console block a line that starts with "$ " is a command, and what follows up to the next
// one is its standard output, where "…" stands for any text. Other blocks with commands to type
// are not allowed: a ```sh block fails this test.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const documents = ['README.md', ...(await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];

/** Commands that cannot run inside a test, and what shows that they work. */
const elsewhere = {
  'cargo xtask test': '.ci/run calls it',
  'cargo xtask test --full': 'the same command with more',
  'cargo xtask bench': 'measures for minutes',
};

let bin;
before(async () => {
  bin = await mkdtemp(join(tmpdir(), 'akio-bin-'));
  if (process.env.WASMTIME) await symlink(process.env.WASMTIME, join(bin, 'wasmtime'));
});
after(() => rm(bin, { recursive: true }));

function commands(markdown) {
  const found = [];
  for (const [, language, body] of markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    assert.ok(!['sh', 'bash', 'shell'].includes(language), 'commands belong into a console block');
    if (language !== 'console') continue;
    for (const line of body.split('\n')) {
      if (line.startsWith('$ ')) found.push({ command: line.slice(2), expected: [] });
      else found.at(-1)?.expected.push(line);
    }
  }
  return found.map(({ command, expected }) => ({ command, expected: expected.join('\n').trim() }));
}

function pattern(expected) {
  const parts = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*?')}$`);
}

async function run(command) {
  const PATH = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  const child = spawn('bash', ['-c', command], { cwd: root, env: { ...process.env, PATH } });
  child.stdin.end();
  const exit = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout: stdout.trim(), stderr, code };
}

for (const document of documents) {
  for (const { command, expected } of commands(await readFile(join(root, document), 'utf8'))) {
    test(`${document}: ${command}`, async () => {
      if (elsewhere[command]) return;
      const { stdout, stderr, code } = await run(command);
      assert.equal(code, 0, `exit code ${code}\n${stderr}`);
      assert.match(stdout, pattern(expected));
    });
  }
}
