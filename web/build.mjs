// Builds dist/web (the page), dist/akio.html (the page as one file) and dist/npm (the package) around the bound
// module.
//
// AKIO_BINDGEN names the folder that wasm-bindgen wrote, with akio.js, akio.d.ts, akio-threads.wasm, the code for
// several threads, and two modules for each edition: one that already holds the weights, such as akio.wasm, and the
// code for engines without relaxed SIMD, such as akio-plain.wasm. AKIO_EDITIONS has the names of the editions; everything is built around
// the first, and the page offers the others too.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { readEdition } from './edition.mjs';
import { finishPage, place } from './finish-page.mjs';
import { buildOneFile } from './one-file.mjs';

const web = import.meta.dirname;
const root = join(web, '..');
const [bindgen, names] = ['AKIO_BINDGEN', 'AKIO_EDITIONS'].map((name) => {
  if (process.env[name]) return process.env[name];
  console.error(`${name} must name what the page is built from; \`cargo xtask build\` sets it`);
  process.exit(1);
});
const [base, ...others] = await Promise.all(names.split(' ').map((name) => readEdition(bindgen, name)));

await takeBindings();
await rm(join(root, 'dist/npm'), { recursive: true, force: true });
run('tsc', '--project', 'tsconfig.json');
run('tsc', '--project', 'tsconfig.service-worker.json');
run('tsc', '--project', 'tsconfig.package.json');
run('vite', 'build', '--logLevel', 'warn');
await finishPackage();
const page = join(root, 'dist/web');
await addLicenses(page, await notice([base, ...others]));
await finishPage(page, bindgen, [base, ...others].map(({ edition }) => edition));
await buildOneFile(join(root, 'dist/akio.html'), bindgen, base.edition, await notice([base]));

/** Puts the generated bindings where the sources import them. */
async function takeBindings() {
  const glue = await readFile(join(bindgen, 'akio.js'), 'utf8');
  if (glue.includes('import.meta.url')) {
    // Every bundler would look for that file; worker.ts and node.ts say where the module is.
    throw new Error('akio.js names a default module: bind with --omit-default-module-path');
  }
  const target = join(web, 'src/akio/bindgen');
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'akio.js'), glue);
  await copyFile(join(bindgen, 'akio.d.ts'), join(target, 'akio.d.ts'));
  const published = JSON.stringify(base.edition.published);
  const threaded = createHash('sha256').update(await readFile(join(bindgen, 'akio-threads.wasm'))).digest('hex');
  const constants = `export const PUBLISHED = ${published};\nexport const THREADED = '${threaded}';\n`;
  await writeFile(join(target, 'published.ts'), constants);
  await place(bindgen, base.edition.name, join(web, 'src/akio')); // for `vite`, the development server
}

async function finishPackage() {
  const npm = join(root, 'dist/npm');
  for (const name of ['akio.js', 'akio.d.ts']) {
    await copyFile(join(web, 'src/akio/bindgen', name), join(npm, 'dist/bindgen', name));
  }
  const manifest = JSON.parse(await readFile(join(web, 'package/package.json'), 'utf8'));
  const { name, description, ...rest } = manifest;
  const text = JSON.stringify({ name, version: await version(), description, ...rest }, null, 2);
  await writeFile(join(npm, 'package.json'), `${text}\n`);
  await copyFile(join(web, 'package/README.md'), join(npm, 'README.md'));
  await place(bindgen, base.edition.name, join(npm, 'dist'));
  await addLicenses(npm, await notice([base]));
}

async function addLicenses(target, notice) {
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    await copyFile(join(root, name), join(target, name));
  }
  await writeFile(join(target, 'NOTICE.txt'), notice);
}

/** The licences of the models, and last that of data in the module, which stays when `akio embed` puts in another model. */
async function notice(editions) {
  const notices = editions.map(({ notice }) => notice.trimEnd());
  const names = await readFile(join(root, 'crates/akio-agent/src/redact/given_names.LICENSE'), 'utf8');
  notices.push(`The module has a list of given names from the locales of Faker.\n\n${names}`);
  return notices.join(`\n\n${'-'.repeat(80)}\n\n`);
}

/** The workspace has one version, and it is Cargo's. */
async function version() {
  const manifest = await readFile(join(root, 'Cargo.toml'), 'utf8');
  const match = /^version = "(.*?)"$/m.exec(manifest);
  if (!match) throw new Error('the version of the workspace was not found');
  return match[1];
}

function run(command, ...args) {
  const bin = join(root, 'node_modules/.bin', command);
  execFileSync(bin, args, { cwd: web, stdio: 'inherit' });
}
