// Several models in one page, workers that are lost, and what is left of the memory, in Chromium.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { fallsTo, megabytes } from './support/memory.mjs';
import { projectFrom } from './support/project.mjs';
import { serve } from './support/server.mjs';

const FRANCE = { messages: [{ role: 'user', content: 'What is the capital of France?' }], temperature: 0, max_tokens: 16 };
const STORY = { messages: [{ role: 'user', content: 'Tell me a long story about a ship.' }], max_tokens: 512 };
/** Megabytes of one model. */
const WEIGHTS = 96;

const project = await projectFrom(join(import.meta.dirname, 'sessions'));
let server;
let browser;
let page;
let problems;
before(async () => {
  server = await serve(project);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.url);
  await page.evaluate(async () => Object.assign(globalThis, await import('akio')));
});
after(() => Promise.all([browser.close(), server.close()]));

test('two models answer side by side, and each gives its memory back', async () => {
  const before = await megabytes(browser);
  const answers = await page.evaluate(async (request) => {
    globalThis.answer = async (akio) => (await akio.chat.completions.create(request)).choices[0].message.content;
    globalThis.models = await Promise.all([Akio.load(), Akio.load()]);
    return Promise.all(models.map(answer));
  }, FRANCE);
  const both = await megabytes(browser);
  assert.ok(both - before > 2 * WEIGHTS, `two hold their weights: ${before}, then ${both} MB`);
  answers.push(await page.evaluate(() => (models[0].terminate(), answer(models[1]))));
  await fallsTo(browser, both - WEIGHTS);
  await page.evaluate(() => models[1].terminate());
  // What stays is code and the heap of the page, not the weights of either.
  await fallsTo(browser, before + 0.75 * WEIGHTS);
  for (const text of answers) assert.match(text, /Paris/);
});

test('await using ends the worker', async () => {
  // As text: Node 20 cannot read it.
  const code = await page.evaluate(`(async () => {
    let left;
    {
      await using akio = await Akio.load();
      left = akio;
    }
    return left.countTokens('a').catch(({ code }) => code);
  })()`);
  assert.equal(code, 'terminated');
});

test('a lost worker is reported, and started again; who holds the conversation goes on with it', async () => {
  const seen = await page.evaluate(
    async ([story, france]) => {
      let worker;
      const lost = [];
      const url = new URL('./node_modules/akio/dist/worker.js', location.href);
      const akio = await Akio.load({
        worker: () => (worker = new Worker(url, { type: 'module' })),
        onLost: ({ code }) => lost.push(code),
      });
      const failure = (promise) => promise.then(() => 'answered', ({ code }) => code);
      const seen = { lost, fault: [akio.fault] };
      // While it answers.
      const stream = await akio.chat.completions.create({ ...story, stream: true });
      await stream.next();
      worker.terminate();
      seen.answering = await failure((async () => { for await (const _ of stream); })());
      seen.later = await failure(akio.countTokens('a'));
      seen.fault.push(akio.fault?.code);
      await Promise.all([akio.restart(), akio.restart()]);
      seen.fault.push(akio.fault);
      const first = await akio.chat.completions.create(france);
      // While it has nothing to do.
      worker.terminate();
      while (!akio.fault) await new Promise((resolve) => setTimeout(resolve, 10));
      await akio.restart();
      const { content } = first.choices[0].message;
      const messages = [...france.messages, { role: 'assistant', content }, { role: 'user', content: 'Repeat the name of that city.' }];
      const second = await akio.chat.completions.create({ ...france, messages });
      seen.answers = [content, second.choices[0].message.content];
      akio.terminate();
      seen.end = await failure(akio.countTokens('a'));
      return seen;
    },
    [STORY, FRANCE],
  );
  const { answers, fault, ...rest } = seen;
  assert.deepEqual(rest, {
    lost: ['worker_failed', 'worker_failed'],
    answering: 'worker_failed',
    later: 'worker_failed',
    end: 'terminated',
  });
  assert.deepEqual(fault.map((code) => code ?? null), [null, 'worker_failed', null]);
  for (const text of answers) assert.match(text, /Paris/);
});

test('a restart can be given up, and handed-over bytes are asked for', async () => {
  const codes = await page.evaluate(async () => {
    const failure = (promise) => promise.then(() => 'restarted', (error) => (error instanceof DOMException ? error.name : error.code));
    const bytes = () => fetch('./node_modules/akio/dist/akio.wasm').then((response) => response.arrayBuffer());
    const akio = await Akio.load({ wasm: await bytes() });
    const codes = [await failure(akio.restart())];
    codes.push(await akio.countTokens(''));
    await akio.restart({ wasm: await bytes() });
    codes.push(await akio.countTokens(''));
    const controller = new AbortController();
    const restarting = failure(akio.restart({ wasm: './node_modules/akio/dist/akio.wasm', signal: controller.signal }));
    controller.abort();
    codes.push(await restarting, akio.fault.code);
    const ended = failure(akio.restart({ wasm: './node_modules/akio/dist/akio.wasm' }));
    akio.terminate();
    codes.push(await ended);
    return codes;
  });
  assert.deepEqual(codes, ['bad_request', 0, 0, 'AbortError', 'terminated', 'terminated']);
});

test('nothing went wrong unseen', () => assert.deepEqual(problems, []));
