// Builds dist/akio.html: the page, its worker, the code and the model in one file that opens from a disk.

import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';

const web = import.meta.dirname;

/** Bytes in one element: a third of each browser's smallest limit for a string, and whole in base64. */
const PIECE = 3 << 18;

/**
 * Writes `target` around the modules in the folder `bindgen`, which are those of `edition`; `notice` is the text of
 * NOTICE.txt. `akio embed --html` puts another model into the parts that have `data-akio`.
 */
export async function buildOneFile(target, bindgen, edition, notice) {
  const folder = await mkdtemp(join(tmpdir(), 'akio-one-file-'));
  try {
    await build({
      configFile: join(web, 'vite.config.ts'),
      mode: 'one-file',
      root: web,
      logLevel: 'warn',
      publicDir: false,
      build: { outDir: folder, emptyOutDir: true },
    });
    const names = await readdir(folder);
    const read = (ending) => readFile(join(folder, names.find((name) => name.startsWith('index-') && name.endsWith(ending))), 'utf8');
    const [html, script, style, logo, worker, module, plain] = await Promise.all([
      readFile(join(folder, 'index.html'), 'utf8'),
      read('.js'),
      read('.css'),
      readFile(join(web, 'public/logo.svg'), 'utf8'),
      buildWorker(),
      readFile(join(bindgen, 'akio.wasm')),
      readFile(join(bindgen, 'akio-plain.wasm')),
    ]);
    const [head, tail] = split(inline(html, { script, style, logo, notice }));
    await write(target, head, tail, edition, module, `const AKIO_PLAIN="${plain.toString('base64')}";\n${worker}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function buildWorker() {
  const { output } = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input: join(web, 'src/one-file/worker.ts'), output: { format: 'iife' } },
    },
  });
  return output[0].code;
}

/** The page with its parts in itself, under a policy that lets in these parts and nothing else. */
function inline(html, { script, style, logo, notice }) {
  const image = `data:image/svg+xml;base64,${Buffer.from(logo).toString('base64')}`;
  // Neither may end its element.
  const code = script.replace(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
  const css = style.replace(/<\/(style)/gi, '<\\/$1');
  const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(code)} 'wasm-unsafe-eval'`,
    `style-src ${hash(css)}`,
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const steps = [
    [/(http-equiv="Content-Security-Policy" content=")[^"]*/, (_, start) => start + policy],
    [/ *<link rel="(manifest|apple-touch-icon)"[^>]*>\n/g, () => ''],
    [/<script type="module"[^>]*><\/script>/, () => `<script type="module">${code}</script>`],
    [/<link rel="stylesheet"[^>]*>/, () => `<style>${css}</style>`],
    [/"\.\/logo\.svg"/g, () => `"${image}"`],
    [/<a href="\.\/NOTICE\.txt"[^>]*>(.*?)<\/a>/s, (_, words) => `<details><summary>${words}</summary><pre data-akio="notice">${escape(notice)}</pre></details>`],
  ];
  return steps.reduce((html, [pattern, part]) => {
    if (html.search(pattern) < 0) throw new Error(`the page has nothing like ${pattern}`);
    return html.replace(pattern, part);
  }, html);
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

function split(html) {
  const at = html.lastIndexOf('</body>');
  return [html.slice(0, at), html.slice(at)];
}

/** Writes piece by piece: the whole is longer than a string may be in some engines. */
async function write(target, head, tail, edition, module, worker) {
  const file = await open(target, 'w');
  try {
    const editions = JSON.stringify([edition]).replaceAll('<', '\\u003c');
    await file.write(`${head}<script type="application/json" data-akio="editions">${editions}</script>\n`);
    await file.write(`<script type="text/plain" data-akio="worker">${worker.replace(/<\/(script)/gi, '<\\/$1')}</script>\n`);
    for (let at = 0; at < module.length; at += PIECE) {
      const size = at === 0 ? ` data-bytes="${module.length}"` : '';
      const piece = module.subarray(at, at + PIECE).toString('base64');
      await file.write(`<script type="text/plain" data-akio="module"${size}>${piece}</script>\n`);
    }
    await file.write(tail);
  } finally {
    await file.close();
  }
}
