// Takes the pictures in docs/screenshots from dist/web: desktop and phone, light and dark.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { launch } from './test/support/chromium.mjs';
import { answer, ready, settings } from './test/support/page.mjs';
import { serve } from './test/support/server.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/screenshots');
const desktop = { viewport: { width: 1200, height: 780 } };
const phone = { viewport: { width: 360, height: 720 }, deviceScaleFactor: 2, hasTouch: true };

const shots = [
  { name: 'desktop-light', ...desktop, colorScheme: 'light', after: 'answers' },
  { name: 'desktop-dark', ...desktop, colorScheme: 'dark', after: 'answers' },
  { name: 'privacy', ...desktop, colorScheme: 'light', after: 'privacy' },
  { name: 'settings', ...desktop, colorScheme: 'dark', after: 'settings' },
  { name: 'phone-light', ...phone, colorScheme: 'light', after: 'welcome' },
  { name: 'phone-dark', ...phone, colorScheme: 'dark', after: 'answers' },
  { name: 'phone-list', ...phone, colorScheme: 'light', after: 'list' },
  { name: 'loading', ...desktop, colorScheme: 'light', after: 'loading' },
];

/** What a person did before the picture was taken. */
const prepare = {
  async loading(page) {
    await page.goto(server.url, { waitUntil: 'commit' });
    await page.waitForFunction(() => document.querySelector('progress').value > 2e7);
  },
  async welcome(page) {
    await page.goto(server.url);
    await ready(page);
  },
  async answers(page) {
    await this.welcome(page);
    await settings(page, { temperature: 0, max_tokens: 160 });
    for (const question of ['Why is the sky blue?', 'Write one sentence about the sea.', 'What is a lighthouse?']) {
      await answer(page, question);
      await page.keyboard.press('Control+Shift+O');
    }
    await answer(page, 'What is the capital of France?');
    await answer(page, 'Give me three tips for learning a language.');
    // What is shown when the pointer is there would hide what is always shown.
    await page.mouse.move(0, 0);
  },
  async list(page) {
    await this.answers(page);
    await page.getByRole('button', { name: 'Open the list of conversations' }).click();
  },
  async settings(page) {
    await this.answers(page);
    await page.reload();
    await ready(page);
    await page.keyboard.press('Control+,');
  },
  async privacy(page) {
    await this.answers(page);
    await page.getByRole('button', { name: 'On this device' }).click();
    await page.getByRole('button', { name: 'Try to send something' }).click();
    await page.getByText('Refused by the browser').waitFor();
    await page.locator('#storage-rows tr').first().waitFor();
  },
};

await mkdir(folder, { recursive: true });
const server = await serve(join(root, 'dist/web'));
const browser = await launch();
try {
  for (const { name, after, ...options } of shots) {
    const page = await browser.newPage(options);
    await prepare[after](page);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}
