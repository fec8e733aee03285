// `browser.mjs WORK` measures akio or wllama in Chromium and prints one JSON object. WORK is JSON:
// `engine`, `model` (a path: of the module for akio, of the GGUF for wllama), `plain` (a module for engines without
// relaxed SIMD, which is then taken), `threads`, `context`, `prefill`, `decode`, `runs`, and `folder`, where wllama
// is installed.

import { basename, dirname, join } from 'node:path';
import { launch } from '../../../web/test/support/chromium.mjs';
import { sendFile, serve } from '../../../web/test/support/server.mjs';

const work = JSON.parse(process.argv[2]);
const here = import.meta.dirname;
const root = join(here, '../../..');

const file = (path) => (_request, response) => sendFile(response, path);
// Without isolation there is no shared memory, and so one thread.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const server =
  work.engine === 'akio'
    ? await serve(root, { headers })
    : await serve(work.folder, {
        headers,
        overrides: { 'wllama.html': file(join(here, 'wllama.html')), 'words.js': file(join(here, 'words.js')), 'model.gguf': file(work.model) },
      });
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}${work.engine === 'akio' ? 'crates/xtask/peers/' : ''}${work.engine}.html`);
  await page.waitForFunction('window.bench');
  const url = (path) => path && `${server.url}dist/${basename(dirname(path))}/${basename(path)}`;
  const files = work.engine === 'akio' ? { model: url(work.model), plain: url(work.plain) } : {};
  const { threads, results } = await page.evaluate((work) => window.bench(work), { ...work, ...files });
  // The first one warms up, unless a long context has done that.
  const counted = results.length > 1 ? results.slice(1) : results;
  const median = (column) => {
    const values = counted.map((result) => result[column]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  };
  console.log(JSON.stringify({ threads, prefill_tok_s: median('prefill'), decode_tok_s: median('decode') }));
} finally {
  await browser.close();
  await server.close();
}
