// Pages that `akio embed` makes around another model, the tiny one, in a real Chromium.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { launch, launchProfile, openPage, watchedPage } from './support/chromium.mjs';
import { answer, ready, settings } from './support/page.mjs';
import { serve } from './support/server.mjs';
import { withoutRelaxedSimd } from './support/simd.mjs';

const root = join(import.meta.dirname, '../..');
const dist = (name) => join(root, 'dist', name);
const TINY = 'Tiny · MIT OR Apache-2.0';

let folder, site, file;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'akio-embed-'));
  [site, file] = ['site', 'tiny.html'].map((name) => join(folder, name));
  const tiny = [join(root, 'models/tiny/tiny.gguf'), '--name', 'Tiny', '--notice', join(root, 'LICENSE-MIT')];
  await embed(...tiny, '-o', site, '--web', dist('web'));
  await embed(...tiny, '-o', file, '--html', dist('akio.html'));
});
after(() => rm(folder, { recursive: true }));

test('the site opens, answers, and does both without a network too', async (t) => {
  const server = await serve(site);
  const context = await launchProfile(join(folder, 'profile'));
  t.after(async () => {
    await context.close();
    await server.close();
  });
  const { page, requests, problems } = await watchedPage(context);
  await page.goto(server.url);
  await chats(page);
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url)), []);
  assert.deepEqual(problems, []);
  // What the service worker keeps has the hashes that it expects, or it would not be there.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await server.close();
  await page.reload();
  await chats(page);
  await page.goto(`${server.url}NOTICE.txt`);
  const notice = await page.textContent('body');
  for (const [words, isThere] of [['akio', true], ['Faker', true], ['SmolLM2', false]]) {
    assert.equal(notice.includes(words), isThere, words);
  }
});

test('without relaxed SIMD the site takes its other code', async (t) => {
  const worker = (await readdir(site)).find((name) => /^worker-.*\.js$/.test(name));
  const server = await serve(site, { overrides: withoutRelaxedSimd(worker) });
  const browser = await launch();
  t.after(() => Promise.all([browser.close(), server.close()]));
  const { page, problems } = await openPage(browser, { serviceWorkers: 'block' });
  await page.goto(server.url);
  await chats(page);
  assert.deepEqual(problems.filter((problem) => !/service ?worker/i.test(problem)), []);
});

test('the one file answers from the disk', async (t) => {
  const browser = await launch();
  t.after(() => browser.close());
  const { page, problems } = await openPage(browser);
  await page.goto(pathToFileURL(file).href);
  await chats(page);
  assert.deepEqual(problems, []);
});

test('the model of the build, put back, gives the files of the build', async () => {
  const [back, backFile] = ['back', 'back.html'].map((name) => join(folder, name));
  await embed(dist('akio.wasm'), '-o', back, '--web', site);
  await embed(dist('akio.wasm'), '-o', backFile, '--html', file);
  const isAsBuilt = async (made, built) => assert.ok((await readFile(made)).equals(await readFile(built)), made);
  await isAsBuilt(backFile, dist('akio.html'));
  const built = JSON.parse(await readFile(dist('web/editions.json'), 'utf8'));
  // Of several editions only the one that is replaced goes along.
  if (built.length > 1) return;
  const names = await readdir(dist('web'));
  assert.deepEqual(await readdir(back), names);
  for (const name of names) await isAsBuilt(join(back, name), dist(`web/${name}`));
});

function embed(...args) {
  return promisify(execFile)(dist('akio'), ['embed', ...args]);
}

async function chats(page) {
  await ready(page);
  await page.locator('#model').filter({ hasText: TINY }).waitFor();
  assert.match(await page.locator('#model-file').textContent(), /^one file of \d MB under the licence MIT OR Apache-2\.0$/);
  await settings(page, { temperature: 0, max_tokens: 8 });
  assert.notEqual(await answer(page, 'What is the capital of France?'), '');
}
