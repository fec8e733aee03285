// Takes the pictures in docs/screenshots from dist/web: desktop and phone, light and dark.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { launch } from './test/support/chromium.mjs';
import { serve } from './test/support/server.mjs';

const root = join('/work/main/web', '..');
const folder = '/root/scratch/shots';
const desktop = { viewport: { width: 1100, height: 760 } };
const phone = { viewport: { width: 360, height: 720 }, deviceScaleFactor: 2, hasTouch: true };

const shots = [
  { name: 'desktop-light', ...desktop, colorScheme: 'light', after: 'answer' },
  { name: 'desktop-dark', ...desktop, colorScheme: 'dark', after: 'answer' },
  { name: 'phone-light', ...phone, colorScheme: 'light', after: 'welcome' },
  { name: 'phone-dark', ...phone, colorScheme: 'dark', after: 'settings' },
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
    await page.locator('html[data-ready]').waitFor();
  },
  async answer(page) {
    await this.welcome(page);
    await page.locator('[name=temperature]').evaluate((input) => (input.value = '0'));
    await ask(page, 'What is the capital of France?');
    await ask(page, 'Write one sentence about the sea.');
  },
  async settings(page) {
    await this.answer(page);
    await page.getByText('Settings').click();
  },
};

async function ask(page, question) {
  await page.getByLabel('Message').fill(question);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await page.getByRole('button', { name: 'Send' }).waitFor();
}

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
