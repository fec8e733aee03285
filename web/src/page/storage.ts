/** What the page keeps on this device, in words, and the way to delete it. */

import { reason } from '../akio/errors.js';
import { deleteStored, type Storage, storedBytes } from '../akio/index.js';
import type { Desk } from './agent/desk.js';
import type { Database } from './database.js';
import { confirmed } from './dialogs.js';
import { byId } from './dom.js';
import { STORE } from './loading.js';
import { removeOffline } from './offline.js';
import { UNSTORED } from './place.js';
import { removeSettings } from './settings.js';
import { bytes as inWords } from './size.js';

const text = byId('storage-text', HTMLParagraphElement);
const rows = byId('storage-rows', HTMLTableSectionElement);
const deletion = byId('delete', HTMLButtonElement);

/** Says what is kept after loading, and asks the browser not to clear it by itself. */
export async function showStorage(storage: Storage): Promise<void> {
  if (storage !== 'kept') {
    text.textContent =
      storage === 'full'
        ? 'This browser has no room to store the model, so the next visit downloads it again.'
        : UNSTORED;
    return;
  }
  const persistent = await navigator.storage.persist().catch(() => false);
  const bytes = await storedBytes(STORE);
  text.textContent = `${inWords(bytes)} are stored on this device, and the page works offline. ${
    persistent ? 'They stay until you delete them.' : 'The browser may clear them when the disk is full.'
  }`;
}

/** Fills the table of what is kept, as it is now. */
export async function measureStorage(database: Database, desk: Desk): Promise<void> {
  const [model, files, conversations, messages, estimate] = await Promise.all([
    storedBytes(STORE).catch(() => 0),
    desk.storedBytes(),
    database.list().catch(() => []),
    database.messages().catch(() => []),
    (navigator.storage as StorageManager | undefined)?.estimate().catch(() => undefined),
  ]);
  const written = new Blob([JSON.stringify(messages)]).size;
  const content: [string, string][] = [
    ['The model', inWords(model)],
    [`${conversations.length} ${conversations.length === 1 ? 'conversation' : 'conversations'}`, inWords(conversations.length ? written : 0)],
    ['Your files and the memory', inWords(files)],
  ];
  if (estimate?.usage !== undefined) content.push(['Everything of this address, by the browser’s count', inWords(estimate.usage)]);
  if (estimate?.quota !== undefined) content.push(['Most that the browser allows', inWords(estimate.quota)]);
  rows.replaceChildren(
    ...content.map(([name, size]) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = name;
      row.append(head);
      row.insertCell().textContent = size;
      return row;
    }),
  );
}

/** Makes the button delete all that is kept here: conversations, files, memory, settings, the model, the page itself. */
export function offerDeletion(database: Database, desk: Desk): void {
  deletion.addEventListener('click', async () => {
    const what = 'The conversations, your files, the memory, the settings, the model and the page itself will be gone from this device.';
    if (!(await confirmed('Delete everything?', what, 'Delete everything'))) return;
    if (!(await deleteStored(STORE))) {
      text.textContent = 'Another tab is loading the model just now. Try again when it is done.';
      return;
    }
    try {
      await desk.forget();
    } catch (error) {
      text.textContent = reason(error);
      return;
    }
    await database.clear();
    removeSettings();
    await removeOffline();
    text.textContent = 'Nothing is stored any more. The next visit downloads the model again.';
    await measureStorage(database, desk);
  });
}
