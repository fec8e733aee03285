// The page in dist/web, in a real Chromium on the real model.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { answered, ask, lastAnswer, ready, settings } from './support/page.mjs';
import { sendFile, serve } from './support/server.mjs';

const site = join(import.meta.dirname, '../../dist/web');
const LONG_TEXT = 'The lighthouse keeper wrote down the weather of every single day. '.repeat(100);

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('first visit: progress, an answer, a second question, and nothing leaves the page', async (t) => {
  const { page, requests, problems, server } = await visit(t, { path: '/some/where/' });
  await recordProgress(page);
  await page.goto(server.url);
  await ready(page);

  const progress = await page.evaluate(() => globalThis.progressTexts);
  assert.ok(progress.some((text) => /^\d+\.\d of \d+\.\d MB( · |$)/.test(text)), progress.join('\n'));
  assert.match(await page.locator('#model').textContent(), /^SmolLM2-135M-Instruct · Apache-2\.0( · \d threads)?$/);

  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, 'What is the capital of France?');
  await answered(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
  assert.match(await page.locator('#meter-text').textContent(), /^\d+\.\d tokens\/s · \d+ of \d+ tokens$/);

  await settings(page, { max_tokens: 128 });
  await ask(page, 'Write a long story about that city.');
  const streamed = await watchAnswer(page);
  assert.ok(streamed.length > 3, `the answer came in ${streamed.length} pieces`);
  assert.equal(await page.locator('article').count(), 4);

  await page.getByRole('button', { name: 'New chat' }).click();
  assert.equal(await page.locator('article').count(), 0);
  assert.ok(await page.getByRole('heading', { name: 'An AI inside this page' }).isVisible());

  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url)), []);
  assert.deepEqual(problems, []);
});

test('stop while the answer streams keeps what came, and the chat goes on', async (t) => {
  const { page } = await loaded(t);
  await settings(page, { temperature: 0, max_tokens: 512 });
  await ask(page, 'Write a long story about the sea.');
  await page.waitForFunction(
    () => document.querySelector('article.assistant .text').textContent.length > 10,
  );
  assert.match(await page.locator('#meter-text').textContent(), /^\d+\.\d tokens\/s/, 'its speed is seen while it comes');
  await page.getByRole('button', { name: 'Stop' }).click();
  await answered(page);
  const text = await lastAnswer(page).textContent();
  assert.ok(text.length > 10);
  assert.equal(await page.locator('.assistant .remark').textContent(), 'Stopped.');
  await settings(page, { max_tokens: 8 });
  await ask(page, 'What is the capital of France?');
  await answered(page);
  assert.equal(await page.locator('article.assistant').first().locator('.text').textContent(), text);
  assert.equal(await page.locator('article').count(), 4);
});

test('stop while a long prompt is read gives the question back', async (t) => {
  const { page } = await loaded(t);
  await ask(page, LONG_TEXT);
  await page.getByText(/^Reading: \d+ of \d+ tokens$/).waitFor();
  const stopped = Date.now();
  await page.keyboard.press('Escape');
  await answered(page);
  assert.ok(Date.now() - stopped < 1000, 'stopping took too long');
  assert.equal(await page.locator('article').count(), 0);
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), LONG_TEXT.trim());

  await page.getByLabel('Message', { exact: true }).fill('');
  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, 'What is the capital of France?');
  await answered(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
});

test('a question asked while the model is loading is answered when it has arrived', async (t) => {
  const { page, server } = await visit(t);
  await page.goto(server.url);
  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, 'What is the capital of France?');
  await answered(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
});

test('stop while the model is loading gives the question back, and loading goes on', async (t) => {
  let arrive;
  const arrival = new Promise((resolve) => (arrive = resolve));
  const { page, server } = await visit(t, {
    overrides: { 'akio.wasm': (_, response, file) => arrival.then(() => sendFile(response, file)) },
  });
  await page.goto(server.url);
  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, 'What is the capital of France?');
  await page.getByRole('button', { name: 'Stop' }).click();
  await answered(page);
  assert.equal(await page.locator('article').count(), 0);
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), 'What is the capital of France?');
  assert.ok(await page.locator('#message').isHidden());

  arrive();
  await ready(page);
  assert.equal(await page.locator('article').count(), 0);
  await page.locator('#send').click();
  await answered(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
});

test('a prompt that does not fit is refused in words, and the question is kept', async (t) => {
  const { page } = await loaded(t);
  await ask(page, LONG_TEXT.repeat(10));
  const error = page.locator('#message');
  await error.waitFor();
  assert.match(await error.textContent(), /\d+ tokens/);
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), LONG_TEXT.repeat(10).trim());
});

test('settings out of range are pointed at before anything is sent', async (t) => {
  const { page } = await loaded(t);
  await settings(page, { temperature: 9 });
  await ask(page, 'Hello');
  assert.ok(await page.locator('[name=temperature]').evaluate((input) => input.matches(':focus')));
  assert.equal(await page.locator('article').count(), 0);
});

test('a server that names the wrong type does not matter', async (t) => {
  const { page, problems } = await loaded(t, {
    overrides: {
      'akio.wasm': (_, response, file) => sendFile(response, file, { type: 'application/octet-stream' }),
    },
  });
  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, 'What is the capital of France?');
  await answered(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
  assert.deepEqual(problems, []);
});

const damage = {
  'is missing': [(_, response) => response.writeHead(404).end(), /answered 404 for .*akio\.wasm/],
  'is a web page': [
    (_, response) => response.writeHead(200).end('<!doctype html><title>Welcome</title>'),
    /is a web page, not a WebAssembly module/,
  ],
  'is something else': [(_, response) => response.writeHead(200).end('{}'), /is not a WebAssembly module/],
  'is cut short': [
    (_, response, file) => sendFile(response, file, { bytes: 5_000_000 }),
    /is incomplete: it ends after 5\.0 MB/,
  ],
  'breaks off': [
    (_, response) => {
      response.writeHead(200, { 'Content-Length': 90_000_000 });
      response.write(Buffer.from('\0asm\x01\0\0\0', 'latin1'));
      setTimeout(() => response.destroy(), 200);
    },
    /stopped after 0\.0 MB/,
  ],
};

for (const [what, [respond, message]] of Object.entries(damage)) {
  test(`a module that ${what} is reported, and can be tried again`, async (t) => {
    let broken = true;
    const { page, server } = await visit(t, {
      overrides: {
        'akio.wasm': (request, response, file) =>
          broken ? respond(request, response, file) : sendFile(response, file),
      },
    });
    await page.goto(server.url);
    const alert = page.locator('#load-error');
    await alert.waitFor();
    assert.match(await alert.locator('p').textContent(), message);
    if (what === 'is missing') {
      broken = false;
      await page.getByRole('button', { name: 'Try again' }).click();
      await ready(page);
      assert.ok(await alert.isHidden());
    }
  });
}

/** A page and a server of its own, both gone after the test. */
async function visit(t, serverOptions, pageOptions) {
  const server = await serve(site, serverOptions);
  const opened = await openPage(browser, pageOptions);
  t.after(async () => {
    await opened.page.context().close();
    await server.close();
  });
  return { ...opened, server };
}

async function loaded(t, serverOptions, pageOptions) {
  const visited = await visit(t, serverOptions, pageOptions);
  await visited.page.goto(visited.server.url);
  await ready(visited.page);
  return visited;
}

/** The states of the answer as a person sees them. */
async function watchAnswer(page) {
  await page.evaluate(() => {
    globalThis.states = [];
    new MutationObserver(() => {
      const text = [...document.querySelectorAll('article.assistant .text')].at(-1)?.textContent ?? '';
      if (text !== globalThis.states.at(-1)) globalThis.states.push(text);
    }).observe(document.getElementById('messages'), { subtree: true, childList: true, characterData: true });
  });
  await answered(page);
  return page.evaluate(() => globalThis.states);
}

async function recordProgress(page) {
  await page.addInitScript(() => {
    globalThis.progressTexts = [];
    document.addEventListener('DOMContentLoaded', () => {
      const detail = document.getElementById('loading-detail');
      new MutationObserver(() => globalThis.progressTexts.push(detail.textContent)).observe(detail, {
        childList: true,
      });
    });
  });
}
