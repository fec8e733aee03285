// Takes the pictures in docs/screenshots from dist/web: desktop and phone, light and dark. Names of some take these alone.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { launch } from './test/support/chromium.mjs';
import { addFiles, allowTools, answer, answered, ask, choose, openFromMenu, ready, settings } from './test/support/page.mjs';
import { serve } from './test/support/server.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/screenshots');
const documents = ['lease.txt', 'nebenkosten.txt', 'boiler.md'].map((name) => join(root, 'examples/documents', name));
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
  { name: 'files', ...desktop, colorScheme: 'light', after: 'passage' },
  { name: 'agent', ...desktop, colorScheme: 'light', after: 'approval' },
  { name: 'agent-dark', ...desktop, colorScheme: 'dark', after: 'steps' },
  { name: 'table', ...desktop, colorScheme: 'light', after: 'table' },
  { name: 'phone-files', ...phone, colorScheme: 'light', after: 'cited' },
  { name: 'phone-agent', ...phone, colorScheme: 'dark', after: 'approval' },
  { name: 'phone-table', ...phone, colorScheme: 'light', after: 'fields' },
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
  async cited(page) {
    await this.welcome(page);
    await addFiles(page, documents);
    await answer(page, 'How high is the deposit for the flat?');
    await answer(page, "What is the landlord's e-mail address?");
    await page.mouse.move(0, 0);
  },
  async passage(page) {
    await this.cited(page);
    await page.locator('.citations button').first().click();
  },
  async approval(page) {
    await this.welcome(page);
    await allowTools(page, ['calculate', 'read_file', 'write_file']);
    await choose(page, 'Agent');
    await answer(page, 'What is 15% of 780?');
    await ask(page, 'Create a file reminder.txt that says: pay the rent of 780.00 by Wednesday');
    await page.locator('.approval').waitFor();
  },
  async steps(page) {
    await this.approval(page);
    await page.locator('.approval').getByRole('button', { name: 'Yes' }).click();
    await answered(page);
    await page.locator('.step summary').last().click();
    await page.mouse.move(0, 0);
  },
  async fields(page) {
    await this.welcome(page);
    await addFiles(page, await invoices());
    const dialog = await openFromMenu(page, 'Make a table');
    const values = [
      ['invoice_number', 'Text', 'number of the invoice'],
      ['total', 'Number', 'amount to pay, tax included, in pounds'],
      ['due_date', 'Date', 'day by which it has to be paid'],
    ];
    for (const [i, [name, kind, description]] of values.entries()) {
      if (i > 0) await dialog.getByRole('button', { name: 'Another value' }).click();
      await dialog.getByLabel('Name of the value').last().fill(name);
      await dialog.getByLabel('Kind of value').last().selectOption(kind);
      await dialog.getByLabel('What the value is').last().fill(description);
    }
  },
  async table(page) {
    await this.fields(page);
    await page.locator('#table').getByRole('button', { name: 'Make the table' }).click();
    await page.locator('.values tbody tr').nth(1).waitFor();
    await answered(page);
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

/** The invoice of the examples, and another like it. */
async function invoices() {
  const one = await readFile(join(root, 'examples/invoice.txt'), 'utf8');
  const other = one.replace('0418', '0423').replace('14 April', '2 May').replace('12 May', '30 May').replace('5 x  48.00        240.00', '2 x  48.00         96.00').replace('1,520', '1,376').replace('304.00', '275.20').replace('1,824.00', '1,651.20');
  return [one, other].map((text, i) => ({ name: `invoice-${i + 1}.txt`, mimeType: 'text/plain', buffer: Buffer.from(text) }));
}

// All of them, or those that are named.
const wanted = process.argv.slice(2);

await mkdir(folder, { recursive: true });
const server = await serve(join(root, 'dist/web'));
const browser = await launch();
try {
  for (const { name, after, ...options } of shots.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const page = await browser.newPage(options);
    await prepare[after](page);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    await page.close();
  }
} finally {
  await browser.close();
  await server.close();
}
