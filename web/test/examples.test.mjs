// Each folder of examples/ does what it is there for: built by its own script, and run.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { launch, launchProfile, openPage, watchedPage } from './support/chromium.mjs';
import { projectFrom } from './support/project.mjs';
import { serve } from './support/server.mjs';

const run = promisify(execFile);
const examples = join(import.meta.dirname, '../../examples');

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('examples/README.md has every example that uses the package', async () => {
  const readme = await readFile(join(examples, 'README.md'), 'utf8');
  const listed = [...readme.matchAll(/^\| \[(\w+)\]/gm)].map(([, name]) => name);
  const used = [];
  for (const name of await readdir(examples)) {
    const files = await readdir(join(examples, name), { recursive: true }).catch(() => []);
    const scripts = files.filter((file) => /\.(js|html)$/.test(file));
    const texts = await Promise.all(scripts.map((file) => readFile(join(examples, name, file), 'utf8')));
    if (texts.some((text) => /from '(\.\/)?akio\b/.test(text))) used.push(name);
  }
  assert.deepEqual(listed.sort(), used.sort());
});

test('node: a script answers, and ends', async () => {
  const cwd = await projectFrom(join(examples, 'node'));
  const { stdout } = await run(process.execPath, ['index.js', 'What is the capital of France?'], { cwd });
  assert.match(stdout, /Paris/);
});

test('page: a page without a bundler answers', async () => {
  const folder = await projectFrom(join(examples, 'page'));
  await rename(join(folder, 'node_modules/akio/dist'), join(folder, 'akio'));
  await answersAt(folder, { path: '/some/path/' });
});

test('vite: what it builds answers what is asked', async () => {
  const folder = await built('vite');
  await answersAt(join(folder, 'dist'), {}, async (page) => {
    await page.getByLabel('Question').fill('What is the capital of France?');
    await page.getByRole('button', { name: 'Ask' }).click();
  });
});

test('vite: its development server answers too', async () => {
  const folder = await projectFrom(join(examples, 'vite'));
  const { createServer } = await import('vite');
  const server = await createServer({ root: folder, logLevel: 'error', server: { port: 0, host: '127.0.0.1' } });
  await server.listen();
  try {
    await answers(server.resolvedUrls.local[0], async (page) => {
      await page.getByRole('button', { name: 'Ask' }).click();
    });
  } finally {
    await server.close();
  }
});

test('webpack: what it builds answers', async () => {
  await answersAt(await built('webpack'));
});

test('ssr: the server renders, and the page goes on from there', async () => {
  const cwd = await built('ssr');
  const server = spawn(process.execPath, ['server.js'], { cwd, env: { ...process.env, PORT: '0' } });
  try {
    const [line] = await once(server.stdout, 'data');
    const url = String(line).trim();
    const html = await (await fetch(`${url}?question=${encodeURIComponent('What is the capital of France?<b>')}`)).text();
    assert.ok(html.includes('<p id="question">What is the capital of France?&#60;b&#62;</p>'), html);
    await answers(url);
  } finally {
    server.kill();
  }
});

test('extension: a popup answers under the policy of its manifest', async () => {
  const folder = await projectFrom(join(examples, 'extension'));
  await rename(join(folder, 'node_modules/akio/dist'), join(folder, 'akio'));
  await rm(join(folder, 'node_modules'), { recursive: true });
  const profile = await mkdtemp(join(tmpdir(), 'akio-profile-'));
  const context = await launchProfile(profile, { ignoreDefaultArgs: ['--disable-extensions'] }, [
    `--load-extension=${folder}`,
    `--disable-extensions-except=${folder}`,
  ]);
  try {
    await answersIn(await watchedPage(context), `chrome-extension://${idOf(folder)}/popup.html`);
  } finally {
    await context.close();
    await rm(profile, { recursive: true });
  }
});

/** The example's folder after its own `npm run build`. */
async function built(name) {
  const cwd = await projectFrom(join(examples, name));
  await run('npm', ['run', 'build'], { cwd, timeout: 120_000 });
  return cwd;
}

async function answersAt(folder, options = {}, ask) {
  const server = await serve(folder, options);
  try {
    await answers(server.url, ask);
  } finally {
    await server.close();
  }
}

async function answers(url, ask) {
  const opened = await openPage(browser);
  await answersIn(opened, url, ask);
  await opened.page.context().close();
}

async function answersIn({ page, requests, problems }, url, ask = async () => {}) {
  await page.goto(url);
  await ask(page);
  const answer = page.locator('#answer[data-done]');
  await answer.waitFor({ timeout: 120_000 }).catch((error) => assert.fail(`${error.message}\n${problems.join('\n')}`));
  assert.match(await answer.textContent(), /Paris/);
  const { origin } = new URL(url);
  assert.deepEqual(requests.filter((request) => !/^(data|ws):/.test(request) && new URL(request).origin !== origin), []);
  assert.deepEqual(problems, []);
}

/** Chromium names an unpacked extension after its folder. */
function idOf(folder) {
  const digits = createHash('sha256').update(folder).digest('hex').slice(0, 32);
  return digits.replace(/./g, (digit) => 'abcdefghijklmnop'[parseInt(digit, 16)]);
}
