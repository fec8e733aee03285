// axe-core on every view of the page in dist/web, light and dark, and on a narrow screen.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { pageWithTiny } from './support/editions.mjs';
import { ask, answered, exported, importFile, ready, settings } from './support/page.mjs';
import { serve } from './support/server.mjs';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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
