// The page of dist/web, with a tiny second model, in a real Firefox: the engine, the storage and the service worker are
// others there.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { pageWithTiny } from './support/editions.mjs';
import { launch } from './support/firefox.mjs';
import { serve } from './support/server.mjs';

const QUESTION = 'What is the capital of France?';

let site;
let browser;
let server;
let page;
before(async () => {
  site = await pageWithTiny();
  browser = await launch();
  server = await serve(site);
  page = await browser.newPage();
});
after(async () => {
  await browser?.close();
  await server?.close();
  await rm(site, { recursive: true });
});

test('first visit: the model arrives, and an answer streams', async () => {
  await page.goto(server.url);
  await ready();
  assert.equal(await page.evaluate(() => crossOriginIsolated), true);
  const threads = await page.evaluate(() => Math.min(navigator.hardwareConcurrency, 8));
  const shown = await page.$eval('#model', (model) => model.textContent);
  if (threads > 1) assert.match(shown, new RegExp(` · ${threads} threads$`));
  assert.match(await ask(QUESTION, { temperature: 0, max_tokens: 24 }), /Paris/);
});

test('the message field grows with its lines', async () => {
  const height = () => page.$eval('#prompt', ({ clientHeight }) => clientHeight);
  const before = await height();
  await page.type('#prompt', 'One');
  await page.keyboard.down('Shift');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Shift');
  assert.ok((await height()) > 2 * before, `${before}, ${await height()}`);
  await page.$eval('#prompt', (prompt) => {
    prompt.value = '';
    prompt.dispatchEvent(new Event('input'));
  });
});

test('stop while an answer streams keeps what came', async () => {
  await settings({ temperature: 0, max_tokens: 512 });
  await send('Write a long story about the sea.');
  await page.waitForFunction(() => {
    const answers = document.querySelectorAll('article.assistant .text');
    return answers.length === 2 && answers[1].textContent.length > 10;
  });
  const before = await page.$eval('#stop', (stop) => stop.hidden);
  assert.equal(before, false);
  await page.click('#stop');
  await page.waitForSelector('#stop[hidden]', { hidden: true, timeout: 2000 });
  assert.ok((await lastAnswer()).length > 10);
});

test('stop while a long prompt is read gives the question back', async () => {
  const question = 'The lighthouse keeper wrote down the weather of every single day. '.repeat(100).trim();
  await page.$eval('#prompt', (prompt, question) => (prompt.value = question), question);
  await page.focus('#prompt');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /^Reading: \d+ of/.test(document.querySelector('#status').textContent));
  await page.click('#stop');
  await page.waitForFunction(() => document.querySelector('#stop').hidden, { timeout: 2000 });
  assert.equal(await page.$eval('#prompt', ({ value }) => value), question);
  assert.equal((await page.$$('article')).length, 4);
  await page.$eval('#prompt', (prompt) => (prompt.value = ''));
});

test('another model is chosen with a warning, answers, and the first one comes back from what is stored', async () => {
  const choose = async (name, note) => {
    await page.click('[data-opens=settings]');
    const isNoted = (name, note) =>
      [...document.querySelectorAll('#edition-list li')].some(
        ({ textContent }) => textContent.startsWith(name) && new RegExp(note).test(textContent),
      );
    await page.waitForFunction(isNoted, { timeout: 5000 }, name, note.source);
    // The list is drawn anew when it is known what the device has; a locator looks again.
    await page.locator(`::-p-xpath(//ul[@id="edition-list"]/li[strong[starts-with(., "${name}")]]//button)`).click();
    await page.waitForFunction((name) => document.querySelector('#model').textContent.startsWith(name), {}, name);
    await ready();
  };
  await choose('Tiny', /does not say how much memory there is/);
  assert.notEqual(await ask(QUESTION, { temperature: 0, max_tokens: 8 }), '');
  await choose('SmolLM2', /stored on this device/);
  // Without what the tiny one has said.
  await page.click('#sidebar .new-chat');
  assert.match(await ask(QUESTION, { temperature: 0, max_tokens: 24 }), /Paris/);
});

test('files are asked, and stay over a reload; a task asks before it writes one', async () => {
  const chooser = await page.$('#file');
  await chooser.uploadFile(join(import.meta.dirname, '../../examples/documents/lease.txt'));
  await page.waitForFunction(() => document.querySelector('#message-text').textContent === 'lease.txt was added.');
  await send('How high is the deposit for the flat?');
  await page.waitForSelector('.citations button', { timeout: 60_000 });
  assert.match(await lastAnswer(), /1,560\.00/);
  await page.click('.citations button');
  await page.waitForFunction(() => document.querySelectorAll('.marked').length === 2);
  await page.keyboard.press('Escape');
  await page.reload();
  await ready();
  await page.waitForFunction(() => document.querySelector('#files-line').textContent === 'lease.txt');

  await page.$eval('[name=tools][value=write_file]', (box) => box.click());
  await page.$eval('#mode [value=task]', (radio) => radio.click());
  await send('Create a file new.txt that says: call Ann');
  await page.waitForSelector('.approval', { timeout: 60_000 });
  await page.waitForFunction(() => document.activeElement.className === 'approval');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#files-line').textContent === '2 files');
  await page.$eval('#mode [value=chat]', (radio) => radio.click());
});

test('with the server stopped the page opens and answers', async () => {
  // The service worker keeps the page's files, the private file system of the origin the model.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await server.close();
  server = undefined;
  await page.reload();
  await ready();
  assert.match(await ask(QUESTION, { temperature: 0, max_tokens: 24 }), /Paris/);
});

async function ready() {
  await page.waitForFunction(
    () => document.querySelector('#model').textContent !== '' && document.querySelector('#loading').hidden,
    { timeout: 120_000 },
  );
}

/** Fills in the settings by their names. */
async function settings(values) {
  await page.evaluate((values) => {
    for (const [name, value] of Object.entries(values)) {
      const field = document.querySelector(`#settings-form [name="${name}"]`);
      field.value = String(value);
      field.dispatchEvent(new Event('input', { bubbles: true }));
      field.dispatchEvent(new Event('change', { bubbles: true }));
    }
  }, values);
}

async function send(text) {
  await page.type('#prompt', text);
  await page.keyboard.press('Enter');
}

async function ask(text, values) {
  await settings(values);
  const { length } = await page.$$('article');
  await send(text);
  await page.waitForFunction(
    (length) => document.querySelectorAll('article').length > length && document.querySelector('#stop').hidden,
    { timeout: 60_000 },
    length,
  );
  return lastAnswer();
}

function lastAnswer() {
  return page.$$eval('article.assistant .text', (answers) => answers.at(-1).textContent);
}
