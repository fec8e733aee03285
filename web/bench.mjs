// `bench.mjs EDITION relaxed|plain` measures the page in dist/web with one of its models and one build of the module, in
// Chromium with a profile on the disk: the first visit, later ones from what is stored, and the memory of the
// renderer process. Prints one JSON object.
//
// Ready is from the start of the navigation to a session that can answer. Speed is what the page shows of an answer of
// 64 tokens: the best of several, since other programs can only slow it. Memory is what Linux says of the renderer
// (/proc/PID/smaps_rollup; `peak` is its high-water mark) after loading, and after an answer behind about 2,000
// tokens of prompt.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launchProfile } from './test/support/chromium.mjs';
import { answer, settings } from './test/support/page.mjs';
import { serve } from './test/support/server.mjs';
import { withoutRelaxedSimd } from './test/support/simd.mjs';

const RUNS = 5;
const PATIENCE = 600_000;
const site = join(import.meta.dirname, '../dist/web');
const LONG = 'It rained again and nobody was surprised. '.repeat(200);

const worker = (await readdir(site)).find((name) => /^worker-.*\.js$/.test(name));
console.log(JSON.stringify(await measure(...process.argv.slice(2))));

async function measure(edition, build) {
  const profile = await mkdtemp(join(tmpdir(), 'akio-bench-'));
  const overrides = build === 'plain' ? withoutRelaxedSimd(worker) : {};
  const server = await serve(site, { overrides });
  // A page whose scripts were changed for the measurement is none that the service worker keeps.
  const context = await launchProfile(profile, { serviceWorkers: build === 'relaxed' ? 'allow' : 'block' });
  await context.addInitScript((edition) => localStorage.setItem(`akio ${location.pathname} edition`, edition), edition);
  try {
    const first = await visit(context, server.url);
    const again = [];
    for (let run = 0; run < RUNS; run++) {
      again.push((await visit(context, server.url)).ready);
    }
    const { page } = await visit(context, server.url);
    const loaded = await renderer(context);
    await settings(page, { temperature: 0, max_tokens: 64 });
    const speeds = [];
    for (let run = 0; run < RUNS; run++) {
      await page.keyboard.press('Control+Shift+O');
      await answer(page, 'Tell me a long story about the sea.', PATIENCE);
      speeds.push(Number.parseFloat(await page.locator('#meter-text').textContent()));
    }
    await page.keyboard.press('Control+Shift+O');
    await settings(page, { max_tokens: 16 });
    await answer(page, LONG, PATIENCE);
    const answered = await renderer(context);
    return {
      first_visit_ready_ms: first.ready,
      ready_again_ms: median(again),
      tokens_per_second: Math.max(...speeds),
      renderer_after_load: loaded,
      renderer_at_2000_tokens: answered,
    };
  } finally {
    await context.close();
    await server.close();
    await rm(profile, { recursive: true });
  }
}

/** The page in a new tab, and the milliseconds from its navigation to a session. */
async function visit(context, url) {
  for (const page of context.pages().slice(1)) await page.close();
  // Chromium gives a thread that waits in WebAssembly two seconds to end, and its memory is there as long.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const page = await context.newPage();
  await page.addInitScript(() => {
    const ready = () => 'ready' in document.documentElement.dataset && (globalThis.readyAt ??= performance.now());
    new MutationObserver(ready).observe(document, { attributes: true, subtree: true });
  });
  await page.goto(url);
  const ready = await page.waitForFunction(() => globalThis.readyAt, null, { timeout: 120_000 });
  return { page, ready: Math.round(await ready.jsonValue()) };
}

/** Memory of the renderer process that has the page, which is the largest one. */
async function renderer(context) {
  const session = await context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = [];
  for (const { id, type } of processInfo) {
    if (type !== 'renderer') continue;
    const [rollup, status] = await Promise.all(
      ['smaps_rollup', 'status'].map((name) => readFile(`/proc/${id}/${name}`, 'utf8')),
    );
    const kilobytes = (text, name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)[1]);
    sizes.push({
      rss: kilobytes(rollup, 'Rss'),
      pss: kilobytes(rollup, 'Pss'),
      anonymous: kilobytes(rollup, 'Anonymous'),
      peak: kilobytes(status, 'VmHWM'),
    });
  }
  return sizes.toSorted((a, b) => b.rss - a.rss)[0];
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
