// What the agent does on the page in dist/web: files, answers from them, tasks with tools, tables, masks and memory,
// in a real Chromium on the real model. One page serves most tests; each begins with a new chat and no files.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { launch, openPage } from './support/chromium.mjs';
import { addFiles, allowTools, answer, answered, ask, choose, download, downloadNamed, drop, dropPaths, importFile, lastAnswer, openFromMenu, ready, settings, whole } from './support/page.mjs';
import { serve } from './support/server.mjs';

const site = join(import.meta.dirname, '../../dist/web');
const examples = join(import.meta.dirname, '../../examples');
const [LEASE, COSTS, BOILER] = ['lease.txt', 'nebenkosten.txt', 'boiler.md'].map((name) => join(examples, 'documents', name));
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0, 0]);
const text = (name, content) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) });

let server, browser, page, problems, requests;
before(async () => {
  server = await serve(site);
  browser = await launch();
  ({ page, problems, requests } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] }));
  await page.goto(server.url);
  await ready(page);
});
after(async () => {
  await browser.close();
  await server.close();
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url)), []);
  assert.deepEqual(problems, []);
});
beforeEach(async () => {
  if (await page.locator('.approval').isVisible()) {
    await page.keyboard.press('Escape');
    await answered(page);
  }
  await page.evaluate(() => document.querySelectorAll('dialog[open]').forEach((dialog) => dialog.close()));
  await page.keyboard.press('Control+Shift+O');
  await page.waitForFunction(() => location.hash === '' && document.querySelectorAll('article').length === 0);
  await settings(page, { temperature: 0, max_tokens: 48 });
  await allowTools(page, []);
  const files = await openFromMenu(page, 'Your files');
  const removeAll = files.getByRole('button', { name: 'Remove all' });
  await page.waitForFunction(() => document.getElementById('file-total').textContent !== '' || !document.getElementById('file-none').hidden);
  if (await removeAll.isVisible()) {
    await removeAll.click();
    await page.locator('#question-yes').click();
    await page.locator('#file-none').waitFor();
  }
  await page.keyboard.press('Escape');
  await choose(page, 'Chat');
});

const listed = () => page.locator('#file-list li').allTextContents();
const steps = () => page.locator('.step summary .deed').allTextContents();
/** The file that is open, as the page shows it. */
const shown = async () => {
  await page.locator('#passage').waitFor();
  return (await page.locator('#passage-text').textContent()).trimEnd();
};

test('files are chosen, listed with their sizes, read, removed one by one, and there after a reload', async () => {
  assert.equal(await addFiles(page, [LEASE, COSTS]), '2 files were added.');
  assert.equal(await page.locator('#files-line').textContent(), '2 files');
  await page.reload();
  await ready(page);
  const files = await openFromMenu(page, 'Your files');
  await page.locator('#file-list li').nth(1).waitFor();
  assert.deepEqual(await listed(), ['lease.txt1.1 kB', 'nebenkosten.txt943 B']);
  await files.getByRole('button', { name: 'lease.txt', exact: true }).click();
  assert.match(await shown(), /^LEASE OF A FLAT/);
  await page.keyboard.press('Escape');

  // By keys: the focus stays in the list.
  await files.getByRole('button', { name: 'Remove lease.txt' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('#file-list li').length === 1);
  assert.ok(await page.evaluate(() => document.getElementById('file-list').contains(document.activeElement)));
  assert.match(await page.locator('#file-total').textContent(), /^1 file, /);
  await page.keyboard.press('Escape');
});

test('dropped files and folders come in with their paths, and what is not text is left out with the reason', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'akio-drop-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'papers/deep'), { recursive: true });
  await writeFile(join(folder, 'papers/one.txt'), 'The first.\n');
  await writeFile(join(folder, 'papers/deep/two.md'), 'The second.\n');
  await writeFile(join(folder, 'papers/photo.png'), PICTURE);
  await dropPaths(page, [join(folder, 'papers'), BOILER]);
  const message = page.locator('#message');
  await message.getByText('3 files were added. Left out: papers/photo.png is not a text file.').waitFor();
  assert.ok(await page.locator('#drop').isHidden());
  assert.equal(await page.locator('#mode :checked').inputValue(), 'files', 'who adds files wants to ask about them');
  await openFromMenu(page, 'Your files');
  assert.deepEqual((await listed()).map((line) => line.replace(/\d+ B$/, '')), ['boiler.md', 'papers/deep/two.md', 'papers/one.txt']);
  await page.keyboard.press('Escape');

  // A folder that is chosen; and nothing but a picture.
  await page.locator('#folder').setInputFiles(join(folder, 'papers'));
  await message.getByText('2 files were added.').waitFor();
  await drop(page, [{ name: 'photo.png', content: PICTURE }]);
  await message.getByText('Left out: photo.png is not a text file.', { exact: true }).waitFor();
  assert.equal(await message.getAttribute('role'), 'alert');
  await page.getByRole('button', { name: 'Close this notice' }).click();

  // The text of a file goes into the message for who wants that.
  await openFromMenu(page, 'Your files');
  await page.locator('#file-list').getByRole('button', { name: 'papers/one.txt', exact: true }).click();
  await page.getByRole('button', { name: 'Put into the message' }).click();
  const field = page.getByLabel('Message', { exact: true });
  assert.equal(await field.inputValue(), 'papers/one.txt:\n```\nThe first.\n```\n\n');
  await field.fill('');
});

test('a question is answered from the files, with places that open, or it is said that it is not there', async () => {
  await choose(page, 'Your files');
  await ask(page, 'Is there a deposit?');
  await page.locator('#files').getByText('Nothing yet.').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('article').count(), 0, 'without files nothing is asked');

  await addFiles(page, [LEASE, COSTS, BOILER]);
  assert.match(await answer(page, 'How high is the deposit for the flat?'), /^The deposit of 1,560\.00 is kept/);
  const place = page.locator('.citations').getByRole('button', { name: 'lease.txt, lines 14–15' });
  await place.focus();
  await page.keyboard.press('Enter');
  const passage = page.locator('#passage');
  await passage.getByRole('heading', { name: 'lease.txt' }).waitFor();
  assert.equal(await page.locator('#passage-note').textContent(), 'Lines 14–15.');
  assert.deepEqual((await page.locator('.marked').allTextContents()).map((line) => line.trim()), [
    'are due on the third working day of the month. The deposit of 1,560.00 is',
    'kept on a separate account and is paid back within eight weeks of moving out.',
  ]);
  assert.ok(await page.locator('.marked').first().isVisible());
  await page.keyboard.press('Escape');
  assert.ok(await place.evaluate((button) => button === document.activeElement), 'the focus comes back');

  assert.match(await answer(page, "What is the landlord's e-mail address?"), /not in your files/);
  assert.equal(await page.locator('article').last().locator('.citations').count(), 0);

  // Both are there after a reload, and so is the way of asking; and they are exported and imported.
  const address = page.url();
  await page.goto(server.url);
  await page.goto(address);
  await ready(page);
  assert.equal(await page.locator('#mode :checked').inputValue(), 'files');
  const file = await download(page, () => page.getByRole('button', { name: 'Export all' }).click());
  await importFile(page, file);
  await page.getByRole('button', { name: 'Close this notice' }).click();
  await page.getByRole('link', { name: 'How high is the deposit' }).first().click();
  await place.waitFor();

  // A file that is gone leaves the passage.
  await openFromMenu(page, 'Your files');
  await page.getByRole('button', { name: 'Remove lease.txt' }).click();
  await page.locator('#file-list li').nth(1).waitFor();
  await page.keyboard.press('Escape');
  await place.click();
  await passage.getByText('This file is no longer among yours').waitFor();
  assert.match(await shown(), /The deposit of 1,560\.00 is\s+kept/);
});

test('a task uses the tools that are on and no other, and shows its steps', async () => {
  await choose(page, 'Agent');
  assert.equal(await page.locator('#tools-line').textContent(), 'No tools on');
  await answer(page, 'What is 12 times 12?');
  assert.equal(await page.locator('.step').count(), 0, 'nothing is granted unless it is');

  await allowTools(page, ['calculate']);
  assert.equal(await page.locator('#tools-line').textContent(), '1 tool on');
  assert.match(await answer(page, 'What is 12 times 12?'), /144/);
  assert.deepEqual(await steps(), ['Calculated 12 * 12']);
  assert.match(await page.locator('.step small').textContent(), /^\d+(\.\d)? m?s$/);
  const details = page.locator('.step details');
  assert.equal(await details.getAttribute('open'), null);
  await details.locator('summary').press('Enter');
  assert.match(await details.locator('dl').textContent(), /expression12 \* 12/);
  assert.match(await details.locator('pre').textContent(), /144/);

  await page.reload();
  await ready(page);
  assert.equal(await page.locator('#tools-line').textContent(), '1 tool on', 'what was granted stays');
  assert.deepEqual(await steps(), ['Calculated 12 * 12']);
});

test('what changes something is asked for; a yes writes a file that can be opened and saved, a no does not', async () => {
  await choose(page, 'Agent');
  await allowTools(page, ['write_file', 'edit_file', 'read_file']);
  await listen();
  const card = page.locator('.approval');
  await ask(page, 'Create a file new.txt that says: call Ann');
  await card.waitFor();
  await page.waitForFunction(() => document.activeElement?.classList.contains('approval'));
  assert.match(await card.textContent(), /^May I write the file new\.txt\?/);
  assert.match(await card.locator('dl').textContent(), /call Ann/, 'all of the call is shown');
  assert.ok((await heard()).includes('The agent asks: May I write the file new.txt?'));
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await answered(page);
  assert.deepEqual(await steps(), ['Wrote the file new.txt']);
  await page.getByRole('button', { name: 'Open new.txt' }).click();
  assert.equal(await shown(), 'call Ann');
  const saved = await downloadNamed(page, () => page.locator('#passage').getByRole('button', { name: 'Save' }).click());
  assert.deepEqual([saved.name, saved.text.trimEnd()], ['new.txt', 'call Ann']);
  await page.keyboard.press('Escape');

  await ask(page, 'Replace Ann with Bob in new.txt');
  await card.waitFor();
  assert.match(await card.textContent(), /^May I change the file new\.txt\?pathnew\.txtreplaceAnnbyBob/);
  await card.getByRole('button', { name: 'No' }).click();
  await answered(page);
  assert.deepEqual(await steps(), ['Wrote the file new.txt', 'Change the file new.txt']);
  assert.match(await page.locator('.step small').last().textContent(), /^refused/);
  assert.match(await lastAnswer(page).textContent(), /not approved|nothing was changed/);
  await page.getByRole('button', { name: 'Open new.txt' }).first().click();
  assert.equal(await shown(), 'call Ann');
  await page.keyboard.press('Escape');

  // Who writes is not interrupted.
  await ask(page, 'Create a file other.txt that says: call Bob');
  await page.getByLabel('Message', { exact: true }).fill('Meanwhile');
  await card.waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'prompt');
  await page.getByLabel('Message', { exact: true }).fill('');
  await card.getByRole('button', { name: 'No' }).click();
  await answered(page);
});

test('a task is stopped while it asks, and nothing is done; the next one goes on', async () => {
  await choose(page, 'Agent');
  await allowTools(page, ['write_file', 'calculate']);
  await ask(page, 'Create a file new.txt that says: call Ann');
  await page.locator('.approval').waitFor();
  const stopped = Date.now();
  await page.keyboard.press('Escape');
  await answered(page);
  assert.ok(Date.now() - stopped < 1000, 'stopping took too long');
  assert.equal(await page.locator('.approval').count(), 0);
  assert.equal(await page.locator('.assistant .remark').textContent(), 'Stopped.');
  await page.reload();
  await ready(page);
  assert.match(await page.locator('.step small').first().textContent(), /not done|refused/);
  await openFromMenu(page, 'Your files');
  await page.locator('#file-none').waitFor();
  await page.keyboard.press('Escape');
  await settings(page, { temperature: 0, max_tokens: 48 });
  assert.match(await answer(page, 'What is 12 times 12?'), /144/);
});

test('values of files become a table whose cells open their places, saved as CSV and JSON', async () => {
  await addFiles(page, [text('invoice.txt', await readFile(join(examples, 'invoice.txt'))), text('note.txt', 'Nothing of the kind is in here.\n')]);
  const dialog = await openFromMenu(page, 'Make a table');
  await dialog.getByRole('checkbox', { name: 'invoice.txt' }).waitFor();
  await dialog.getByRole('button', { name: 'Make the table' }).click();
  await dialog.getByText('Name a value that you look for.').waitFor();
  await dialog.getByLabel('Name of the value').fill('total');
  await dialog.getByLabel('Kind of value').selectOption('Number');
  await dialog.getByLabel('What the value is').fill('amount to pay, tax included, in pounds');
  await dialog.getByRole('button', { name: 'Another value' }).click();
  await dialog.getByLabel('Name of the value').last().fill('due_date');
  await dialog.getByLabel('Kind of value').last().selectOption('Date');
  await dialog.getByLabel('What the value is').last().fill('day by which it has to be paid');
  await whole(page, () => page.keyboard.press('Enter'));
  const table = page.locator('.values');
  const rows = () => table.locator('tbody tr').evaluateAll((rows) => rows.map(({ cells }) => [...cells].map(({ textContent }) => textContent)));
  assert.deepEqual(await rows(), [['invoice.txt', '1824', '2025-05-12'], ['note.txt', '–', '–']]);
  const cell = table.getByRole('button', { name: '2025-05-12' });
  assert.equal(await cell.getAttribute('title'), '“12 May 2025”, line 7');
  await cell.click();
  assert.equal(await page.locator('#passage mark').textContent(), '12 May 2025');
  await page.keyboard.press('Escape');

  const csv = await downloadNamed(page, () => table.getByRole('button', { name: 'Save as CSV' }).click());
  assert.deepEqual(csv, { name: 'values.csv', text: 'file,total,due_date\r\ninvoice.txt,1824,2025-05-12\r\nnote.txt,,\r\n' });
  const json = await downloadNamed(page, () => table.getByRole('button', { name: 'Save as JSON' }).click());
  assert.deepEqual(JSON.parse(json.text)[0], { file: 'invoice.txt', values: { total: 1824, due_date: '2025-05-12' } });
  assert.ok(await page.getByRole('button', { name: 'Edit' }).isHidden(), 'words alone would not say which table');

  // A schema of one's own: what is wrong with it is said, and so is what a file does not have.
  await openFromMenu(page, 'Make a table');
  await dialog.getByText('A JSON Schema').click();
  assert.match(await dialog.getByLabel('JSON Schema', { exact: true }).inputValue(), /"due_date": \{/, 'it begins as the list was');
  await dialog.getByLabel('JSON Schema', { exact: true }).fill('{"properties":');
  await dialog.getByRole('button', { name: 'Make the table' }).click();
  await dialog.getByText('The schema is not JSON').waitFor();
  const schema = { type: 'object', properties: { total: { type: 'number', description: 'amount to pay, tax included' } }, required: ['total'] };
  await dialog.getByLabel('JSON Schema', { exact: true }).fill(JSON.stringify(schema));
  await whole(page, () => dialog.getByRole('button', { name: 'Make the table' }).click());
  const last = page.locator('.values').last().locator('tbody tr');
  assert.match(await last.first().textContent(), /1824/);
  assert.match(await last.last().textContent(), /^note\.txtNo values: /);
  assert.equal(await page.locator('.values').count(), 2);

  await page.reload();
  await page.locator('.values').nth(1).waitFor();
  assert.deepEqual((await rows()).slice(0, 1), [['invoice.txt', '1824', '2025-05-12']]);
  await ready(page);
});

test('what is personal is masked, in a pasted text and in a file, copied and saved', async () => {
  await addFiles(page, [join(examples, 'letter.txt')]);
  const dialog = await openFromMenu(page, 'Mask what is personal');
  await dialog.getByLabel('Text to be masked').fill('Ask Ms Lovelace, 020 7946 0018, and nobody else.');
  await dialog.getByText('2 places masked.').waitFor();
  assert.equal(await page.locator('#redact-result').textContent(), 'Ask Ms [NAME], [PHONE], and nobody else.');
  assert.deepEqual(await page.locator('#redact-result mark').allTextContents(), ['[NAME]', '[PHONE]']);
  await dialog.getByRole('button', { name: 'Copy the masked text' }).click();
  await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'Ask Ms [NAME], [PHONE], and nobody else.');
  await dialog.getByLabel('Text from').selectOption('letter.txt');
  await page.locator('#redact-result').getByText('[IBAN]').first().waitFor();
  const saved = await downloadNamed(page, () => dialog.getByRole('button', { name: 'Save as a file' }).click());
  assert.equal(saved.name, 'masked-letter.txt');
  assert.match(saved.text, /^\[NAME\]\n\[ADDRESS\]/);
});

test('the memory is read, added to and deleted by the person, and by the agent after a yes', async () => {
  let memory = await openFromMenu(page, 'Memory');
  await memory.getByText('Nothing yet.').waitFor();
  await memory.getByText('The agent does not use it now').waitFor();
  await memory.getByLabel('Something to remember').fill('The spare key is under the flower pot');
  await page.keyboard.press('Enter');
  await page.locator('#memory-list li').waitFor();
  await page.keyboard.press('Escape');

  await choose(page, 'Agent');
  await allowTools(page, ['remember', 'recall']);
  await ask(page, 'Remember that Ann likes tea');
  await page.locator('.approval').getByText('May I remember “Ann likes tea”?').waitFor();
  await page.locator('.approval').getByRole('button', { name: 'Yes' }).click();
  await answered(page);
  assert.deepEqual(await steps(), ['Remembered “Ann likes tea”']);

  await page.reload();
  await ready(page);
  memory = await openFromMenu(page, 'Memory');
  await page.locator('#memory-list li').nth(1).waitFor();
  assert.ok(await page.locator('#memory-off').isHidden());
  assert.match(await page.locator('#memory-list').textContent(), /flower pot.*Ann likes tea/);
  await memory.getByRole('button', { name: 'Forget: Ann likes tea' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#memory-list li').length === 1);
  await memory.getByRole('button', { name: 'Forget: The spare key' }).click();
  await memory.getByText('Nothing yet.').waitFor();
});

test('files and memory are counted in what is stored, and go with everything else', async () => {
  await addFiles(page, [LEASE]);
  const memory = await openFromMenu(page, 'Memory');
  await memory.getByLabel('Something to remember').fill('Anna drinks tea');
  await page.keyboard.press('Enter');
  await page.locator('#memory-list li').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'On this device' }).click();
  await page.locator('#storage-rows tr').first().waitFor();
  assert.match(await page.locator('#storage-rows').textContent(), /Your files and the memory1\.\d kB/);
  await page.getByRole('button', { name: 'Delete everything stored' }).click();
  await page.locator('#question').getByRole('button', { name: 'Delete everything' }).click();
  await page.getByText('Nothing is stored any more.').waitFor();
  await page.locator('#storage-rows').getByRole('row', { name: 'Your files and the memory 0 B' }).waitFor();
  await page.reload();
  await ready(page);
  await openFromMenu(page, 'Your files');
  await page.locator('#file-none').waitFor();
});

test('two tabs have the same files and memory, one after the other', async (t) => {
  const other = await page.context().newPage();
  t.after(() => other.close());
  await other.goto(server.url);
  await ready(other);
  await addFiles(page, [LEASE]);
  await openFromMenu(other, 'Your files');
  await other.locator('#file-list li').waitFor();
  await other.keyboard.press('Escape');
  await choose(other, 'Your files');
  assert.match(await answer(other, 'How high is the deposit for the flat?'), /1,560\.00/);
  await addFiles(other, [BOILER]);
  await openFromMenu(page, 'Your files');
  await page.locator('#file-list li').nth(1).waitFor();
  await page.keyboard.press('Escape');

  // While a task waits for its answer in one tab, the other says so.
  await choose(page, 'Agent');
  await allowTools(page, ['write_file']);
  await ask(page, 'Create a file new.txt that says: call Ann');
  await page.locator('.approval').waitFor();
  await openFromMenu(other, 'Your files');
  await other.locator('#file-status').getByText('in use in another tab of this page').waitFor();
  await page.locator('.approval').getByRole('button', { name: 'Yes' }).click();
  await answered(page);
  await other.keyboard.press('Escape');
  await openFromMenu(other, 'Your files');
  await other.locator('#file-list').getByText('new.txt').waitFor();
});

test('a lost worker takes no file with it', async () => {
  await addFiles(page, [LEASE]);
  const [worker] = page.workers();
  await worker.evaluate(() => void setTimeout(() => { throw new Error('lost'); }));
  await choose(page, 'Your files');
  await ask(page, 'How high is the deposit for the flat?');
  await answered(page);
  if ((await page.locator('article.assistant').count()) === 0) await page.keyboard.press('Enter');
  await page.locator('.citations').waitFor({ timeout: 60_000 });
  assert.match(await lastAnswer(page).textContent(), /1,560\.00/);
});

/** Keeps what a screen reader says. */
async function listen() {
  await page.evaluate(() => {
    globalThis.heard = [];
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) for (const { textContent } of addedNodes) globalThis.heard.push(textContent);
    }).observe(document.getElementById('announcer'), { childList: true });
  });
}

async function heard() {
  return page.evaluate(() => globalThis.heard);
}
