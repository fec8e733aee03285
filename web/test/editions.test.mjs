// A second model on the page, in a real Chromium: the choice, the way back, and what a device may lack. The second
// one is tiny; on the real larger one only `cargo xtask test --full` chats.

import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, launchProfile, openPage } from './support/chromium.mjs';
import { pageWithTiny, withMemory } from './support/editions.mjs';
import { answer, ask, lastAnswer, ready, settings } from './support/page.mjs';
import { sendFile, serve } from './support/server.mjs';
import { withoutRelaxedSimd, withoutSimd } from './support/simd.mjs';

const site = join(import.meta.dirname, '../../dist/web');
const FRANCE = 'What is the capital of France?';
const TINY = 'Tiny · MIT OR Apache-2.0';
const SMOLLM2 = 'SmolLM2-135M-Instruct · Apache-2.0';

const built = JSON.parse(await readFile(join(site, 'editions.json'), 'utf8'));
const worker = (await readdir(site)).find((name) => /^worker-.*\.js$/.test(name));

let folder, browser;
before(async () => {
  folder = await pageWithTiny();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

test('editions.json says what the modules beside it hold', async () => {
  assert.equal(built[0].name, 'akio');
  for (const { name, model, license, sha256, published } of built) {
    const module = await readFile(join(site, `${name}.wasm`));
    assert.ok(published.bytes <= module.length && published.bytes > 0.9 * module.length);
    for (const text of [model, license, Buffer.from(sha256, 'hex')]) assert.ok(module.includes(text), `${name}: ${text}`);
  }
});

test('with one model there is nothing to choose', { skip: built.length > 1 }, async (t) => {
  const { page } = await visit(t, { site });
  await ready(page);
  await page.keyboard.press('Control+,');
  await page.locator('#settings-form').waitFor();
  assert.ok(await page.locator('#editions').isHidden());
});

test('another model is downloaded when it is chosen, both stay stored, and the conversation goes on', async (t) => {
  const asked = [];
  const noted = (request, response, file) => {
    asked.push(new URL(request.url, 'http://localhost').pathname);
    return sendFile(response, file, { range: request.headers.range });
  };
  const { page, server, problems } = await visit(t, { overrides: { 'akio.wasm': noted, 'akio-tiny.wasm': noted } });
  await ready(page);
  assert.deepEqual(asked, ['/akio.wasm'], 'nothing else is downloaded before it is chosen');
  await settings(page, { temperature: 0, max_tokens: 16 });
  assert.match(await answer(page, FRANCE), /Paris/);

  const other = await choice(page, 'Tiny');
  assert.match(await other.textContent(), /\d MB to download\./);
  assert.match(await (await choice(page, 'SmolLM2')).textContent(), /\d\d+ MB, stored on this device\. .* MB of memory .* tokens a second\.In use$/);
  await other.getByRole('button', { name: 'Download and use it: Tiny' }).click();
  await model(page, TINY);
  assert.equal(await page.locator('article').count(), 2);
  await settings(page, { max_tokens: 8 });
  assert.notEqual(await answer(page, 'And of Italy?'), '');
  assert.equal(await page.locator('article').count(), 4);
  assert.match(await page.locator('#model-file').textContent(), /^one file of \d MB under the licence MIT OR Apache-2\.0$/);

  // The choice holds, and needs no network.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await server.close();
  await page.reload();
  await model(page, TINY);
  assert.equal(await page.locator('article').count(), 4);
  await (await choice(page, 'SmolLM2')).getByRole('button', { name: 'Use it: SmolLM2-135M-Instruct' }).click();
  await model(page, SMOLLM2);
  await settings(page, { temperature: 0, max_tokens: 16 });
  assert.match(await answer(page, FRANCE), /Paris/);
  assert.deepEqual(asked, ['/akio.wasm', '/akio-tiny.wasm']);
  assert.deepEqual(problems, []);

  // Each can be deleted by itself.
  await page.getByRole('button', { name: 'On this device' }).click();
  const rows = page.locator('#storage-rows');
  await rows.getByText('Tiny').waitFor();
  assert.match(await rows.textContent(), /SmolLM2-135M-Instruct\d\d+\.\d MB DeleteTiny\d\.\d MB Delete/);
  await rows.getByRole('button', { name: 'Delete Tiny from this device' }).click();
  await rows.getByText('The model').waitFor();
  assert.match(await rows.textContent(), /^The model\d\d+\.\d MB\d/);
  await page.keyboard.press('Escape');
  await (await choice(page, 'Tiny')).getByText(/\d MB to download/).waitFor();
});

test('deleting everything takes all models and the choice with it', async (t) => {
  const { page, server } = await visit(t);
  await ready(page);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await model(page, TINY);
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByRole('button', { name: 'Delete everything stored' }).click();
  await page.getByRole('button', { name: 'Delete everything', exact: true }).click();
  await page.getByText('Nothing is stored any more.').waitFor();
  assert.deepEqual(await page.evaluate(async () => [await akioStores(), Object.keys(localStorage)]), [[], []]);
  await page.goto(server.url);
  await model(page, SMOLLM2);
});

test('an answer in progress is written to its end by the model that began it', async (t) => {
  const { page } = await visit(t);
  await ready(page);
  await settings(page, { temperature: 0, max_tokens: 200 });
  await ask(page, 'Write a story about the sea.');
  await page.waitForFunction(() => document.querySelector('article.assistant .text').textContent.length > 10);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  const length = (await lastAnswer(page).textContent()).length;
  await model(page, TINY);
  assert.ok((await lastAnswer(page).textContent()).length > length + 100);
  assert.notEqual(await page.locator('.assistant .remark').textContent(), 'Stopped.');
});

test('a model that cannot be downloaded can be tried again, or another one chosen', async (t) => {
  let missing = true;
  const { page } = await visit(t, {
    overrides: { 'akio-tiny.wasm': (_, response, file) => (missing ? response.writeHead(404).end() : sendFile(response, file)) },
  });
  await ready(page);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await page.getByText(/answered 404 for .*akio-tiny\.wasm/).waitFor();
  // A question waits for whatever model there will be.
  await settings(page, { temperature: 0, max_tokens: 16 });
  await ask(page, FRANCE);
  await (await choice(page, 'SmolLM2')).getByRole('button').click();
  await page.getByText(/Paris/).first().waitFor();
  await model(page, SMOLLM2);
  assert.ok(await page.locator('#load-error').isHidden());

  await (await choice(page, 'Tiny')).getByRole('button').click();
  await page.getByText(/answered 404/).waitFor();
  missing = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await model(page, TINY);
});

test('what is damaged on the way is not run', async (t) => {
  const { page } = await visit(t, {
    overrides: {
      async 'akio-tiny.wasm'(_, response, file) {
        const module = await readFile(file);
        module[1_000_000] ^= 1;
        response.end(module);
      },
    },
  });
  await ready(page);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await page.getByText(/the code in .*akio-tiny\.wasm .* is not what was published/).waitFor();
});

test('where the memory does not suffice this is said, and the smaller model comes back', async (t) => {
  // More than this browser gives: it refuses, as one does on a device without the memory.
  const greedy = await pageWithTiny((module) => withMemory(module, 30_000));
  const server = await serve(greedy);
  const profile = await mkdtemp(join(tmpdir(), 'akio-profile-'));
  const context = await launchProfile(profile, {}, ['--js-flags=--wasm-max-mem-pages=20000']);
  t.after(async () => {
    await context.close();
    await server.close();
    for (const folder of [greedy, profile]) await rm(folder, { recursive: true });
  });
  // With several threads it would not be this module that makes the memory.
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 1 }));
  const page = await context.newPage();
  await page.goto(server.url);
  await ready(page);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await page.getByText(/^Tiny did not start, so the smaller model is used again: not enough memory for the model/).waitFor();
  await model(page, SMOLLM2);
  await settings(page, { temperature: 0, max_tokens: 16 });
  assert.match(await answer(page, FRANCE), /Paris/);
  await page.reload();
  await model(page, SMOLLM2);
  assert.ok(await page.locator('#message').isHidden());
});

test('a page that the browser has ended while it loaded a larger model comes back with the smaller one', async (t) => {
  const { page } = await visit(t, { overrides: { 'akio-tiny.wasm': () => {} } });
  await ready(page);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await page.getByText('Downloading the model').waitFor();
  // To leave the page is no such end.
  await page.reload();
  await page.getByText('Downloading the model').waitFor();
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await crashed;
  // For Playwright such a page is lost, for a person it is loaded again.
  await session.send('Page.reload');
  const text = (id) => session.send('Runtime.evaluate', { expression: `document.getElementById('${id}')?.textContent` });
  const says = async (id, expected) => {
    let value;
    for (let tries = 100; tries > 0 && !value?.startsWith(expected); tries--) {
      ({ value } = (await text(id).catch(() => ({ result: {} }))).result);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(value?.startsWith(expected), value);
  };
  await says('message-text', 'Tiny did not start, so the smaller model is used again: the browser has ended the page.');
  await says('model', SMOLLM2);
});

const devices = [
  [{ memory: 0.5 }, [/has 0\.5 GB of memory, and with less than 2 GB the model may not start/]],
  [{ memory: undefined }, [/does not say how much memory there is/]],
  [{ memory: 8, room: 1e6 }, [/no room to store it/]],
  [{ memory: 8 }, []],
];
for (const [{ memory, room }, expected] of devices) {
  test(`a device with ${memory ?? 'unknown'} GB of memory${room ? ' and no room' : ''} is warned, and not refused`, async (t) => {
    const { page, open } = await visit(t, { stay: true });
    // What no protocol can set: Chromium states the same quota for every disk.
    await page.addInitScript(
      ([memory, quota]) => {
        Object.defineProperty(Navigator.prototype, 'deviceMemory', { configurable: true, get: () => memory ?? undefined });
        if (quota) StorageManager.prototype.estimate = async () => ({ quota, usage: 0 });
      },
      [memory, room],
    );
    await open();
    await ready(page);
    const card = await choice(page, 'Tiny');
    const notes = await card.locator('.note').allTextContents();
    assert.equal(notes.length, expected.length, notes.join());
    for (const [i, pattern] of expected.entries()) assert.match(notes[i], pattern);
    await card.getByRole('button').click();
    await model(page, TINY);
  });
}

test('without relaxed SIMD each model has its own code', async (t) => {
  const { page } = await visit(t, {
    overrides: withoutRelaxedSimd(worker),
    context: { serviceWorkers: 'block' },
  });
  await ready(page);
  await settings(page, { temperature: 0, max_tokens: 16 });
  assert.match(await answer(page, FRANCE), /Paris/);
  await (await choice(page, 'Tiny')).getByRole('button').click();
  await model(page, TINY);
  assert.notEqual(await answer(page, 'And of Italy?'), '');
});

test('without SIMD the page says what to do, and downloads nothing', async (t) => {
  let requests = 0;
  const { page } = await visit(t, {
    overrides: { ...withoutSimd(worker), 'akio.wasm': (_, response) => void (requests++, response.end()) },
    context: { serviceWorkers: 'block' },
  });
  const alert = page.locator('#load-error');
  await alert.waitFor();
  assert.match(await alert.textContent(), /akio needs WebAssembly SIMD, as in Chrome 116.*Update this browser, or open the page in another one\./s);
  assert.ok(await page.getByRole('button', { name: 'Try again' }).isHidden());
  assert.equal(requests, 0);
});

test(
  'the larger model of the build answers, and the smaller one after it',
  { skip: !process.env.AKIO_TEST_FULL || built.length < 2 },
  async (t) => {
    const { page } = await visit(t, { site });
    await ready(page);
    await settings(page, { temperature: 0, max_tokens: 24 });
    assert.match(await answer(page, FRANCE), /Paris/);
    await (await choice(page, 'Qwen2.5')).getByRole('button', { name: /^Download and use it/ }).click();
    await model(page, /^Qwen2\.5-Coder-0\.5B-Instruct · Apache-2\.0$/);
    assert.match(await answer(page, 'And of Italy?'), /Rome/);
    await page.reload();
    await model(page, /^Qwen/);
    await (await choice(page, 'SmolLM2')).getByRole('button', { name: /^Use it/ }).click();
    await model(page, SMOLLM2);
    assert.equal(await page.locator('article').count(), 4);
    await settings(page, { temperature: 0, max_tokens: 24 });
    assert.match(await answer(page, FRANCE), /Paris/);
  },
);

/** A page and a server of its own, both gone after the test; with `stay` the page is opened by `open`. */
async function visit(t, { site = folder, overrides, context, stay } = {}) {
  const server = await serve(site, { overrides });
  const opened = await openPage(browser, context);
  await opened.page.addInitScript(() => {
    globalThis.akioStores = async () => {
      const names = [];
      const root = await navigator.storage.getDirectory();
      for await (const name of (await root.getDirectoryHandle('akio', { create: true })).keys()) names.push(name);
      return names;
    };
  });
  t.after(async () => {
    await opened.page.context().close();
    await server.close();
  });
  const open = () => opened.page.goto(server.url);
  if (!stay) await open();
  return { ...opened, server, open };
}

/** Opens the settings at the model whose name begins like this. */
async function choice(page, name) {
  await page.evaluate(() => document.querySelector('dialog[open]')?.close());
  await page.keyboard.press('Control+,');
  const card = page.locator('#edition-list li').filter({ has: page.locator('strong', { hasText: name }) });
  await card.waitFor();
  return card;
}

/** Waits until this model is the one that answers. */
async function model(page, name) {
  await page.locator('#model').filter({ hasText: name }).waitFor({ timeout: 120_000 });
  await page.locator('#loading').waitFor({ state: 'hidden' });
}
