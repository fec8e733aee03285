// Runs the artefacts as a person does: as processes.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const root = join(import.meta.dirname, '../..');
export const wasmtime = process.env.WASMTIME ?? 'wasmtime';
export const pack = process.env.AKIO_PACK ?? join(root, 'target/release/akio-pack');

/** The commands with the model inside, by the names that documents give them. */
export const commands = {
  'wasmtime dist/akio.wasm': [wasmtime, join(root, 'dist/akio.wasm')],
  'wasmtime dist/akio-plain.wasm': [wasmtime, join(root, 'dist/akio-plain.wasm')],
  'dist/akio': [join(root, 'dist/akio')],
  'dist/akio with one thread': [join(root, 'dist/akio'), '--threads=1'],
  'dist/akio with three threads': [join(root, 'dist/akio'), '--threads=3'],
};

/** The process to its end. `options` are those of `spawn`; standard input is `input`. */
export async function run([command, ...args], { input = '', ...options } = {}) {
  const child = spawn(command, args.map(String), { cwd: root, ...options });
  child.stdin?.on('error', () => {}); // a child that does not read its input
  child.stdin?.end(input);
  const exit = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr, code] = await Promise.all([
    child.stdout && text(child.stdout),
    text(child.stderr),
    exit,
  ]);
  return { stdout, stderr, code };
}

/** What a process that succeeds prints. */
export async function output(command, options) {
  const { stdout, stderr, code } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}\n${stderr}`);
  return stdout;
}
