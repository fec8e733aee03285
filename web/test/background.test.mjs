// The page in dist/web in a tab behind another one, which the browser neither draws nor gives much time: in a real
// Chromium and a real Firefox.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { launchTabs as chromium } from './support/chromium.mjs';
import { launch as firefox } from './support/firefox.mjs';
import { serve } from './support/server.mjs';

const site = join(import.meta.dirname, '../../dist/web');
/** Not by frames, of which there are none behind. */
const patient = { polling: 100, timeout: 120_000 };

for (const [name, launch] of Object.entries({ Chromium: chromium, Firefox: firefox })) {
  test(`in ${name} an answer is written to its end behind another tab, and is all there afterwards`, async (t) => {
    const server = await serve(site);
    const browser = await launch();
    t.after(() => Promise.all([browser.close(), server.close()]));
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'ready' in document.documentElement.dataset, patient);
    await page.evaluate(() => {
      document.querySelector('[name=temperature]').value = '0';
      document.querySelector('[name=max_tokens]').value = '160';
    });
    await page.type('#prompt', 'Write a long story about the sea.');
    await page.keyboard.press('Enter');
    const length = () => document.querySelector('article.assistant .text')?.textContent.length ?? 0;
    await page.waitForFunction(`(${length})() > 10`, patient);

    const other = await browser.newPage();
    await other.bringToFront();
    assert.equal(await page.evaluate(() => document.visibilityState), 'hidden');
    assert.equal(await page.$eval('#stop', ({ hidden }) => hidden), false, 'it is still being written');
    await page.waitForFunction(() => document.querySelector('#stop').hidden, patient);
    await page.bringToFront();
    await page.waitForFunction(`(${length})() > 300`, patient);
    const shown = () => page.$eval('article.assistant', ({ innerText }) => innerText);
    const text = await shown();
    assert.match(text, /The answer was cut at its limit\./);
    // As it was kept.
    await page.reload();
    await page.waitForSelector('article.assistant .remark');
    assert.equal(await shown(), text);
  });
}
