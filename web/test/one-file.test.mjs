// dist/akio.html, opened from the disk as by a double click, in a real Chromium and a real Firefox.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { RELAXED_SIMD_PROBE } from '../../dist/npm/dist/simd.js';
import { launch as launchChromium, openPage } from './support/chromium.mjs';
import { launch as launchFirefox } from './support/firefox.mjs';
import { addFiles, ask, openFromMenu, ready } from './support/page.mjs';

const file = pathToFileURL(join(import.meta.dirname, '../../dist/akio.html')).href;

test('in Chromium it answers, and asks nobody for anything', async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const { page, requests, problems } = await openPage(browser);
  await page.goto(file);
  assert.match(await answer(page), /Paris/);
  assert.deepEqual(requests.filter((url) => url !== file && !/^(blob|data):/.test(url)), []);
  assert.deepEqual(problems, []);
});

test('the agent works in it, and the page says that no file is kept', async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const { page, problems } = await openPage(browser);
  await page.goto(file);
  await ready(page);
  assert.equal(await addFiles(page, [join(import.meta.dirname, '../../examples/documents/lease.txt')]), 'lease.txt was added.');
  await ask(page, 'How high is the deposit for the flat?');
  await page.locator('.citations').waitFor({ timeout: 60_000 });
  assert.match(await page.locator('article.assistant .text').textContent(), /1,560\.00/);
  await openFromMenu(page, 'Your files');
  await page.getByText('they are gone when it is closed').waitFor();
  assert.equal(await page.locator('#file-list li').count(), 1);
  assert.deepEqual(problems, []);
});

test('in Firefox it answers', async (t) => {
  const browser = await launchFirefox();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(file);
  assert.match(await answer(page), /Paris/);
});

test('without relaxed SIMD it takes its other code', async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const { page } = await openPage(browser);
  // The worker is made from a text in the page; before it goes what refuses the probe for relaxed SIMD.
  await page.addInitScript((probe) => {
    const { Blob } = globalThis;
    globalThis.Blob = class extends Blob {
      constructor(parts, options) {
        super([`WebAssembly.validate = ({ length }) => length !== ${probe};`, ...parts], options);
      }
    };
  }, RELAXED_SIMD_PROBE.length);
  await page.goto(file);
  assert.match(await answer(page), /Paris/);
});

/** Asks while the model is still being unpacked: that is what a person can do too. */
async function answer(page) {
  await page.waitForSelector('#prompt');
  await page.type('#prompt', 'What is the capital of France? Answer in one sentence.');
  await page.keyboard.press('Enter');
  const text = await page.waitForFunction(
    () => {
      const answer = document.querySelector('article.assistant .text')?.textContent ?? '';
      const isOver = document.querySelector('#stop').hidden;
      return isOver && answer !== '' && answer;
    },
    undefined,
    { timeout: 120_000 },
  );
  return text.jsonValue();
}
