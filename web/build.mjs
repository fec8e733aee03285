// Builds dist/web (the page), dist/akio.html (the page as one file) and dist/npm (the package) around the bound
// module.
//
// AKIO_BINDGEN names the folder that wasm-bindgen wrote, with akio.js, akio.d.ts, an akio.wasm that
// already holds the weights, and akio-plain.wasm, the code for engines without relaxed SIMD. AKIO_MODEL
// names the packed model that is in akio.wasm.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, cp, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';

import { buildOneFile } from './one-file.mjs';

const web = import.meta.dirname;
const root = join(web, '..');
const [bindgen, model] = ['AKIO_BINDGEN', 'AKIO_MODEL'].map((name) => {
  if (process.env[name]) return resolve(process.env[name]);
  console.error(`${name} must name what the page is built from; \`cargo xtask build\` sets it`);
  process.exit(1);
});

await takeBindings();
await rm(join(root, 'dist/npm'), { recursive: true, force: true });
run('tsc', '--project', 'tsconfig.json');
run('tsc', '--project', 'tsconfig.service-worker.json');
run('tsc', '--project', 'tsconfig.package.json');
run('vite', 'build', '--logLevel', 'warn');
await finishPackage();
await finishPage();
await buildOneFile(join(root, 'dist/akio.html'), bindgen, await readFile(join(root, 'dist/web/NOTICE.txt'), 'utf8'));

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
  const published = JSON.stringify(await publish());
  await writeFile(join(target, 'published.ts'), `export const PUBLISHED = ${published};\n`);
  await place(join(web, 'src/akio')); // for `vite`, the development server
}

/** What the loader compares with what arrives. */
async function publish() {
  const [module, plain, packed] = await Promise.all(
    [join(bindgen, 'akio.wasm'), join(bindgen, 'akio-plain.wasm'), model].map((path) => readFile(path)),
  );
  // The header of a packed model has a hash of the rest.
  const start = module.indexOf(packed.subarray(0, 64));
  if (start < 0) throw new Error('akio.wasm does not hold the model that AKIO_MODEL names');
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  return { bytes: start + packed.length, code: sha256(module.subarray(0, start)), plain: sha256(plain) };
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
  await place(join(npm, 'dist'));
  await addLicenses(npm);
}

async function finishPage() {
  const page = join(root, 'dist/web');
  await addLicenses(page);
  const headers = JSON.parse(await readFile(join(web, 'headers.json'), 'utf8'));
  await addServiceWorker(page, headers);
  await place(page);
  // Netlify, Cloudflare Pages and others read this file.
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
  await writeFile(join(page, '_headers'), `/*\n${lines.join('')}`);
}

/** The service worker knows all files that are in the folder now, by their hashes. */
async function addServiceWorker(page, headers) {
  const shell = {};
  for (const name of (await readdir(page)).sort()) {
    const hash = createHash('sha256').update(await readFile(join(page, name)));
    shell[name] = `sha256-${hash.digest('base64')}`;
  }
  const version = createHash('sha256').update(JSON.stringify([shell, headers])).digest('hex').slice(0, 16);
  await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    define: { BUILD: JSON.stringify({ shell, headers, version }) },
    build: {
      outDir: page,
      emptyOutDir: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(web, 'src/service-worker.ts'),
        output: { format: 'iife', entryFileNames: '[name].js' },
      },
    },
  });
}

/** The modules are large: a second name for the same file where the file system allows it. */
async function place(folder) {
  for (const name of ['akio.wasm', 'akio-plain.wasm']) {
    const [source, target] = [join(bindgen, name), join(folder, name)];
    await rm(target, { force: true });
    await link(source, target).catch(() => cp(source, target));
  }
}

/** The licences of akio and of the model. */
async function addLicenses(target) {
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE']) {
    await copyFile(join(root, name), join(target, name));
  }
  const lock = await readFile(join(root, 'models/smollm2.lock.toml'), 'utf8');
  const notice = firstMatch(lock, /^notice = """\n?(.*?)"""/ms, 'notice of the model');
  const license = await readFile(join(root, 'models/LICENSE-Apache-2.0'), 'utf8');
  const notices = [`${notice}\n\n${license}`];
  const names = await readFile(join(root, 'crates/akio-agent/src/redact/given_names.LICENSE'), 'utf8');
  notices.push(`The module has a list of given names from the locales of Faker.\n\n${names}`);
  await writeFile(join(target, 'NOTICE.txt'), notices.join(`\n\n${'-'.repeat(80)}\n\n`));
}

/** The workspace has one version, and it is Cargo's. */
async function version() {
  const manifest = await readFile(join(root, 'Cargo.toml'), 'utf8');
  return firstMatch(manifest, /^version = "(.*?)"$/m, 'version of the workspace');
}

function firstMatch(text, pattern, what) {
  const match = pattern.exec(text);
  if (!match) throw new Error(`the ${what} was not found`);
  return match[1];
}

function run(command, ...args) {
  const bin = join(root, 'node_modules/.bin', command);
  execFileSync(bin, args, { cwd: web, stdio: 'inherit' });
}
