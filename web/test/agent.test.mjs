// The agent of the package: the same checks in Node and in Chromium, and what a browser keeps of it.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { launch, openPage } from './support/chromium.mjs';
import { projectFrom } from './support/project.mjs';
import { serve } from './support/server.mjs';

const project = await projectFrom(join(import.meta.dirname, 'agents'));
const { checks, inPages, openStored, refusal, end } = await import(pathToFileURL(join(project, 'checks.js')).href);

describe('in Node', () => {
  after(end);

  for (const [name, check] of Object.entries(checks)) {
    if (!inPages.includes(name)) test(name, check);
  }

  test('there is no store', async () => {
    await refusal(openStored('notes'), 'unsupported');
  });
});

describe('in Chromium', () => {
  let server;
  let browser;
  let opened;
  const reload = async () => {
    await opened.page.goto(server.url);
    await opened.page.locator('html[data-ready]').waitFor();
  };
  before(async () => {
    [server, browser] = await Promise.all([serve(project), launch()]);
    opened = await openPage(browser);
    await reload();
  });
  after(() => Promise.all([browser.close(), server.close()]));

  for (const name of Object.keys(checks)) {
    test(name, async () => {
      await opened.page.evaluate((name) => globalThis.check(name), name);
    });
  }

  test('files and facts are there after a reload, also when the page was closed in the middle', async () => {
    await reload();
    await opened.page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      const agent = await openStored('papers');
      await agent.addFiles([{ path: 'letter.txt', content: 'Dear Anna' }]);
      await agent.run('Remember that Anna drinks tea').outcome();
      void agent.run('Tell me a long story about a ship.');
    });
    await reload();
    const found = await opened.page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      const agent = await openStored('papers');
      const facts = (await agent.memory.list()).map(({ text }) => text);
      const letter = new TextDecoder().decode(await agent.readFile('letter.txt'));
      await agent.close();
      return { facts, letter };
    });
    assert.equal(found.facts.length, 1);
    assert.match(found.facts[0], /tea/);
    assert.equal(found.letter, 'Dear Anna');
  });

  test('where the browser gives no more room, that is an error, and the old content is whole', async () => {
    const { page } = await openPage(browser);
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(server.url);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 40e6 });
    await page.goto(server.url);
    const code = await page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      globalThis.agent = await openStored('papers', { store: false });
      const file = (path, char) => ({ path, content: char.repeat(15 << 20) });
      await globalThis.agent.addFiles([file('a.txt', 'a'), file('b.txt', 'b')]);
      return globalThis.agent.addFiles([file('a.txt', 'c')]).catch(({ code }) => code);
    });
    assert.equal(code, 'storage_full');
    const held = () => globalThis.agent.readFile('a.txt').then((bytes) => [bytes.length, bytes[0], bytes.at(-1)]);
    const old = [15 << 20, 97, 97];
    assert.deepEqual(await page.evaluate(held), old);
    await page.reload();
    await page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      globalThis.agent = await openStored('papers', { store: false });
    });
    assert.deepEqual(await page.evaluate(held), old);
    await page.context().close();
  });

  test('nothing was requested elsewhere, and nothing went wrong unseen', () => {
    assert.deepEqual(opened.requests.filter((url) => !url.startsWith(server.url)), []);
    assert.deepEqual(opened.problems, []);
  });
});
