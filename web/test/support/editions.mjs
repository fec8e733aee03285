// A page that offers a second model: the tiny one of the repository, beside the real one of dist/web.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { readEdition } from '../../edition.mjs';
import { finishPage } from '../../finish-page.mjs';

const root = join(import.meta.dirname, '../../..');
const site = join(root, 'dist/web');
const pack = process.env.AKIO_PACK ?? join(root, 'target/release/akio-pack');
/** The module of dist/web/akio-plain.wasm before anything was prepared for a model. */
const plain = process.env.AKIO_WEB_PLAIN ?? join(root, 'target/xtask/akio-web-plain.wasm');

/** Made by the build, and made again here. */
const MADE = /(\.wasm|_headers|editions\.json|service-worker\.js)$/;

/** A folder with the modules of the tiny model, `akio-tiny.wasm` and its plain code. Whoever asks for it removes it. */
export async function tinyModules() {
  const modules = await mkdtemp(join(tmpdir(), 'akio-modules-'));
  const file = (name) => join(modules, name);
  const run = (...args) => promisify(execFile)(pack, args);
  await run('pack', join(root, 'models/tiny/tiny.gguf'), '-o', file('tiny'), '--name', 'Tiny', '--notice', join(root, 'LICENSE-MIT'));
  await run('inject', join(site, 'akio.wasm'), file('tiny'), '-o', file('akio-tiny.wasm'));
  await run('inject', '--code-only', plain, file('tiny'), '-o', file('akio-tiny-plain.wasm'));
  return modules;
}

/**
 * A folder with the page around the real model, which offers the tiny one as `akio-tiny` too; `change` may
 * change the tiny one's module. Whoever asks for it removes it.
 */
export async function pageWithTiny(change = (module) => module) {
  const page = await mkdtemp(join(tmpdir(), 'akio-page-'));
  const modules = await tinyModules();
  const tiny = join(modules, 'akio-tiny.wasm');
  await writeFile(tiny, change(await readFile(tiny)));
  for (const name of ['akio.wasm', 'akio-plain.wasm', 'akio-threads.wasm']) await cp(join(site, name), join(modules, name));
  await cp(site, page, { recursive: true, filter: (source) => !MADE.test(source) });
  const editions = await Promise.all(['akio', 'akio-tiny'].map((name) => readEdition(modules, name)));
  await finishPage(page, modules, editions.map(({ edition }) => edition));
  await rm(modules, { recursive: true });
  return page;
}

const MEMORY_SECTION = 5;

/** A copy of the module that asks for so much memory before it does anything. */
export function withMemory(module, pages) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  for (;;) {
    const start = at;
    const id = module[at++];
    const end = number() + at;
    if (id === MEMORY_SECTION) {
      const initial = [pages & 0x7f, (pages >> 7) & 0x7f, pages >> 14];
      // One memory without a maximum; the first two bytes of the number are not its last.
      const content = [1, 0, initial[0] | 0x80, initial[1] | 0x80, initial[2]];
      return Buffer.concat([module.subarray(0, start), Buffer.from([id, content.length, ...content]), module.subarray(end)]);
    }
    at = end;
  }
}
