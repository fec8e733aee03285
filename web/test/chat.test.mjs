// Chatting on the page in dist/web: conversations, versions, files, settings and privacy, in a real Chromium
// on the real model. One page serves most tests; each begins with a new chat.

import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { answer, answered, ask, download, drop, exported, importFile, lastAnswer, ready, settings, whole } from './support/page.mjs';
import { serve } from './support/server.mjs';

const site = join(import.meta.dirname, '../../dist/web');
const FRANCE = 'What is the capital of France?';

let server, browser, context, page, problems, requests;
before(async () => {
  server = await serve(site);
  browser = await launch();
  ({ page, problems, requests } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] }));
  context = page.context();
  await page.goto(server.url);
  await ready(page);
});
after(async () => {
  await browser.close();
  await server.close();
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url)), []);
});
beforeEach(async () => {
  problems.length = 0;
  await page.evaluate(() => document.querySelector('dialog[open]')?.close());
  await page.keyboard.press('Control+Shift+O');
  await page.waitForFunction(() => location.hash === '' && document.querySelectorAll('article').length === 0);
  await settings(page, { temperature: 0, max_tokens: 24, seed: '', system: '', overflow: 'evict' });
});

const HOSTILE = [
  '<script>globalThis.ran = true</script>',
  '<img src="https://example.invalid/x.png" onerror="globalThis.ran = true">',
  '<svg onload="globalThis.ran = true"></svg><iframe src="https://example.invalid/"></iframe>',
  '![pixel](https://example.invalid/pixel.png)',
  '[a](javascript:globalThis.ran=true) [b](  JaVaScRiPt:globalThis.ran=true) [c](data:text/html,<script>globalThis.ran=true</script>)',
  '[d](&#106;avascript:globalThis.ran=true) [e](vbscript:x) [f](//example.invalid/x) [g](https://example.com/ok "a title")',
  '<https://example.com/auto> https://example.com/bare `<b>code</b>`',
  '[ref]: javascript:globalThis.ran=true',
  '[ref] &lt;script&gt;globalThis.ran=true&lt;/script&gt; &copy;',
  '<style>body { display: none }</style><base href="https://example.invalid/"><meta http-equiv="refresh" content="0;url=https://example.invalid/">',
  '```html\n<script>globalThis.ran = true</script>\n```',
  '| <img src=x onerror=globalThis.ran=true> |\n|---|\n| <script>globalThis.ran=true</script> |',
].join('\n\n');

test('whatever an answer says becomes neither markup nor a script nor a request', async () => {
  await importFile(page, exported('Hostile', [HOSTILE, HOSTILE]));
  await page.getByRole('link', { name: 'Hostile' }).click();
  await lastAnswer(page).locator('figure').waitFor();
  const seen = await page.evaluate(() => {
    const messages = document.getElementById('messages');
    const links = [...messages.querySelectorAll('a')];
    return {
      ran: globalThis.ran,
      elements: messages.querySelectorAll('script, img, iframe, style, base, meta, form, input, object, embed, .text svg').length,
      attributes: [...messages.querySelectorAll('.text *')].flatMap(({ attributes }) => [...attributes].map(({ name }) => name)).filter((name) => name.startsWith('on')),
      links: links.map(({ href, rel, target }) => `${href} ${rel} ${target}`),
      code: messages.querySelector('.markdown pre').textContent,
      user: messages.querySelector('.user .text').textContent,
    };
  });
  assert.equal(seen.ran, undefined);
  // The icon of the button that copies the code.
  assert.equal(seen.elements, 1);
  assert.deepEqual(seen.attributes, []);
  assert.deepEqual(seen.links, [
    'https://example.invalid/pixel.png noopener noreferrer _blank',
    'https://example.com/ok noopener noreferrer _blank',
    'https://example.com/auto noopener noreferrer _blank',
    'https://example.com/bare noopener noreferrer _blank',
  ]);
  assert.equal(seen.code, '<script>globalThis.ran = true</script>');
  assert.equal(seen.user, HOSTILE, 'a question is shown as it was written');
  assert.match(await lastAnswer(page).textContent(), /<script>globalThis\.ran=true<\/script> ©/);
  assert.deepEqual(problems, []);
});

test('steps, places and tables that are imported are shown as text, whatever their names', async () => {
  const file = JSON.parse(exported('Strange', ['Go on', 'Here']));
  const evil = '<img src=x onerror=globalThis.ran=true>';
  file.conversations[0].messages[1].parts.push(
    { type: 'step', tool: 'constructor', arguments: JSON.parse(`{"__proto__": "${evil}", "path": {}}`), result: evil, failed: false, decision: 'granted' },
    { type: 'step', tool: evil, arguments: {} },
    { type: 'citations', citations: [{ file: `../${evil}`, start_line: 7, end_line: 3, passage: [evil] }] },
    { type: 'table', columns: ['constructor', evil], rows: [{ file: evil, values: {}, spans: {} }, { file: evil, values: { [evil]: { a: [evil] } }, spans: { [evil]: [] } }, { file: '', error: evil }] },
  );
  await importFile(page, JSON.stringify(file));
  await page.getByRole('link', { name: 'Strange' }).click();
  await page.locator('.values').waitFor();
  await page.locator('.citations button').click();
  await page.locator('#passage').getByText('no longer among yours').waitFor();
  assert.equal(await page.locator('#passage-text').textContent(), `${evil}\n`);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#messages img').count(), 0);
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  assert.deepEqual(problems, []);
});

test('text that is nested without end is shown, and soon', async () => {
  const deep = ['>'.repeat(20_000), '['.repeat(20_000), '*a '.repeat(5000), '- '.repeat(3000), '`'.repeat(9999), '|'.repeat(5000)];
  for (const text of deep) {
    const started = Date.now();
    await importFile(page, exported(`Deep ${text.slice(0, 2)}`, ['Go on', `${text}x`]));
    await page.locator('#conversations a').first().click();
    await page.waitForFunction(() => document.querySelector('.assistant .text')?.textContent !== '');
    assert.ok(Date.now() - started < 5000, text.slice(0, 5));
    await page.keyboard.press('Control+Shift+O');
  }
  assert.deepEqual(problems, []);
});

test('an answer that was drawn while it came is the same as one drawn at once', async () => {
  await settings(page, { max_tokens: 200 });
  await answer(page, 'Write a short Python function that adds two numbers, in a code block, and then a list of three points about it.');
  const drawn = await lastAnswer(page).evaluate(({ innerHTML }) => innerHTML);
  assert.match(drawn, /<(pre|ol|ul|p)/);
  await page.reload();
  await lastAnswer(page).waitFor();
  assert.equal(await lastAnswer(page).evaluate(({ innerHTML }) => innerHTML), drawn);
  await ready(page);
});

test('answers and blocks of code are copied as they were written', async () => {
  const text = '**Bold** and\n\n```js\nlet a = 1;\n```';
  await importFile(page, exported('To be copied', ['Go on', text]));
  await page.getByRole('link', { name: 'To be copied' }).click();
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'Copy code' }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'let a = 1;');
  await page.getByRole('button', { name: 'Copy answer' }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith('**Bold**'));
  assert.equal(await clipboard(), text);
});

test('conversations are listed, found, renamed, opened by address, and deleted after a yes', async () => {
  await answer(page, FRANCE);
  const address = page.url();
  assert.match(address, /#[\da-f]{24}$/);
  await page.getByRole('button', { name: 'New chat' }).click();
  await answer(page, 'Say a word about lighthouses.');
  const list = page.locator('#conversations');
  assert.equal(await list.getByRole('link', { name: 'Say a word about lighthouses.' }).getAttribute('aria-current'), 'page');

  await page.getByRole('button', { name: `Options for ${FRANCE}` }).click();
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Title of the conversation').fill('About France');
  await page.keyboard.press('Enter');
  await list.getByRole('link', { name: 'About France' }).waitFor();

  // Found by what was said in it, and by its title.
  await page.keyboard.press('Control+K');
  await page.keyboard.type('capital of FRANCE');
  await page.locator('#conversations .excerpt').waitFor();
  assert.equal(await list.getByRole('link').count(), 1);
  assert.match(await list.textContent(), /What is the capital of France\?/);
  await page.getByLabel('Search the conversations').fill('nowhere at all');
  await list.getByText('Nothing has “nowhere at all”.').waitFor();
  await page.getByLabel('Search the conversations').fill('');
  await list.getByRole('link', { name: 'lighthouses' }).waitFor();

  await page.goto(address);
  await page.locator('.user').getByText(FRANCE).waitFor();
  assert.match(await lastAnswer(page).textContent(), /Paris/);
  assert.match(await page.title(), /^About France · akio$/);
  await page.reload();
  await ready(page);
  assert.match(await lastAnswer(page).textContent(), /Paris/);

  const remove = async (yes) => {
    await page.getByRole('button', { name: 'Options for About France' }).click();
    await page.locator('#conversation-menu').getByRole('button', { name: 'Delete' }).click();
    await page.locator('#question').getByRole('button', { name: yes }).click();
  };
  await remove('Cancel');
  assert.equal(await page.locator('article').count(), 2);
  await remove('Delete');
  await list.getByRole('link', { name: 'About France' }).waitFor({ state: 'detached' });
  assert.equal(await page.locator('article').count(), 0);
  await page.goto(address);
  await page.getByText('This conversation is not on this device.').waitFor();
  await page.getByRole('button', { name: 'Close this notice' }).click();
});

test('a question is edited, an answer made again, and every version stays', async () => {
  await answer(page, FRANCE);
  const first = await lastAnswer(page).textContent();
  await page.locator('article.user').hover();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Edit the message').fill('What is the capital of Italy?');
  await whole(page, () => page.keyboard.press('Enter'));
  assert.match(await lastAnswer(page).textContent(), /Rome/);
  assert.equal(await page.locator('.user .versions').textContent(), '2/2');

  await settings(page, { temperature: 1, seed: 3 });
  await whole(page, () => page.getByRole('button', { name: 'Another answer' }).click());
  assert.equal(await page.locator('.assistant .versions').textContent(), '2/2');
  assert.equal(await page.locator('article').count(), 2);
  await page.locator('.assistant').getByRole('button', { name: 'Version before' }).click();
  assert.match(await lastAnswer(page).textContent(), /Rome/);

  await page.locator('.user').getByRole('button', { name: 'Version before' }).click();
  assert.equal(await page.locator('.user .text').textContent(), FRANCE);
  assert.equal(await lastAnswer(page).textContent(), first);
  // There is nothing before the first.
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('.user .versions').textContent(), '1/2');
  await page.reload();
  await ready(page);
  assert.equal(await lastAnswer(page).textContent(), first, 'the version that was shown is shown again');

  // The model sees the path that is shown, and nothing of the others.
  await settings(page, { temperature: 0, max_tokens: 24 });
  assert.doesNotMatch(await answer(page, 'Which city did you just name?'), /Rome/);
});

test('to stop another answer before it has begun leaves the one that was there', async () => {
  await answer(page, FRANCE);
  const first = await lastAnswer(page).textContent();
  await settings(page, { system: 'The lighthouse keeper wrote down the weather of every single day. '.repeat(80) });
  await page.getByRole('button', { name: 'Another answer' }).click();
  await page.getByText(/^Reading: /).waitFor();
  await page.keyboard.press('Escape');
  await answered(page);
  assert.equal(await lastAnswer(page).textContent(), first);
  assert.equal(await page.locator('.versions').count(), 0);
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), '');
});

test('what was said is there again when the page is closed in the middle of it', async () => {
  await settings(page, { max_tokens: 512 });
  await ask(page, 'Write a long story about the sea.');
  await page.waitForFunction(() => document.querySelector('.assistant .text')?.textContent.length > 30);
  // An answer is put away every second.
  await page.waitForTimeout(1500);
  await page.reload();
  await lastAnswer(page).waitFor();
  assert.ok((await lastAnswer(page).textContent()).length > 20);
  assert.equal(await page.locator('.assistant .remark').textContent(), 'Stopped.');
  await ready(page);
});

test('an answer goes on behind another conversation', async () => {
  await settings(page, { max_tokens: 400 });
  await ask(page, 'Write a long story about a mountain.');
  await page.waitForFunction(() => document.querySelector('.assistant .text')?.textContent.length > 10);
  await page.getByRole('button', { name: 'New chat' }).click();
  assert.equal(await page.locator('article').count(), 0);
  assert.ok(await page.locator('#send').isVisible());
  await page.getByLabel('is being answered').waitFor();
  await page.getByLabel('is being answered').waitFor({ state: 'detached', timeout: 60_000 });
  await page.getByRole('link', { name: 'a mountain' }).click();
  await lastAnswer(page).waitFor();
  assert.ok((await lastAnswer(page).textContent()).length > 50);
  assert.ok(await page.locator('#send').isVisible());
});

test('exported conversations are imported again, beside what is there', async () => {
  await answer(page, 'Name a river in Egypt.');
  const said = await page.locator('article .text').allTextContents();
  const link = page.getByRole('link', { name: 'Name a river in Egypt.' });
  const one = await download(page, async () => {
    await page.getByRole('button', { name: 'Options for Name a river in Egypt.' }).click();
    await page.locator('#conversation-menu').getByRole('button', { name: 'Export' }).click();
  });
  assert.equal(JSON.parse(one).conversations.length, 1);
  assert.match(await importFile(page, one), /^1 conversation was imported from conversations\.json\.$/);
  await page.waitForFunction((title) => [...document.querySelectorAll('#conversations .title')].filter(({ textContent }) => textContent === title).length === 2, 'Name a river in Egypt.');
  await link.last().click();
  await link.first().click();
  assert.deepEqual(await page.locator('article .text').allTextContents(), said);

  const count = await page.locator('#conversations a').count();
  const all = await download(page, () => page.getByRole('button', { name: 'Export all' }).click());
  assert.equal(JSON.parse(all).conversations.length, count);
});

test('a file that is damaged or hostile is refused in words, and nothing is lost', async () => {
  await answer(page, FRANCE);
  const before = await page.locator('#conversations .title').allTextContents();
  const change = (edit) => {
    const file = JSON.parse(exported('Wrong', ['One', 'Two', 'Three']));
    edit(file, file.conversations[0].messages);
    return JSON.stringify(file);
  };
  const whole = exported('Wrong', ['One', 'Two']);
  const wrong = [
    [whole.slice(0, -40), /^bad\.json was not taken: it is not JSON/],
    ['[]', /it does not hold conversations of akio/],
    ['{"format":"something else"}', /it does not hold conversations of akio/],
    ['null', /it does not hold conversations of akio/],
    [change((file) => (file.version = 2)), /version 2 of the format, and this akio reads 1/],
    [change((file) => delete file.conversations), /conversations/],
    [change((_, messages) => (messages[1].parts[0].text = 7)), /conversations\.0\.messages\.1\.parts\.0\.text should be string and is 7/],
    [change((_, messages) => (messages[1].parts[0].type = 'script')), /parts\.0\.type should be .*"text".* and is "script"/],
    [change((_, messages) => (messages[1].role = 'system')), /messages\.1\.role should be/],
    [change((_, messages) => (messages[1].created = 'now')), /messages\.1\.created should be number and is "now"/],
    [change((_, messages) => (messages[1].parent = 'gone')), /follows one that is missing in the conversation “Wrong”/],
    [change((_, messages) => (messages[1].id = 'm0')), /two messages have the same id/],
    [change((_, messages) => (messages[0].role = 'assistant')), /two messages of the same role|same role/],
    [change((_, messages) => messages.splice(0, 1, { ...messages[0], parent: 'm3' }) && messages.push({ ...messages[1], id: 'm3', parent: 'm2' })), /in a circle/],
    [change((file) => (file.conversations[0].leaf = 'gone')), /the leaf is missing/],
    ['{"__proto__":{"polluted":true},"format":"akio conversations","version":1,"conversations":{}}', /conversations should be list and is object/],
  ];
  for (const [text, message] of wrong) assert.match(await importFile(page, text, 'bad.json'), message);
  assert.match(await importFile(page, Buffer.from([0xff, 0xfe, 0]), 'bad.json'), /it is not text/);
  assert.equal(await page.evaluate(() => ({}).polluted), undefined);
  assert.deepEqual(await page.locator('#conversations .title').allTextContents(), before);
  assert.match(await lastAnswer(page).textContent(), /Paris/);
  assert.deepEqual(problems, []);
});

test('of two tabs each shows what the other does', async (t) => {
  const other = await context.newPage();
  t.after(() => other.close());
  await other.goto(server.url);
  await ready(other);
  await answer(page, FRANCE);
  await other.getByRole('link', { name: FRANCE }).first().click();
  await lastAnswer(other).waitFor();
  assert.match(await lastAnswer(other).textContent(), /Paris/);

  // An answer is seen growing, and both follow the conversation.
  await settings(page, { max_tokens: 300 });
  await ask(page, 'Write a long story about that city.');
  await other.locator('article.assistant[aria-busy=true]').waitFor();
  await other.waitForFunction(() => [...document.querySelectorAll('.assistant .text')].at(-1).textContent.length > 20, null, { timeout: 30_000 });
  await page.keyboard.press('Escape');
  await other.locator('article.assistant .remark', { hasText: 'Stopped.' }).waitFor();
  assert.equal(await lastAnswer(other).textContent(), await lastAnswer(page).textContent());

  // Both tabs ask at the same time, and nothing is lost.
  await settings(other, { temperature: 0, max_tokens: 8 });
  await settings(page, { max_tokens: 8 });
  await Promise.all([answer(page, 'And in Italy?'), answer(other, 'And in Spain?')]);
  const all = JSON.parse(await download(page, () => page.getByRole('button', { name: 'Export all' }).click()));
  const { messages } = all.conversations.find(({ id }) => page.url().endsWith(id));
  for (const question of ['And in Italy?', 'And in Spain?']) {
    const { id } = messages.find(({ parts }) => parts[0].text === question);
    const answer = messages.find(({ parent }) => parent === id);
    assert.ok(answer.parts[0].text.length > 0 && answer.end !== undefined, question);
  }

  await page.getByRole('button', { name: `Options for ${FRANCE}` }).first().click();
  await page.locator('#conversation-menu').getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Title of the conversation').fill('Seen twice');
  await page.keyboard.press('Enter');
  await other.getByRole('link', { name: 'Seen twice' }).waitFor();
  await page.getByRole('button', { name: 'Options for Seen twice' }).click();
  await page.locator('#conversation-menu').getByRole('button', { name: 'Delete' }).click();
  await page.locator('#question').getByRole('button', { name: 'Delete' }).click();
  for (const tab of [page, other]) await tab.waitForFunction(() => document.querySelectorAll('article').length === 0);
});

test('a conversation of 200 messages opens at its end and stays quick', async () => {
  const texts = Array.from({ length: 200 }, (_, i) => (i % 2 ? `**Answer ${i}**\n\n- a point\n- another\n\n\`\`\`js\nlet i = ${i};\n\`\`\`` : `Question ${i}?`));
  await importFile(page, exported('Two hundred', texts));
  const started = Date.now();
  await page.getByRole('link', { name: 'Two hundred' }).click();
  await page.getByText('Answer 199').waitFor();
  assert.ok(Date.now() - started < 3000, `${Date.now() - started} ms`);
  assert.ok(await page.getByText('Answer 199').isVisible());
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
    }).observe({ type: 'longtask' });
  });
  await ask(page, FRANCE);
  await page.locator('#status').getByText(/^Reading: \d+ of \d+ tokens$|^The oldest messages/).waitFor();
  const field = page.getByLabel('Message', { exact: true });
  await field.pressSequentially('Written while it is read', { delay: 20 });
  assert.equal(await page.locator('article').count(), 202);
  const longest = await page.evaluate(() => globalThis.longest);
  assert.ok(longest < 1000, `${longest} ms`);
  await page.keyboard.press('Escape');
  await answered(page);
  assert.equal(await page.locator('article').count(), 200);
  assert.equal(await field.inputValue(), 'Written while it is read', 'what is being written is not replaced');
  // Where nothing is to be left out, it does not fit.
  await settings(page, { overflow: 'stop' });
  await page.getByLabel('Message', { exact: true }).fill('And now?');
  await page.keyboard.press('Enter');
  await page.locator('#message').getByText(/\d+ tokens/).waitFor({ timeout: 60_000 });
  assert.equal(await page.locator('article').count(), 200);
  await field.fill('');
});

test('dropped conversations are imported, and other files stay files', async () => {
  await drop(page, [
    { name: 'talks.json', content: exported('Dropped talk', ['Hello', 'Hi']) },
    { name: 'empty.bin', content: '\0\0\0' },
  ]);
  await page.getByText('Left out: empty.bin is not a text file.').waitFor();
  await page.getByRole('link', { name: 'Dropped talk' }).waitFor();
  assert.equal(await page.getByLabel('Message', { exact: true }).inputValue(), '');
  await drop(page, [{ name: 'talks.json', content: exported('Dropped alone', ['Hello', 'Hi']) }]);
  await page.getByText('1 conversation was imported from talks.json.').waitFor();
  assert.ok(await page.locator('#drop').isHidden());
});

test('settings are kept, presets fill them, and a seed gives the same answer again', async () => {
  await page.keyboard.press('Control+,');
  const dialog = page.locator('#settings');
  await dialog.getByText('Lively').click();
  assert.equal(await dialog.getByLabel('Temperature').inputValue(), '0.8');
  await dialog.getByLabel('Temperature').fill('0.9');
  assert.equal(await dialog.locator(':checked[type=radio]').count(), 0, 'values of one’s own are no preset');
  await dialog.getByLabel('Seed').fill('11');
  await dialog.getByLabel('Most new tokens').fill('40');
  await dialog.getByLabel('System prompt').fill('You are a pirate.');
  await page.keyboard.press('Escape');
  const first = await answer(page, 'Who are you?');
  await page.reload();
  await ready(page);
  await page.keyboard.press('Control+,');
  assert.equal(await dialog.getByLabel('Temperature').inputValue(), '0.9');
  assert.equal(await dialog.getByLabel('System prompt').inputValue(), 'You are a pirate.');
  await page.keyboard.press('Escape');
  await whole(page, () => page.getByRole('button', { name: 'Another answer' }).click());
  assert.equal(await lastAnswer(page).textContent(), first);
  await settings(page, { seed: 12 });
  await whole(page, () => page.getByRole('button', { name: 'Another answer' }).click());
  assert.notEqual(await lastAnswer(page).textContent(), first);

  await page.keyboard.press('Control+,');
  await dialog.getByRole('button', { name: 'Reset' }).click();
  assert.equal(await dialog.getByLabel('Temperature').inputValue(), '0.2');
  await page.keyboard.press('Escape');
  // What another program has left there does no harm.
  await page.evaluate(() => localStorage.setItem(Object.keys(localStorage)[0] ?? `akio ${location.pathname} settings`, '{"temperature":"hot","max_tokens":"-5"'));
  await page.reload();
  await ready(page);
  assert.equal(await page.locator('[name=max_tokens]').inputValue(), '512');
});

test('the panel shows that no request was made, and that one is refused', async () => {
  await page.reload();
  await ready(page);
  await settings(page, { temperature: 0, max_tokens: 24 });
  await answer(page, FRANCE);
  await page.getByRole('button', { name: 'On this device' }).click();
  const panel = page.locator('#privacy');
  await panel.getByText('asked no network for anything: 0 requests.').waitFor();
  await panel.getByRole('button', { name: 'Try to send something' }).click();
  await panel.getByText('Refused by the browser, before anything was sent: connect-src.').waitFor();
  assert.match(await page.locator('#requests-summary').textContent(), /0 requests/);
  await panel.getByText('The policy, line by line').click();
  assert.match(await panel.locator('#policy').textContent(), /Sending and fetching data\s*only this page’s own address\s*connect-src 'self'/);
  assert.match(await panel.locator('table').textContent(), /The model\d\d+\.\d MB\d+ conversations?\d/);
  assert.match(await panel.locator('#storage-text').textContent(), /are stored on this device/);

  // What is asked for is counted, from the page and from a worker.
  await page.evaluate(() => fetch('./logo.svg').then(() => fetch('./nowhere.txt')));
  await panel.getByText('asked for 1 file, all of them its own').waitFor();
  const [worker] = page.workers();
  await worker.evaluate((url) => fetch(url), `${server.url}elsewhere.txt`);
  await panel.getByText('asked for 2 files').waitFor();
  await page.keyboard.press('Escape');
});

test('everything can be reached by keys, and the focus comes back', async () => {
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className);
  const field = page.getByLabel('Message', { exact: true });
  await field.focus();
  await page.keyboard.press('Control+/');
  assert.ok(await page.getByRole('heading', { name: 'Keyboard shortcuts' }).isVisible());
  assert.equal(await page.locator('#shortcut-list dt').count(), await page.locator('#shortcut-list dd').count());
  await page.keyboard.press('Escape');
  assert.equal(await focused(), 'prompt');
  await page.keyboard.press('Control+K');
  assert.equal(await focused(), 'search');
  await page.keyboard.press('Shift+Escape');
  assert.equal(await focused(), 'prompt');
  await page.keyboard.press('Control+Shift+S');
  assert.ok(await page.locator('#sidebar').isHidden());
  await page.keyboard.press('Control+Shift+S');
  assert.ok(await page.locator('#sidebar').isVisible());

  await answer(page, FRANCE);
  assert.equal(await focused(), 'prompt');
  await page.keyboard.press('ArrowUp');
  assert.equal(await page.evaluate(() => document.activeElement.value), FRANCE);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('Shift+Escape');
  await page.keyboard.press('Alt+ArrowUp');
  assert.match(await focused(), /assistant/);
  await page.keyboard.press('Alt+ArrowUp');
  assert.match(await focused(), /user/);
  assert.deepEqual(problems, []);
});

test('a screen reader hears the answer by sentences, each once', async () => {
  await settings(page, { max_tokens: 120 });
  await page.evaluate(() => {
    globalThis.heard = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const { textContent } of addedNodes) globalThis.heard.push(textContent);
    }).observe(document.getElementById('announcer'), { childList: true });
  });
  const said = await answer(page, 'Tell me three facts about the moon. Use full sentences.');
  const heard = await page.evaluate(() => globalThis.heard);
  const letters = (text) => text.replace(/\P{L}/gu, '');
  assert.ok(heard.length > 1, JSON.stringify([heard, said]));
  assert.equal(letters(heard.join('')), letters(said));
});

test('a worker that is lost is reported, and the conversation goes on with another', async () => {
  await answer(page, FRANCE);
  const [worker] = page.workers();
  await settings(page, { max_tokens: 500 });
  await ask(page, 'Write a long story about the sea.');
  await page.waitForFunction(() => [...document.querySelectorAll('.assistant .text')].at(-1).textContent.length > 20);
  await worker.evaluate(() => void setTimeout(() => { throw new Error('lost'); }));
  await page.locator('#message').getByText(/the worker ended/).waitFor();
  await answered(page);
  assert.equal(await page.locator('article').count(), 4);
  await settings(page, { max_tokens: 24 });
  assert.match(await answer(page, FRANCE), /Paris/);
});

test('where nothing can be kept one can chat all the same, and is told once', async (t) => {
  const opened = await openPage(browser);
  t.after(() => opened.page.context().close());
  await opened.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('not here', 'SecurityError');
    };
  });
  await opened.page.goto(server.url);
  await ready(opened.page);
  await settings(opened.page, { temperature: 0, max_tokens: 24 });
  assert.match(await answer(opened.page, FRANCE), /Paris/);
  assert.equal(await opened.page.locator('#message-text').textContent(), 'Conversations are not kept here: not here');
  assert.match(await opened.page.locator('#conversations').textContent(), /keeps no conversations/);
  assert.match(await answer(opened.page, 'And of Italy?'), /Rome|Italy/);
  assert.ok(await opened.page.locator('#message').isHidden());
  assert.equal(await opened.page.locator('article').count(), 4);
  assert.deepEqual(opened.problems, []);
});

test('the page has little script of its own', async () => {
  let bytes = 0;
  for (const name of await readdir(site)) if (name.endsWith('.js')) bytes += (await stat(join(site, name))).size;
  assert.ok(bytes < 150_000, `${bytes} bytes`);
});
