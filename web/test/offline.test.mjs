// The page in dist/web without a network, interrupted, on poor hosts and in full storage: in a real Chromium
// with a profile on the disk.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { launchProfile } from './support/chromium.mjs';
import { answer, ready, settings } from './support/page.mjs';
import { sendFile, serve } from './support/server.mjs';

const site = join(import.meta.dirname, '../../dist/web');
const MEBIBYTE = 2 ** 20;

test('after the first visit the page opens and answers with the server stopped, below any path', async (t) => {
  const { context, server } = await visitor(t, { path: '/some/where/' });
  await (await loaded(context, server)).close();
  await server.close();
  const page = await loaded(context, server);
  await answers(page);
  assert.match(await storageText(page), /^\d\d+\.\d MB are stored on this device, and the page works offline\. /);
  // What a person may follow from the page is there too.
  await page.goto(`${server.url}NOTICE.txt`);
  assert.match(await page.textContent('body'), /repacked/);
});

test('a host that sends no headers gets an isolated page all the same', async (t) => {
  const { context, server } = await visitor(t, { headers: {} });
  const page = await loaded(context, server);
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  await answers(page);
  const { headers } = await page.evaluate(async () => {
    const response = await fetch('./logo.svg');
    return { headers: Object.fromEntries(response.headers) };
  });
  const sent = JSON.parse(await readFile(join(import.meta.dirname, '../headers.json'), 'utf8'));
  for (const [name, value] of Object.entries(sent)) assert.equal(headers[name.toLowerCase()], value);
});

test('from plain HTTP, without isolation, storage and hashes, the page answers all the same', async (t) => {
  const { context, server } = await visitor(t, { headers: {} }, ['--host-resolver-rules=MAP akio.test 127.0.0.1']);
  const page = await loaded(context, { url: `http://akio.test:${server.port}/` });
  const has = () => [isSecureContext, crossOriginIsolated, 'serviceWorker' in navigator, 'locks' in navigator, 'subtle' in crypto];
  assert.deepEqual(await page.evaluate(has), [false, false, false, false, false]);
  await answers(page);
  assert.equal(await storageText(page), 'This browser stores nothing for this page, so the next visit downloads the model again.');
});

test('the browser is asked to keep what is stored, and what it says is told', async (t) => {
  const { context, server } = await visitor(t);
  const page = await loaded(context, server);
  assert.match(await storageText(page), /The browser may clear them when the disk is full\.$/);
  assert.equal(await page.evaluate(() => navigator.storage.persisted()), false);
  const session = await context.newCDPSession(page);
  await session.send('Browser.grantPermissions', { origin: new URL(server.url).origin, permissions: ['durableStorage'] });
  await page.reload();
  await ready(page);
  assert.match(await storageText(page), /They stay until you delete them\.$/);
  assert.equal(await page.evaluate(() => navigator.storage.persisted()), true);
});

test('a file of the page that the browser has cleared comes from the network again', async (t) => {
  const { context, server } = await visitor(t);
  const page = await loaded(context, server);
  const cleared = await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name);
    const files = (await cache.keys()).filter(({ url }) => url.endsWith('.js'));
    return Promise.all(files.map((file) => cache.delete(file)));
  });
  assert.ok(cleared.length >= 2 && cleared.every(Boolean));
  await page.reload();
  await ready(page);
  await answers(page);
});

test('the page can be installed', async (t) => {
  const { context, server } = await visitor(t);
  const page = await loaded(context, server);
  const session = await context.newCDPSession(page);
  const { errors, manifest } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.equal(manifest.icons.length, 4);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors, []);
});

test('the policy lets nothing out and runs nothing from elsewhere', async (t) => {
  const { context, server } = await visitor(t);
  const page = await loaded(context, server);
  const blocked = await page.evaluate(async () => {
    const directives = [];
    addEventListener('securitypolicyviolation', (event) => directives.push(event.effectiveDirective));
    await fetch('https://example.invalid/').catch(() => {});
    new Image().src = 'https://example.invalid/pixel.png';
    const script = document.createElement('script');
    script.textContent = 'globalThis.ran = true';
    document.body.append(script);
    // Not `eval`: the protocol by which this function comes here may evaluate.
    setTimeout('globalThis.ran = true');
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { directives, ran: globalThis.ran };
  });
  assert.deepEqual([...new Set(blocked.directives)].sort(), ['connect-src', 'img-src', 'script-src', 'script-src-elem']);
  assert.equal(blocked.ran, undefined);
});

for (const ranges of [true, false]) {
  test(`a download cut by closing the tab goes on where it was, on a server ${ranges ? 'with' : 'without'} ranges`, async (t) => {
    const asked = [];
    const { context, server } = await visitor(t, {
      ranges,
      overrides: {
        async 'akio.wasm'(request, response, file) {
          const { range } = request.headers;
          asked.push(range);
          if (asked.length > 1) return sendFile(response, file, ranges ? { range } : {});
          // Half of it, and then nothing more for as long as the tab is open.
          const module = await readFile(file);
          response.writeHead(200, { 'Content-Length': module.length });
          response.write(module.subarray(0, 60 * MEBIBYTE));
        },
      },
    });
    const first = await open(context, server);
    await first.waitForFunction((bytes) => document.querySelector('progress').value >= bytes, 45 * MEBIBYTE);
    await first.close();
    const page = await loaded(context, server);
    await answers(page);
    assert.equal(asked.length, 2);
    const start = Number(/^bytes=(\d+)-/.exec(asked[1])[1]);
    assert.ok(start >= 40 * MEBIBYTE && start <= 60 * MEBIBYTE, `${start}`);
    await page.close();
    await loaded(context, server);
    assert.equal(asked.length, 2, 'everything is stored');
  });
}

test('of a damaged or shortened file only what is missing is fetched again', async (t) => {
  const ranges = [];
  const { context, server } = await visitor(t, { overrides: { 'akio.wasm': recorded(ranges) } });
  await (await loaded(context, server)).close();
  ranges.length = 0;

  const change = async (work, argument) => {
    const page = await context.newPage();
    await page.goto(`${server.url}NOTICE.txt`);
    await page.evaluate(work, argument);
    await page.close();
  };
  const inModel = `async (change) => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('akio');
    const store = await folder.getDirectoryHandle(encodeURIComponent(new URL('.', location.href).pathname));
    for await (const [name, handle] of store) {
      if (!name.startsWith('model-')) continue;
      const file = await handle.createWritable({ keepExistingData: true });
      await change(file, (await handle.getFile()).size);
      await file.close();
    }
  }`;
  await change(`(${inModel})((file) => file.write({ type: 'write', position: 4711, data: 'damaged' }))`);
  await answers(await loaded(context, server));
  assert.equal(ranges.length, 1);
  assert.equal(lengthOf(ranges[0]), MEBIBYTE);

  await change(`(${inModel})((file, size) => file.truncate(size - 3.5 * ${MEBIBYTE}))`);
  await answers(await loaded(context, server));
  assert.equal(ranges.length, 2);
  assert.ok(lengthOf(ranges[1]) <= 5 * MEBIBYTE, ranges[1]);
});

test('where there is no room the model runs all the same, and nothing half is left', async (t) => {
  const { context, server } = await visitor(t);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 40e6 });
  await page.goto(server.url);
  await ready(page);
  await answers(page);
  assert.equal(await storageText(page), 'This browser has no room to store the model, so the next visit downloads it again.');
  assert.deepEqual(await stored(page), []);
});

test('of two tabs one downloads, and the other waits for it', async (t) => {
  let requests = 0;
  let proceed;
  const both = new Promise((resolve) => (proceed = resolve));
  const { context, server } = await visitor(t, {
    overrides: {
      async 'akio.wasm'(_, response, file) {
        requests += 1;
        await both;
        await sendFile(response, file);
      },
    },
  });
  const first = await open(context, server);
  await first.getByText('Downloading the model').waitFor();
  const second = await open(context, server);
  await second.getByText('Waiting for another tab').waitFor();
  proceed();
  await Promise.all([first, second].map(ready));
  assert.equal(requests, 1);
  await answers(second);
  await answers(first);
});

test('everything that is stored can be deleted', async (t) => {
  const ranges = [];
  const { context, server } = await visitor(t, { overrides: { 'akio.wasm': recorded(ranges) } });
  const page = await loaded(context, server);
  // The model, its code, and the code for several threads.
  assert.equal((await stored(page)).length, 3);
  await answers(page);
  await page.keyboard.press('Control+,');
  await page.getByLabel('Seed').fill('7');
  await page.keyboard.press('Escape');
  const other = await loaded(context, server);
  const left = () =>
    Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations(), indexedDB.databases(), Object.keys(localStorage)]);
  assert.deepEqual((await page.evaluate(left)).map(({ length }) => length), [1, 1, 1, 1]);

  await page.getByRole('button', { name: 'On this device' }).click();
  await page.getByRole('button', { name: 'Delete everything stored' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  assert.equal((await stored(page)).length, 3, 'a no is a no');
  await page.getByRole('button', { name: 'Delete everything stored' }).click();
  await page.getByRole('button', { name: 'Delete everything', exact: true }).click();
  await page.getByText('Nothing is stored any more.').waitFor();
  assert.deepEqual(await stored(page), []);
  assert.deepEqual(await page.evaluate(left), [[], [], [], []]);
  for (const tab of [page, other]) {
    assert.equal(await tab.locator('#conversations a').count(), 0);
    assert.equal(await tab.locator('article').count(), 0);
  }
  await other.close();
  await page.keyboard.press('Escape');
  await answers(page);
  await page.close();
  await loaded(context, server);
  assert.equal(ranges.length, 2, 'and is then downloaded again');
});

test('an update is offered, waits for a yes, and downloads only what has changed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'akio-site-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(site, folder, { recursive: true });
  const ranges = [];
  let sent;
  const overrides = {
    'akio.wasm'(request, response, file) {
      const { socket } = request;
      const before = socket.bytesWritten;
      response.on('close', () => (sent = socket.bytesWritten - before));
      return recorded(ranges)(request, response, file);
    },
  };
  const { context, server } = await visitor(t, { folder, overrides });
  await (await loaded(context, server)).close();
  await publishUpdate(folder);

  const page = await loaded(context, server);
  await page.getByText('A new version is ready.').waitFor();
  assert.equal(await page.title(), 'akio');
  await answers(page);
  assert.equal(ranges.length, 1);
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Update' }).click()]);
  await ready(page);
  assert.match(await page.title(), /akio 2$/);
  assert.match(await page.locator('article.assistant').textContent(), /Paris/, 'the conversation is still open');
  assert.ok(await page.locator('#update').isHidden());
  await answers(page);
  assert.equal(ranges.length, 2);
  await page.close();
  assert.ok(sent < 40 * MEBIBYTE, `${sent} bytes of the module were sent for other code with the same weights`);
});

/** A new version of the page in `folder`: another title, and other code around the same weights. */
async function publishUpdate(folder) {
  const files = {};
  for (const name of ['index.html', 'editions.json', 'service-worker.js']) {
    files[name] = await readFile(join(folder, name), 'utf8');
  }
  const [html, editions, serviceWorker] = Object.keys(files);
  const before = { ...files };
  files[html] = files[html].replace('<title>akio</title>', '<title>akio 2</title>');
  const module = await readFile(join(folder, 'akio.wasm'));
  const comment = Buffer.from([0, 4, 3, ...Buffer.from('new')]);
  const changed = Buffer.concat([module.subarray(0, 8), comment, module.subarray(8)]);
  const [edition] = JSON.parse(files[editions]);
  const { length } = await modelOf(module);
  edition.published.bytes += comment.length;
  edition.published.code = sha256(changed.subarray(0, edition.published.bytes - length)).toString('hex');
  files[editions] = JSON.stringify([edition]);
  for (const name of [html, editions]) {
    const [was, is] = [before[name], files[name]].map((text) => sha256(Buffer.from(text)).toString('base64'));
    assert.ok(files[serviceWorker].includes(was));
    files[serviceWorker] = files[serviceWorker].replace(was, is);
  }
  files[serviceWorker] = files[serviceWorker].replace(/"version":"[0-9a-f]{16}"/, '"version":"0123456789abcdef"');
  await writeFile(join(folder, 'akio.wasm'), changed);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

/** The model in a module, found by its header, which states its length. */
async function modelOf(module) {
  const start = module.lastIndexOf(Buffer.from('AKIOPACK\x01\0\0\0', 'latin1'));
  return { length: Number(module.readBigUInt64LE(start + 16)) };
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest();
}

/** A person with a browser of their own, and a server. */
async function visitor(t, { folder = site, ...options } = {}, flags = []) {
  const server = await serve(folder, options);
  const profile = await mkdtemp(join(tmpdir(), 'akio-profile-'));
  const context = await launchProfile(profile, {}, flags);
  t.after(async () => {
    await context.close();
    await server.close();
    await rm(profile, { recursive: true, force: true });
  });
  return { context, server };
}

async function open(context, server) {
  const page = await context.newPage();
  await page.goto(server.url);
  return page;
}

async function loaded(context, server) {
  const page = await open(context, server);
  await ready(page);
  return page;
}

async function answers(page) {
  await settings(page, { temperature: 0, max_tokens: 16 });
  assert.match(await answer(page, 'What is the capital of France?'), /Paris/);
}

async function storageText(page) {
  const text = page.locator('#storage-text');
  await page.waitForFunction(() => document.getElementById('storage-text').textContent !== '');
  return text.textContent();
}

/** Names of the files that the page's origin has. */
function stored(page) {
  return page.evaluate(async () => {
    const names = [];
    const walk = async (folder) => {
      for await (const [name, handle] of folder) {
        if (handle.kind === 'directory') await walk(handle);
        else names.push(name);
      }
    };
    await walk(await navigator.storage.getDirectory());
    return names;
  });
}

/** Answers requests for a file, and notes which ranges were asked for. */
function recorded(ranges) {
  return (request, response, file) => {
    const { range } = request.headers;
    ranges.push(range);
    return sendFile(response, file, { range });
  };
}

function lengthOf(range) {
  const [first, last] = range.match(/\d+/g).map(Number);
  return last - first + 1;
}
