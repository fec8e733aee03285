// Completes a page that the bundler has made: editions, service worker, headers, and the modules themselves.

import { createHash } from 'node:crypto';
import { cp, link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';

const web = import.meta.dirname;

/** `editions` are those of the modules in the folder `modules`, the one first that the page is built around. */
export async function finishPage(page, modules, editions) {
  const headers = JSON.parse(await readFile(join(web, 'headers.json'), 'utf8'));
  await writeFile(join(page, 'editions.json'), `${JSON.stringify(editions)}\n`);
  await addServiceWorker(page, headers);
  // Netlify, Cloudflare Pages and others read this file.
  const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
  await writeFile(join(page, '_headers'), `/*\n${lines.join('')}`);
  for (const { name } of editions) await place(modules, name, page);
}

/**
 * The service worker knows all files that are in the folder now, by their hashes. They are its first line, as JSON:
 * `akio embed --web` puts others there.
 */
async function addServiceWorker(page, headers) {
  const shell = {};
  for (const name of (await readdir(page)).sort()) {
    const hash = createHash('sha256').update(await readFile(join(page, name)));
    shell[name] = `sha256-${hash.digest('base64')}`;
  }
  const version = createHash('sha256').update(JSON.stringify([shell, headers])).digest('hex').slice(0, 16);
  const { output } = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: join(web, 'src/service-worker.ts'), output: { format: 'iife' } },
    },
  });
  const files = JSON.stringify({ shell, headers, version });
  await writeFile(join(page, 'service-worker.js'), `const BUILD=${files};\n${output[0].code}`);
}

/**
 * Puts an edition's modules into `folder`, and the code for several threads, which all editions share. They are large: a
 * second name for the same file where the file system allows it.
 */
export async function place(modules, name, folder) {
  for (const file of [`${name}.wasm`, `${name}-plain.wasm`, 'akio-threads.wasm']) {
    const [source, target] = [join(modules, file), join(folder, file)];
    await rm(target, { force: true });
    await link(source, target).catch(() => cp(source, target));
  }
}
