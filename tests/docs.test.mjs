// What the documents say is true as far as a test can tell.
//
// In a ```console block a line that starts with "$ " is a command, and what follows up to the next
// one is its standard output, where "…" stands for any text. Each is run. Other blocks with
// commands to type are not allowed: a ```sh block fails this test. A command inside a sentence must
// be one of those, or one that is run elsewhere.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const read = (path) => readFile(join(root, path), 'utf8');
const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md'));
const documents = await Promise.all(
  ['README.md', 'models/README.md', ...docs.map((name) => `docs/${name}`)].map(async (path) => {
    const markdown = await read(path);
    return { path, blocks: blocks(path, markdown), inline: inline(markdown) };
  }),
);

/** Commands that are not run here, and why. */
const elsewhere = {
  'cargo xtask test': 'runs this test',
  'cargo xtask test --full': 'runs this test',
  'cargo xtask build --edition agent': 'a part of `cargo xtask test --full`, and command.test.mjs asks the result',
  'cargo xtask bench --peers': 'compiles llama.cpp, and measures it, wllama and every host for hours',
  'cargo xtask bench --only speed,starts': 'measures every host for an hour; `akio bench --json`, which it calls, is run here',
  'cargo xtask bench --only speed --row "akio, wasmtime, SmolLM2-135M, 1"': 'builds the agent edition for its parts',
  'cargo xtask bench --only servers': 'measures servers for minutes',
  'cargo bench --package akio-kernels': 'measures for minutes; `akio bench --kernels`, which measures the same, is run here',
  'cargo xtask size': 'links the command twice more',
  'cargo xtask embedding': 'builds each way of embedding again, and measures it for minutes',
  'cargo xtask embedding --tiny': 'a stage of `cargo xtask test`',
  'cargo xtask eval': 'asks hundreds of questions for minutes',
  'cargo xtask eval --half test': 'asks hundreds of questions for minutes',
  'dist/akio embed MODEL.gguf --module dist/akio-candle.wasm -o my-akio.wasm': 'gemma.test.mjs does it with Gemma',
  'cargo test --release --workspace --test redact -- --nocapture': 'a test of the workspace',
  'wasmtime serve -S cli dist/akio-http.wasm': 'serves until it is stopped; http.test.mjs asks it',
  'cargo xtask check': 'a stage of `cargo xtask test`',
  'cargo xtask cross': 'compiles wasmtime for four more targets',
  'qemu-aarch64 -L /usr/aarch64-linux-gnu target/aarch64-unknown-linux-gnu/release/akio-host --bundle dist/akio.wasm -o akio-aarch64': 'needs what `cargo xtask cross` makes',
  'qemu-aarch64 -L /usr/aarch64-linux-gnu akio-aarch64 -t 0 "What is the capital of France?"': 'needs what `cargo xtask cross` makes',
  'wine target/x86_64-pc-windows-gnu/release/akio-host.exe --bundle dist/akio.wasm -o akio.exe': 'needs what `cargo xtask cross` makes',
  'wine akio.exe -t 0 "What is the capital of France?"': 'needs what `cargo xtask cross` makes',
  'npm run wpt --workspace web -- FOLDER': 'needs a checkout of web-platform-tests, and minutes',
  'cargo test --release --workspace --test oracle': 'a part of `cargo xtask test`',
};

/** Programs whose name begins a command rather than a word of code. */
const COMMAND = /^(\w+=\S* )*(akio|cargo|dist\/akio|ls|node|npm|npx|time|wasmtime) /;

let bin;
before(async () => {
  bin = await mkdtemp(join(tmpdir(), 'akio-bin-'));
  if (process.env.WASMTIME) await symlink(process.env.WASMTIME, join(bin, 'wasmtime'));
});
after(() => rm(bin, { recursive: true }));

for (const { path, blocks } of documents) {
  for (const { command, expected } of blocks) {
    test(`${path}: ${command}`, { skip: elsewhere[command] }, async () => {
      const { stdout, stderr, code } = await run(command);
      assert.equal(code, 0, `exit code ${code}\n${stderr}`);
      assert.match(stdout, pattern(expected));
    });
  }
}

const printed = documents.flatMap(({ blocks }) => blocks.map(({ command }) => command));
const mentioned = documents.flatMap(({ inline }) => inline).filter((code) => COMMAND.test(code));

test('commands inside sentences are run too', () => {
  const isRun = (code) => printed.some((command) => `${command} `.includes(`${code} `));
  assert.deepEqual(mentioned.filter((code) => !isRun(code) && !elsewhere[code]), []);
});

test('every exception is still in a document', () => {
  const known = new Set([...printed, ...mentioned]);
  assert.deepEqual(Object.keys(elsewhere).filter((command) => !known.has(command)), []);
});

test('docs/cli.md has every exit code of --help', async () => {
  const { stdout } = await run('dist/akio --help');
  const [, codes] = /Exit codes:\n((?: *\d+  .*\n)+)/.exec(stdout);
  const table = await read('docs/cli.md');
  for (const [code] of codes.matchAll(/\d+(?=  )/g)) assert.ok(table.includes(`\n| ${code} |`), code);
});

test('docs/dependencies.md has every dependency', async () => {
  const manifest = await read('Cargo.toml');
  const [, crates] = /^\[workspace\.dependencies\]\n(.*?)^\[/ms.exec(manifest);
  const names = [...crates.matchAll(/^([\w-]+) = /gm)].map(([, name]) => name);
  for (const path of ['package.json', 'web/package.json']) {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(await read(path));
    names.push(...Object.keys(dependencies), ...Object.keys(devDependencies));
  }
  const rows = await read('docs/dependencies.md');
  const missing = names.filter((name) => !/^akio(-|$)/.test(name) && !rows.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});

test('docs/architecture.md names every file with unsafe code', async () => {
  const architecture = await read('docs/architecture.md');
  for (const folder of ['crates', 'wasi-host', 'tests']) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      if (!name.endsWith('.rs') || !/\bunsafe \{/.test(await read(join(folder, name)))) continue;
      assert.ok(architecture.includes(name.split('/').at(-1)), name);
    }
  }
});

function blocks(path, markdown) {
  const found = [];
  for (const [, language, body] of markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
    assert.ok(!['sh', 'bash', 'shell'].includes(language), `${path}: commands belong into a console block`);
    if (language !== 'console') continue;
    for (const line of body.split('\n')) {
      if (line.startsWith('$ ')) found.push({ command: line.slice(2), expected: [] });
      else found.at(-1)?.expected.push(line);
    }
  }
  return found.map(({ command, expected }) => ({ command, expected: expected.join('\n').trim() }));
}

/** Code inside sentences, which may go over the end of a line. */
function inline(markdown) {
  const sentences = markdown.replace(/^```.*?^```$/gms, '');
  return [...sentences.matchAll(/`([^`]+)`/g)].map(([, code]) => code.replace(/\s+/g, ' '));
}

function pattern(expected) {
  assert.doesNotMatch(expected, /^[…\s]+$/, 'the output to expect has no words');
  const parts = expected.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]+?')}$`);
}

async function run(command) {
  const PATH = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  // What a command configures is gone with this test.
  const env = { ...process.env, PATH, XDG_CONFIG_HOME: join(bin, 'config') };
  const child = spawn('bash', ['-c', command], { cwd: root, env });
  child.stdin.end();
  const exit = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { stdout: stdout.trim(), stderr, code };
}
