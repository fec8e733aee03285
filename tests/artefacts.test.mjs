// What lies in dist/: the same weights everywhere and once, the licences beside them, no way into
// a network. Needs `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { commands, output, pack, root } from './hosts/run.mjs';

// Without it Node 20 compiles no module with relaxed SIMD.
setFlagsFromString('--experimental-wasm-relaxed-simd');

const dist = join(root, 'dist');
const MEBIBYTE = 2 ** 20;
const MOST_CODE = 3e6;

test('every artefact holds the same weights', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'akio-'));
  try {
    const hashes = {};
    for (const artefact of ['akio.wasm', 'akio-plain.wasm', 'web/akio.wasm', 'npm/dist/akio.wasm', 'akio']) {
      const blob = join(folder, 'blob');
      await output([pack, 'extract', join(dist, artefact), '-o', blob]);
      hashes[artefact] = createHash('sha256').update(await readFile(blob)).digest('hex');
    }
    assert.equal(new Set(Object.values(hashes)).size, 1, JSON.stringify(hashes, null, 2));
  } finally {
    await rm(folder, { recursive: true });
  }
});

for (const [name, command] of Object.entries(commands)) {
  test(`${name} prints the licence, and that the weights were repacked`, async () => {
    isNotice(await output([...command, 'info', '--license']));
  });

  test(`${name} holds the weights in memory once`, async () => {
    const { packed_bytes } = JSON.parse(await output([...command, 'info', '--json']));
    // Measured after real answers.
    const measured = await output([...command, 'bench', '--json', '--prefill', 32, '--decode', 8]);
    const { linear_memory_bytes } = JSON.parse(measured);
    const rest = linear_memory_bytes - packed_bytes;
    assert.ok(rest > 0 && rest < 64 * MEBIBYTE, `${rest} bytes beside the weights`);
  });
}

test('the plain module of the page and the package, and that for several threads, are code only', async () => {
  for (const folder of ['web', 'npm/dist']) {
    for (const name of ['akio-plain.wasm', 'akio-threads.wasm']) {
      const { size } = await stat(join(dist, folder, name));
      assert.ok(size <= MOST_CODE, `${name}: ${size} bytes`);
    }
  }
});

test('without the model a module has at most 3 MB', async () => {
  const [command] = Object.values(commands);
  const { packed_bytes } = JSON.parse(await output([...command, 'info', '--json']));
  for (const name of ['akio.wasm', 'akio-plain.wasm', 'akio-http.wasm', 'web/akio.wasm']) {
    const rest = (await stat(join(dist, name))).size - packed_bytes;
    assert.ok(rest > 0 && rest <= MOST_CODE, `${name}: ${rest} bytes`);
  }
});

test('the page, the package and the folder of licences carry the notice and the licence', async () => {
  for (const folder of ['web', 'npm']) isNotice(await readFile(join(dist, folder, 'NOTICE.txt'), 'utf8'));
  const licences = join(dist, 'LICENSES');
  const names = await readdir(licences);
  const notices = names.filter((name) => name.startsWith('NOTICE'));
  assert.ok(notices.length > 0);
  const license = await readFile(join(licences, 'Apache-2.0.txt'), 'utf8');
  for (const name of notices) isNotice((await readFile(join(licences, name), 'utf8')) + license);
});

test('no file holds the weights of Gemma or names them', async () => {
  const lock = await readFile(join(root, 'models/gemma3-270m.lock.toml'), 'utf8');
  const marks = ['name', 'license', 'file', 'sha256'].map((key) => {
    const [, value] = new RegExp(`^${key} = "(.+)"$`, 'm').exec(lock);
    return value;
  });
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const content = await readFile(file);
    for (const mark of marks) assert.ok(!content.includes(mark), `${file} has ${mark}`);
  }
});

test('no module imports a network', async () => {
  for (const artefact of ['akio.wasm', 'akio-plain.wasm']) {
    const command = await imports(artefact);
    assert.deepEqual([...new Set(command.map(({ module }) => module))], ['wasi_snapshot_preview1']);
    assert.deepEqual(command.filter(({ name }) => name.startsWith('sock_')), []);
  }
  const glue = await readFile(join(dist, 'npm/dist/bindgen/akio.js'), 'utf8');
  for (const artefact of ['web/akio.wasm', 'web/akio-plain.wasm', 'web/akio-threads.wasm']) {
    for (const { module, name, kind } of await imports(artefact)) {
      assert.equal(module, './akio_bg.js');
      if (kind === 'memory') continue;
      assert.ok(glue.includes(`${name}: function`), `${name} is not in the glue`);
      assert.doesNotMatch(name, /fetch|request|socket|beacon|transport|rtc/i);
    }
  }
});

function isNotice(text) {
  assert.match(text, /repacked/);
  assert.match(text, /Apache License/);
  assert.match(text, /TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/);
}

async function imports(artefact) {
  return WebAssembly.Module.imports(await WebAssembly.compile(await readFile(join(dist, artefact))));
}
