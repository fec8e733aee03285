/** What the page keeps on this device, in words, and the way to delete it. */

import { reason } from '../akio/errors.js';
import { deleteStored, type Storage, storedBytes, storeNames } from '../akio/index.js';
import type { Desk } from './agent/desk.js';
import type { Database } from './database.js';
import { confirmed } from './dialogs.js';
import { byId } from './dom.js';
import { removeChoice } from './edition-choice.js';
import { EDITIONS, STORE, storeOf } from './loading.js';
import { removeOffline } from './offline.js';
import { UNSTORED } from './place.js';
import { removeSettings } from './settings.js';
import { bytes as inWords } from './size.js';

const text = byId('storage-text', HTMLParagraphElement);
const rows = byId('storage-rows', HTMLTableSectionElement);
const deletion = byId('delete', HTMLButtonElement);

const BUSY = 'Another tab is loading the model just now. Try again when it is done.';

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
  const bytes = (await storedModels()).reduce((sum, { bytes }) => sum + bytes, 0);
  text.textContent = `${inWords(bytes)} are stored on this device, and the page works offline. ${
    persistent ? 'They stay until you delete them.' : 'The browser may clear them when the disk is full.'
  }`;
}

/** Fills the table of what is kept, as it is now. */
export async function measureStorage(database: Database, desk: Desk): Promise<void> {
  const [models, files, conversations, messages, estimate] = await Promise.all([
    storedModels().catch((): StoredModel[] => []),
    desk.storedBytes(),
    database.list().catch(() => []),
    database.messages().catch(() => []),
    (navigator.storage as StorageManager | undefined)?.estimate().catch(() => undefined),
  ]);
  const written = new Blob([JSON.stringify(messages)]).size;
  const [only] = models;
  const content: [string, string, HTMLElement?][] = [
    ...(models.length > 1
      ? models.map((model): [string, string, HTMLElement] => [model.name, inWords(model.bytes), deleteButton(model, () => measureStorage(database, desk))])
      : [['The model', inWords(only?.bytes ?? 0)] satisfies [string, string]]),
    [`${conversations.length} ${conversations.length === 1 ? 'conversation' : 'conversations'}`, inWords(conversations.length ? written : 0)],
    ['Your files and the memory', inWords(files)],
  ];
  if (estimate?.usage !== undefined) content.push(['Everything of this address, by the browser’s count', inWords(estimate.usage)]);
  if (estimate?.quota !== undefined) content.push(['Most that the browser allows', inWords(estimate.quota)]);
  rows.replaceChildren(
    ...content.map(([name, size, action]) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = name;
      row.append(head);
      row.insertCell().append(size, ...(action ? [' ', action] : []));
      return row;
    }),
  );
}

/** Makes the button delete all that is kept here: conversations, files, memory, settings, the model, the page itself. */
export function offerDeletion(database: Database, desk: Desk): void {
  deletion.addEventListener('click', async () => {
    const what = 'The conversations, your files, the memory, the settings, the model and the page itself will be gone from this device.';
    if (!(await confirmed('Delete everything?', what, 'Delete everything'))) return;
    const models = await storedModels();
    const deleted = await Promise.all(models.map(({ store }) => deleteStored(store)));
    if (deleted.includes(false)) {
      text.textContent = BUSY;
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
    removeChoice();
    await removeOffline();
    text.textContent = 'Nothing is stored any more. The next visit downloads the model again.';
    await measureStorage(database, desk);
  });
}

interface StoredModel {
  store: string;
  name: string;
  bytes: number;
}

/** The models that this page keeps, also of editions that are offered no more. */
async function storedModels(): Promise<StoredModel[]> {
  const editions = await EDITIONS;
  const stores = (await storeNames()).filter((store) => store === STORE || store.startsWith(`${STORE} `)).sort();
  return Promise.all(
    stores.map(async (store) => {
      const edition = editions.find((edition) => storeOf(edition) === store);
      return { store, name: edition?.model ?? 'A model that is offered no more', bytes: await storedBytes(store) };
    }),
  );
}

/** Deletes one model of several; the page goes on with it until it is closed. */
function deleteButton({ store, name }: StoredModel, measure: () => Promise<void>): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Delete';
  button.ariaLabel = `Delete ${name} from this device`;
  button.addEventListener('click', async () => {
    if (!(await deleteStored(store))) text.textContent = BUSY;
    await measure();
    deletion.focus();
  });
  return button;
}
