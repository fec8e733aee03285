// What a person does on the page.

import { readFile } from 'node:fs/promises';

/** Waits for the model. */
export function ready(page) {
  return page.locator('html[data-ready]').waitFor({ timeout: 60_000 });
}

/** Sets fields of the settings; they hold until the page is closed. */
export async function settings(page, values) {
  for (const [name, value] of Object.entries(values)) {
    await page.locator(`[name=${name}]`).evaluate((input, value) => (input.value = value), String(value));
  }
}

export async function ask(page, question) {
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.keyboard.press('Enter');
}

export async function answered(page) {
  await page.locator('#send').waitFor({ timeout: 120_000 });
}

/** Does what begins an answer, and waits for its end, so many milliseconds at most. */
export async function whole(page, begin, patience = 60_000) {
  await page.evaluate((patience) => {
    globalThis.answerEnded = new Promise((resolve, reject) => {
      const stop = document.getElementById('stop');
      let begun = false;
      setTimeout(() => reject(new Error(`no answer has ${begun ? 'ended' : 'begun'}`)), patience);
      new MutationObserver(() => {
        if (!stop.hidden) begun = true;
        else if (begun) resolve();
      }).observe(stop, { attributes: true });
    });
  }, patience);
  await begin();
  await page.evaluate(() => globalThis.answerEnded);
}

/** Asks and waits for the answer; returns it. */
export async function answer(page, question, patience) {
  await whole(page, () => ask(page, question), patience);
  return lastAnswer(page).textContent();
}

export function lastAnswer(page) {
  return page.locator('article.assistant .text').last();
}

/** Imports conversations as a person does by choosing a file. */
export async function importFile(page, text, name = 'conversations.json') {
  await page.locator('#import-file').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  const message = page.locator('#message');
  await message.waitFor();
  return message.locator('p').textContent();
}

/** A file of one conversation with these texts, in turns of user and assistant. */
export function exported(title, texts) {
  const messages = texts.map((text, i) => ({
    id: `m${i}`,
    parent: i === 0 ? null : `m${i - 1}`,
    role: i % 2 === 0 ? 'user' : 'assistant',
    parts: [{ type: 'text', text }],
    created: 1000 + i,
    ...(i % 2 === 1 && { end: 'done' }),
  }));
  const conversation = { id: 'c', title, created: 1000, updated: Date.now(), leaf: null, messages };
  return JSON.stringify({ format: 'akio conversations', version: 1, conversations: [conversation] });
}

/** Opens what the menu beside the message offers; returns its dialog. */
export async function openFromMenu(page, name) {
  await page.getByRole('button', { name: 'Files and more' }).click();
  await page.locator('#attach-menu').getByRole('button', { name, exact: true }).click();
  return page.locator('dialog[open]').last();
}

/** Adds files as a person does who chooses them, by paths or as `{ name, mimeType, buffer }`. */
export async function addFiles(page, files) {
  await page.locator('#file').setInputFiles(files);
  const message = page.locator('#message');
  await message.getByText(/was added|were added|Left out/).waitFor();
  const said = await message.locator('p').textContent();
  await page.getByRole('button', { name: 'Close this notice' }).click();
  return said;
}

/** Lets the agent use these tools and no other, by the switches in the settings. */
export async function allowTools(page, tools) {
  await page.keyboard.press('Control+,');
  for (const box of await page.locator('[name=tools]').all()) await box.setChecked(tools.includes(await box.getAttribute('value')));
  await page.keyboard.press('Escape');
}

/** Chooses who answers. */
export async function choose(page, mode) {
  await page.locator('#mode').getByText(mode, { exact: true }).click();
}

/** Drops files and folders that lie on this machine, with everything that a browser knows of them. */
export async function dropPaths(page, paths) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await session.send('Input.dispatchDragEvent', { type, x: 400, y: 200, data });
  await session.detach();
}

/** Drops files onto the page, as from the desktop. */
export async function drop(page, files) {
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, bytes } of files) transfer.items.add(new File([Uint8Array.from(bytes)], name));
    return transfer;
  }, files.map(({ name, content }) => ({ name, bytes: [...Buffer.from(content)] })));
  for (const event of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('main', event, { dataTransfer: transfer });
}

/** Saves what a click downloads; returns its text. */
export async function download(page, click) {
  return (await downloadNamed(page, click)).text;
}

export async function downloadNamed(page, click) {
  const [file] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };
}
