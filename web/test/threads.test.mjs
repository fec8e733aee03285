// Several threads for one model, in Chromium: the same text as with one, and what becomes of those that help.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { fallsTo, megabytes } from './support/memory.mjs';
import { projectFrom } from './support/project.mjs';
import { serve } from './support/server.mjs';

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
/** Megabytes of one model. */
const WEIGHTS = 96;
const LONG = 'It rained again and nobody was surprised. '.repeat(60);
const QUESTIONS = ['What is the capital of France?', `${LONG}How was the weather?`, 'Tell me a story about a ship.'];

const project = await projectFrom(join(import.meta.dirname, 'sessions'));
let server;
let browser;
let page;
let problems;
before(async () => {
  server = await serve(project, { headers: ISOLATED });
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await open(page, server);
});
after(() => Promise.all([browser.close(), server.close()]));

async function open(page, { url }) {
  await page.goto(url);
  await page.evaluate(async () => {
    Object.assign(globalThis, await import('akio'));
    globalThis.request = (content, more) => ({ messages: [{ role: 'user', content }], temperature: 0, max_tokens: 48, ...more });
    globalThis.answer = async (akio, content) =>
      (await akio.chat.completions.create(request(content))).choices[0].message.content;
    globalThis.failure = (promise) => promise.then(() => 'answered', (error) => (error instanceof DOMException ? error.name : error.code));
    /** Loads with workers that the page knows; the first one has the model. */
    globalThis.withWorkers = async (options) => {
      const workers = [];
      const url = new URL('./node_modules/akio/dist/worker.js', location.href);
      const worker = () => workers[workers.push(new Worker(url, { type: 'module' })) - 1];
      return { workers, akio: await Akio.load({ worker, ...options }) };
    };
  });
}

test('an isolated page has as many threads as cores, and they write what one writes', async () => {
  const seen = await page.evaluate(async (questions) => {
    const seen = { cores: navigator.hardwareConcurrency, threads: [], builds: [], texts: [] };
    for (const threads of [undefined, 1]) {
      const akio = await Akio.load({ threads });
      seen.threads.push(akio.threads);
      seen.builds.push(akio.info.build);
      const texts = [];
      for (const question of questions) texts.push(await answer(akio, question));
      seen.texts.push(texts);
      akio.terminate();
    }
    return seen;
  }, QUESTIONS);
  assert.ok(seen.cores > 1, 'this test needs two cores');
  assert.deepEqual(seen.threads, [Math.min(seen.cores, 8), 1]);
  assert.deepEqual(seen.builds, ['relaxed', 'relaxed']);
  assert.deepEqual(seen.texts[0], seen.texts[1]);
  assert.match(seen.texts[0][0], /Paris/);
});

test('the number of threads is what is asked for, within reason', async () => {
  const threads = await page.evaluate(async () => {
    const counts = [];
    for (const threads of [2, 1000]) {
      const akio = await Akio.load({ threads });
      counts.push(akio.threads);
      akio.terminate();
    }
    for (const threads of [0, 1.5, '2']) counts.push(await failure(Akio.load({ threads })));
    return counts;
  });
  const cores = await page.evaluate(() => navigator.hardwareConcurrency);
  assert.deepEqual(threads, [2, cores, 'bad_request', 'bad_request', 'bad_request']);
});

test('a stop in the middle ends the answer, and the next one is right', async () => {
  const seen = await page.evaluate(async (long) => {
    const akio = await Akio.load();
    const stop = async (content, when) => {
      const controller = new AbortController();
      const onNotice = ({ type }) => when === type && controller.abort();
      const options = { signal: controller.signal, onNotice };
      const stream = await akio.chat.completions.create(request(content, { max_tokens: 512, stream: true }), options);
      let pieces = 0;
      const reading = async () => {
        for await (const _ of stream) if (when === ++pieces) controller.abort();
      };
      return failure(reading());
    };
    const seen = [await stop(long, 'prefill'), await stop('Tell me a long story.', 5)];
    seen.push(await answer(akio, 'What is the capital of France?'));
    akio.terminate();
    return seen;
  }, LONG.repeat(3));
  assert.deepEqual(seen.slice(0, 2), ['AbortError', 'AbortError']);
  assert.match(seen[2], /Paris/);
});

test('a lost helper is a lost worker, while it helps and while it waits, and a restart brings another', async () => {
  const seen = await page.evaluate(async () => {
    const lost = [];
    const { workers, akio } = await withWorkers({ threads: 2, onLost: ({ code }) => lost.push(code) });
    const seen = { lost, started: workers.length };
    setTimeout(() => workers[1].terminate(), 300);
    // Browsers take up to seconds to tell that a worker has ended, and until then the other thread goes on alone.
    const story = () => akio.chat.completions.create(request('Tell me a long story about a ship.', { max_tokens: 512 }));
    do seen.answering = await failure(story());
    while (seen.answering === 'answered');
    await akio.restart();
    seen.restarted = workers.length;
    workers[3].terminate();
    while (!akio.fault) await new Promise((resolve) => setTimeout(resolve, 10));
    seen.waiting = await failure(akio.countTokens('a'));
    await akio.restart();
    seen.answer = await answer(akio, 'What is the capital of France?');
    akio.terminate();
    return seen;
  });
  assert.match(seen.answer, /Paris/);
  delete seen.answer;
  assert.deepEqual(seen, {
    lost: ['worker_failed', 'worker_failed'],
    started: 2,
    answering: 'worker_failed',
    restarted: 4,
    waiting: 'worker_failed',
  });
});

test('a helper that fails is a lost worker, also before it has begun', async () => {
  const codes = await page.evaluate(async () => {
    const url = new URL('./node_modules/akio/dist/worker.js', location.href);
    const scripts = [
      'onmessage = () => { throw new Error("meant"); }',
      `onmessage = ({ data }) => navigator.locks.request(data.life, () => {
        postMessage({ type: "helping" });
        setTimeout(() => { throw new Error("meant"); }, 500);
        return new Promise(() => {});
      })`,
    ];
    const codes = [];
    for (const script of scripts) {
      let started = 0;
      const helper = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
      const worker = () => (started++ === 0 ? new Worker(url, { type: 'module' }) : new Worker(helper));
      const lost = new Promise((resolve) => {
        Akio.load({ threads: 2, worker, onLost: resolve }).catch(resolve);
      });
      codes.push((await lost).code);
    }
    return codes;
  });
  assert.deepEqual(codes, ['worker_failed', 'worker_failed']);
  problems.length = 0; // the browser tells of both
});

test('two models side by side have helpers of their own, and ending one ends them and gives the memory back', async () => {
  await fall(0); // of the tests before
  const before = await megabytes(browser);
  const { texts, workers } = await page.evaluate(async () => {
    globalThis.models = await Promise.all([Akio.load(), Akio.load()]);
    return {
      texts: await Promise.all(models.map((akio) => answer(akio, 'What is the capital of France?'))),
      workers: models.reduce((sum, { threads }) => sum + threads, 0),
    };
  });
  for (const text of texts) assert.match(text, /Paris/);
  assert.equal(page.workers().length, workers);
  await page.evaluate(() => models[0].terminate());
  await fall(workers / 2);
  await page.evaluate(`(async () => { await using akio = models[1]; })()`);
  await fall(0);
  await fallsTo(browser, before + 0.75 * WEIGHTS);
});

/** The browser may take a moment. */
async function fall(count) {
  for (let tries = 0; tries < 50 && page.workers().length > count; tries++) await page.waitForTimeout(100);
  assert.equal(page.workers().length, count);
}

for (const [name, options] of [
  ['without isolation', { headers: {} }],
  ['where the code for several is missing', { headers: ISOLATED, overrides: missing('node_modules/akio/dist/akio-threads.wasm') }],
]) {
  test(`${name} one thread answers`, async () => {
    const server = await serve(project, options);
    const { page } = await openPage(browser);
    await open(page, server);
    const seen = await page.evaluate(async () => {
      const { workers, akio } = await withWorkers({ store: false });
      const seen = [akio.threads, workers.length, await answer(akio, 'What is the capital of France?')];
      akio.terminate();
      return seen;
    });
    await page.close();
    await server.close();
    assert.deepEqual(seen.slice(0, 2), [1, 1]);
    assert.match(seen[2], /Paris/);
  });
}

function missing(name) {
  return { [name]: (_request, response) => response.writeHead(404).end() };
}

test('nothing went wrong unseen', () => assert.deepEqual(problems, []));
