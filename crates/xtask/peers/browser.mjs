// `browser.mjs WORK` measures something in Chromium and prints one JSON object. WORK is JSON: `engine` is `akio`, `wllama`
// or `kernels`.
//
// For akio and wllama it has `model` (the module in the page's folder with its `plain` one, or the GGUF), `build`, `threads`, `context`, `prefill`,
// `decode`, `runs`, and `folder`, where wllama is installed; for kernels `module`, the command.

import { join, relative } from 'node:path';
import { launch } from '../../../web/test/support/chromium.mjs';
import { sendFile, serve } from '../../../web/test/support/server.mjs';

const work = JSON.parse(process.argv[2]);
const here = import.meta.dirname;
const root = join(here, '../../..');

const file = (path) => (_request, response) => sendFile(response, path);
// Without isolation there is no shared memory, and so one thread.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const own = { 'wllama.html': file(join(here, 'wllama.html')), 'words.js': file(join(here, 'words.js')) };
const server =
  work.engine === 'wllama'
    ? await serve(work.folder, { headers, overrides: { ...own, 'model.gguf': file(work.model) } })
    : await serve(root, { headers });
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}${work.engine === 'wllama' ? '' : 'crates/xtask/peers/'}${work.engine}.html`);
  await page.waitForFunction('window.bench');
  for (const path of ['model', 'plain', 'module']) {
    if (work[path]) work[path] = `${server.url}${relative(root, work[path])}`;
  }
  const measured = await page.evaluate((work) => window.bench(work), work);
  console.log(JSON.stringify(work.engine === 'kernels' ? measured : medians(measured)));
} finally {
  await browser.close();
  await server.close();
}

/** The first run warms up, unless a long context has done that. */
function medians({ threads, results }) {
  const counted = results.length > 1 ? results.slice(1) : results;
  const median = (column) => {
    const values = counted.map((result) => result[column]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  };
  return { threads, prefill_tok_s: median('prefill'), decode_tok_s: median('decode') };
}
