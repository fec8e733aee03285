import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { launch as start } from 'puppeteer-core';

/** A headless Chromium that talks to nobody by itself. */
export async function launch() {
  return chromium.launch(options());
}

/** The same with a profile of its own in `folder`, whose files lie on the disk as a person's do. */
export async function launchProfile(folder, more = {}, flags = []) {
  const { args, ...rest } = options();
  return chromium.launchPersistentContext(folder, { ...rest, args: [...args, ...flags], ...more });
}

/** The same for tests of tabs behind others: to Playwright every page is in front. */
export async function launchTabs() {
  return start({ headless: true, protocolTimeout: 600_000, ...options() });
}

function options() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`there is no Chromium at ${executablePath}; install it or set CHROMIUM`);
  }
  return {
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}

/** A page that remembers what must not happen: foreign requests, errors, policy violations. */
export async function openPage(browser, options = {}) {
  return watchedPage(await browser.newContext(options));
}

/** The same in a context that is there. */
export async function watchedPage(context) {
  const page = await context.newPage();
  const requests = [];
  const problems = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, requests, problems };
}
