// axe-core on every view of the page in dist/web, light and dark, and on a narrow screen.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { pageWithTiny } from './support/editions.mjs';
import { allowTools, answer, ask, answered, choose, exported, importFile, openFromMenu, ready, settings } from './support/page.mjs';
import { serve } from './support/server.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const examples = join(import.meta.dirname, '../../examples');
const MARKDOWN = [
  '# One\n\n## Two\n\nText with `code`, a [link](https://example.com/) and a_very_long_word_'.concat('x'.repeat(120)),
  '- [x] done\n- [ ] to do\n\n1. a\n2. b',
  `\`\`\`text\n${'wide '.repeat(60)}\n\`\`\``,
  `| ${'column | '.repeat(12)}\n|${'---|'.repeat(12)}\n| ${'cell | '.repeat(12)}`,
  '> quoted\n\n---\n\n<b>raw</b>',
].join('\n\n');

let site, server, browser, page, problems;
before(async () => {
  // With a second model the settings have one part more.
  site = await pageWithTiny();
  server = await serve(site);
  browser = await launch();
  ({ page, problems } = await openPage(browser, { reducedMotion: 'reduce' }));
  await page.goto(server.url);
  await ready(page);
  await settings(page, { temperature: 0, max_tokens: 400 });
});
after(async () => {
  await browser.close();
  await server.close();
  await rm(site, { recursive: true });
  assert.deepEqual(problems, []);
});

/** How to come to a view and to leave it again. */
const views = {
  welcome: [() => page.keyboard.press('Control+Shift+O'), () => {}],
  conversation: [
    async () => {
      const toggle = page.getByRole('button', { name: 'Open the list of conversations' });
      if (await toggle.isVisible()) await toggle.click();
      await page.getByRole('link', { name: 'Tour' }).first().click();
      await page.locator('article.assistant').waitFor();
    },
    () => {},
  ],
  editing: [
    async () => {
      await page.locator('article.user').first().hover();
      await page.getByRole('button', { name: 'Edit' }).first().click();
    },
    () => page.keyboard.press('Escape'),
  ],
  'an answer in progress': [
    async () => {
      await ask(page, 'Write a long story about the sea.');
      await page.locator('article[aria-busy=true]').waitFor();
      assert.equal(await page.evaluate(() => document.getAnimations().length), 0, 'nothing moves for who wants less motion');
    },
    async () => {
      await page.keyboard.press('Escape');
      await answered(page);
      await page.getByLabel('Message', { exact: true }).fill('');
    },
  ],
  'a notice': [
    () => importFile(page, exported('Tour', ['Show me everything.', MARKDOWN])),
    () => page.getByRole('button', { name: 'Close this notice' }).click(),
  ],
  'an error': [
    () => importFile(page, '{}'),
    () => page.getByRole('button', { name: 'Close this notice' }).click(),
  ],
  settings: [
    async () => {
      await page.keyboard.press('Control+,');
      await page.locator('#edition-list button').waitFor();
    },
    () => page.keyboard.press('Escape'),
  ],
  privacy: [
    async () => {
      await page.getByRole('button', { name: 'On this device' }).click();
      await page.locator('#storage-rows tr').first().waitFor();
    },
    () => page.keyboard.press('Escape'),
  ],
  shortcuts: [() => page.keyboard.press('Control+/'), () => page.keyboard.press('Escape')],
  'no files': [() => openFromMenu(page, 'Your files'), () => page.keyboard.press('Escape')],
  'files and what was left out': [
    async () => {
      const files = await openFromMenu(page, 'Your files');
      const given = async (name) => ({ name, mimeType: 'text/plain', buffer: await readFile(join(examples, name)) });
      await page.locator('#file').setInputFiles([
        await given('documents/lease.txt'),
        await given('invoice.txt'),
        { name: `${'a-very-long-name-'.repeat(8)}.txt`, mimeType: 'text/plain', buffer: Buffer.from('wide '.repeat(200)) },
        { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0, 0xff]) },
      ]);
      await files.getByText('photo.png is not a text file').waitFor();
    },
    () => page.keyboard.press('Escape'),
  ],
  'the menu beside the message': [
    () => page.getByRole('button', { name: 'Files and more' }).click(),
    () => page.keyboard.press('Escape'),
  ],
  'an answer from the files': [
    async () => {
      await page.keyboard.press('Control+Shift+O');
      await choose(page, 'Your files');
      await answer(page, 'How high is the deposit for the flat?');
    },
    () => {},
  ],
  'a passage': [
    () => page.locator('.citations button').first().click(),
    () => page.keyboard.press('Escape'),
  ],
  'a long line': [
    async () => {
      const files = await openFromMenu(page, 'Your files');
      await files.getByRole('button', { name: /^a-very-long/ }).click();
    },
    async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
    },
  ],
  'the way to a table': [
    async () => {
      const table = await openFromMenu(page, 'Make a table');
      await table.getByText('A list of values').click();
      await table.getByLabel('Name of the value').first().fill('total');
      for (const file of await table.getByRole('checkbox').all()) await file.check();
    },
    () => {},
  ],
  'the way to a table by a schema': [
    async () => {
      const table = page.locator('#table');
      await table.getByText('A JSON Schema').click();
      await table.getByLabel('JSON Schema', { exact: true }).fill('[]');
      await table.getByRole('button', { name: 'Make the table' }).click();
      await table.getByText('The schema needs').waitFor();
    },
    async () => {
      await page.locator('#table').getByText('A list of values').click();
      await page.keyboard.press('Escape');
    },
  ],
  'a table': [
    async () => {
      const properties = Object.fromEntries(['total', 'invoice_number', 'customer', 'due_date', 'payment', 'doors'].map((name) => [name, { type: ['string', 'null'] }]));
      const table = await openFromMenu(page, 'Make a table');
      await table.getByText('A JSON Schema').click();
      await table.getByLabel('JSON Schema', { exact: true }).fill(JSON.stringify({ type: 'object', properties }));
      await table.getByRole('button', { name: 'Make the table' }).click();
      await answered(page);
      await page.locator('.values tbody tr').nth(2).waitFor();
    },
    () => {},
  ],
  masks: [
    async () => {
      const redact = await openFromMenu(page, 'Mask what is personal');
      await redact.getByLabel('Text to be masked').fill('Ask Ms Lovelace, 020 7946 0018');
      await redact.getByText('2 places masked.').waitFor();
    },
    () => page.keyboard.press('Escape'),
  ],
  memory: [
    async () => {
      const memory = await openFromMenu(page, 'Memory');
      await memory.getByLabel('Something to remember').fill(`Anna drinks tea ${'x'.repeat(80)}`);
      await page.keyboard.press('Enter');
      await page.locator('#memory-list li').first().waitFor();
    },
    async () => {
      await page.getByRole('button', { name: /^Forget/ }).first().click();
      await page.keyboard.press('Escape');
    },
  ],
  'an approval': [
    async () => {
      await allowTools(page, ['write_file', 'calculate']);
      await choose(page, 'Agent');
      await ask(page, `Create a file new.txt that says: ${'call Ann '.repeat(20)}`);
      await page.locator('.approval').waitFor();
    },
    async () => {
      await page.locator('.approval').getByRole('button', { name: 'Yes' }).click();
      await answered(page);
    },
  ],
  'a step that was done': [() => page.locator('.step summary').last().click(), () => {}],
  'a step that was refused': [
    async () => {
      await ask(page, 'Create a file other.txt that says: call Bob');
      await page.locator('.approval').getByRole('button', { name: 'No' }).click();
      await answered(page);
      await page.locator('.step summary').last().click();
    },
    async () => {
      await allowTools(page, []);
      await choose(page, 'Chat');
      const files = await openFromMenu(page, 'Your files');
      await files.getByRole('button', { name: 'Remove all' }).click();
      await page.locator('#question-yes').click();
      await page.locator('#file-none').waitFor();
      await page.keyboard.press('Escape');
    },
  ],
};
/** Views of the list, which is a drawer on a narrow screen. */
const listViews = {
  'the list': [() => page.locator('#conversations a').first().waitFor(), () => {}],
  'a search': [
    async () => {
      await page.getByLabel('Search the conversations').fill('everything');
      await page.locator('.excerpt').first().waitFor();
    },
    async () => {
      await page.getByLabel('Search the conversations').fill('');
      await page.locator('.excerpt').first().waitFor({ state: 'detached' });
    },
  ],
  'a menu': [() => page.getByRole('button', { name: 'Options for' }).first().click(), () => page.keyboard.press('Escape')],
  'a question': [
    async () => {
      await page.getByRole('button', { name: 'Options for' }).first().click();
      await page.locator('#conversation-menu').getByRole('button', { name: 'Delete' }).click();
    },
    () => page.locator('#question').getByRole('button', { name: 'Cancel' }).click(),
  ],
  'a new title': [
    async () => {
      await page.getByRole('button', { name: 'Options for' }).first().click();
      await page.locator('#conversation-menu').getByRole('button', { name: 'Rename' }).click();
    },
    () => page.keyboard.press('Escape'),
  ],
};

for (const width of [1200, 360]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`no violation and nothing cut off at ${width} pixels, ${colorScheme}`, async () => {
      await page.setViewportSize({ width, height: 720 });
      await page.emulateMedia({ colorScheme });
      await importFile(page, exported('Tour', ['Show me everything.', MARKDOWN]));
      await page.getByRole('button', { name: 'Close this notice' }).click();
      if (width < 800) {
        await page.getByRole('button', { name: 'Open the list of conversations' }).click();
        await page.locator('#sidebar').waitFor();
      }
      for (const [name, [open, close]] of Object.entries(listViews)) await check(name, open, close);
      if (width < 800) {
        await page.locator('#conversations a').first().click();
        assert.ok(await page.locator('#sidebar').isHidden(), 'a choice closes the drawer');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'sidebar-toggle');
      }
      for (const [name, [open, close]] of Object.entries(views)) await check(name, open, close);
    });
  }
}

async function check(name, open, close) {
  await open();
  const violations = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join('; ')))`);
  assert.deepEqual(violations, [], name);
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main, footer, header, #sidebar, dialog[open], #conversations')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ tagName, id }) => `${tagName} ${id}`),
  );
  assert.deepEqual(wide, [], name);
  await close();
}
