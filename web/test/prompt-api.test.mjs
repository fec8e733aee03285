// The Prompt API of the package: the same checks in Node and in Chromium.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { launch, openPage } from './support/chromium.mjs';
import { projectFrom } from './support/project.mjs';
import { serve } from './support/server.mjs';

const project = await projectFrom(join(import.meta.dirname, 'sessions'));
const { checks, inPages } = await import(pathToFileURL(join(project, 'checks.js')).href);

describe('in Node', () => {
  for (const [name, check] of Object.entries(checks)) {
    if (!inPages.includes(name)) test(name, check);
  }
});

describe('in Chromium', () => {
  let server;
  let browser;
  let opened;
  before(async () => {
    [server, browser] = await Promise.all([serve(project), launch()]);
    opened = await openPage(browser);
    await opened.page.goto(server.url);
    await opened.page.locator('html[data-ready]').waitFor();
  });
  after(() => Promise.all([browser.close(), server.close()]));

  test('before the first session the model is to be downloaded', async () => {
    const availability = () => import('akio/prompt-api').then(({ LanguageModel }) => LanguageModel.availability());
    assert.equal(await opened.page.evaluate(availability), 'downloadable');
  });

  for (const name of Object.keys(checks)) {
    test(name, async () => {
      await opened.page.evaluate((name) => globalThis.check(name), name);
    });
  }

  test('afterwards it is stored, also for a page that has not loaded it', async () => {
    await opened.page.reload();
    await opened.page.locator('html[data-ready]').waitFor();
    const availability = () => import('akio/prompt-api').then(({ LanguageModel }) => LanguageModel.availability());
    assert.equal(await opened.page.evaluate(availability), 'available');
  });

  test('nothing was requested elsewhere, and nothing went wrong unseen', () => {
    assert.deepEqual(opened.requests.filter((url) => !url.startsWith(server.url)), []);
    assert.deepEqual(opened.problems, []);
  });
});
