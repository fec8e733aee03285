// Runs the web-platform-tests of the Prompt API against `akio/prompt-api` in Chromium, and prints the score.
//
//     node wpt.mjs /path/to/wpt
//
// The folder is a checkout of github.com/web-platform-tests/wpt; of it `ai/` and `resources/testharness.js` are
// needed. Tests of what is not there are left out by name: images, audio and video, tools, and what concerns the
// browser around the API (frames, permissions, the user's gestures, garbage collection).

import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { launch } from './test/support/chromium.mjs';
import { serve } from './test/support/server.mjs';

const LEFT_OUT = /multimodal|iframe|user-activation|gc|garbage-collection|context-destroyed|context\/destroyed|tool-use/;
const SECONDS = 120;

const [given] = process.argv.slice(2);
if (given === undefined) {
  console.error('name the folder of a checkout of web-platform-tests: node wpt.mjs /path/to/wpt');
  process.exit(2);
}
const wpt = resolve(given);
const dist = join(import.meta.dirname, '../dist');
const site = await mkdtemp(join(dist, 'wpt-'));
const server = await prepare();
const browser = await launch();
try {
  const files = (await readdir(join(wpt, 'ai/language-model'), { recursive: true }))
    .filter((name) => name.endsWith('.window.js') && !LEFT_OUT.test(name))
    .sort();
  const context = await browser.newContext();
  let passed = 0;
  let total = 0;
  for (const name of files) {
    const results = await runFile(context, `ai/language-model/${name}`);
    const good = results.filter(({ status }) => status === 'PASS').length;
    passed += good;
    total += results.length;
    console.log(`${good}/${results.length}  ${name.replace('.tentative.https.window.js', '')}`);
    for (const { name, status, message } of results) {
      if (status !== 'PASS') console.log(`      ${status}: ${name}\n        ${message}`);
    }
  }
  console.log(`${passed} of ${total} tests in ${files.length} files pass`);
} finally {
  await browser.close();
  await server.close();
  await rm(site, { recursive: true });
}

/** One server has the tests and the package. Their `bless` is a gesture of the user, which akio does not ask for. */
async function prepare() {
  await symlink(join(dist, 'npm/dist'), join(site, 'akio'));
  for (const name of ['ai', 'resources']) await symlink(join(wpt, name), join(site, name));
  const script = (text) => (_, response) => response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(text);
  return serve(site, {
    headers: {},
    overrides: {
      'resources/testdriver.js': script('globalThis.test_driver = { bless: async () => {} };'),
      'resources/testdriver-vendor.js': script(''),
    },
  });
}

async function runFile(context, name) {
  const source = await readFile(join(wpt, name), 'utf8');
  const scripts = [...source.matchAll(/^\/\/ META: script=(.*)$/gm)].map(([, script]) => script);
  const urls = [...scripts, `/${name}`].map((script) => new URL(script, `${server.url}${name}`).pathname);
  await writeFile(join(site, 'test.html'), page(urls));
  const tab = await context.newPage();
  try {
    await tab.goto(`${server.url}test.html`);
    const done = await tab.waitForFunction(() => globalThis.results, null, { timeout: SECONDS * 1000 });
    return await done.jsonValue();
  } catch (error) {
    return [{ name: 'the whole file', status: 'TIMEOUT', message: error.message.split('\n')[0] }];
  } finally {
    await tab.close();
  }
}

function page(urls) {
  return `<!doctype html>
<title>Test</title>
<link rel="icon" href="data:,">
<script src="/resources/testharness.js"></script>
<script>
  setup({ explicit_done: true, explicit_timeout: true });
  add_completion_callback((tests) => {
    const names = ['PASS', 'FAIL', 'TIMEOUT', 'NOTRUN', 'PRECONDITION_FAILED'];
    globalThis.results = tests.map(({ name, status, message }) => ({ name, status: names[status], message }));
  });
</script>
<script type="module">
  import { LanguageModel } from './akio/prompt-api/index.js';
  Object.defineProperty(globalThis, 'LanguageModel', { value: LanguageModel, configurable: true, writable: true });
  for (const src of ${JSON.stringify(urls)}) {
    const script = Object.assign(document.createElement('script'), { src });
    await new Promise((resolve, reject) => {
      Object.assign(script, { onload: resolve, onerror: () => reject(new Error(src)) });
      document.head.append(script);
    });
  }
  done();
</script>`;
}
