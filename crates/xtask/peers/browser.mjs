// `browser.mjs akio|wllama MODEL DECODE RUNS FOLDER` measures one of them in Chromium, with about 256 tokens
// of prefill, and prints one JSON object. FOLDER is where wllama is installed.

import { join } from 'node:path';
import { launch } from '../../../web/test/support/chromium.mjs';
import { sendFile, serve } from '../../../web/test/support/server.mjs';

const [name, model, decode, runs, folder] = process.argv.slice(2);
const here = import.meta.dirname;
const text = 'The quick brown fox jumps over the lazy dog near the river bank where the old mill stands. '.repeat(12);
// Each begins differently, so that nothing of it is cached; the first one warms up.
const prompts = Array.from({ length: 1 + Number(runs) }, (_, run) => `${run} ${text}`);

const file = (path) => (_request, response) => sendFile(response, path);
const server =
  name === 'akio'
    ? await serve(join(here, '../../..'))
    : await serve(folder, {
        overrides: { 'wllama.html': file(join(here, 'wllama.html')), 'model.gguf': file(model) },
      });
const browser = await launch();
try {
  const page = await browser.newPage();
  await page.goto(`${server.url}${name === 'akio' ? 'crates/xtask/peers/' : ''}${name}.html`);
  await page.waitForFunction('window.bench');
  const results = await page.evaluate((work) => window.bench(work), { prompts, decode: Number(decode) });
  const median = (column) => {
    const values = results.slice(1).map((result) => result[column]).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)];
  };
  console.log(JSON.stringify({ prefill_tok_s: median('prefill'), decode_tok_s: median('decode') }));
} finally {
  await browser.close();
  await server.close();
}
