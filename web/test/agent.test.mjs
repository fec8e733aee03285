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
    await reload();
    // Room for the module, which is stored, and a little more.
    const session = await opened.page.context().newCDPSession(opened.page);
    const { usage } = await opened.page.evaluate(() => navigator.storage.estimate());
    const quota = (quotaSize) =>
      session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize });
    await opened.page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      globalThis.agent = await openStored('full');
      await globalThis.agent.addFiles([{ path: 'a.txt', content: 'old' }]);
    });
    await quota(usage + (1 << 20));
    const code = await opened.page.evaluate(async () => {
      const { agent } = globalThis;
      const content = 'x'.repeat(8 << 20);
      return agent.addFiles([{ path: 'a.txt', content }]).catch(({ code }) => code);
    });
    assert.equal(code, 'storage_full');
    const old = await opened.page.evaluate(async () => {
      const { agent } = globalThis;
      const bytes = await agent.readFile('a.txt');
      await agent.close();
      return new TextDecoder().decode(bytes);
    });
    assert.equal(old, 'old');
    await quota();
    await reload();
    const stored = await opened.page.evaluate(async () => {
      const { openStored } = await import('./checks.js');
      const agent = await openStored('full');
      return new TextDecoder().decode(await agent.readFile('a.txt'));
    });
    assert.equal(stored, 'old');
  });

  test('nothing was requested elsewhere, and nothing went wrong unseen', () => {
    assert.deepEqual(opened.requests.filter((url) => !url.startsWith(server.url)), []);
    assert.deepEqual(opened.problems, []);
  });
});
