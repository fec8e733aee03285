/** What the page keeps on this device, in words, and the way to delete it. */

import { deleteStored, type Storage, storedBytes } from '../akio/index.js';
import { byId } from './dom.js';
import { STORE } from './loading.js';
import { removeOffline } from './offline.js';

const text = byId('storage-text', HTMLParagraphElement);
const deletion = byId('delete', HTMLButtonElement);

/** Says what is kept after loading, and asks the browser not to clear it by itself. */
export async function showStorage(storage: Storage): Promise<void> {
  if (storage !== 'kept') {
    text.textContent =
      storage === 'full'
        ? 'This browser has no room to store the model, so the next visit downloads it again.'
        : 'This browser stores nothing for this page, so the next visit downloads the model again.';
    return;
  }
  const persistent = await navigator.storage.persist().catch(() => false);
  const bytes = await storedBytes(STORE);
  text.textContent = `${(bytes / 1e6).toFixed(1)} MB are stored on this device, and the page works offline. ${
    persistent ? 'They stay until you delete them.' : 'The browser may clear them when the disk is full.'
  }`;
  deletion.hidden = false;
}

deletion.addEventListener('click', async () => {
  if (!confirm('Delete the model and everything else that this page stores on this device?')) return;
  if (!(await deleteStored(STORE))) {
    text.textContent = 'Another tab is loading the model just now. Try again when it is done.';
    return;
  }
  await removeOffline();
  deletion.hidden = true;
  text.textContent = 'Nothing is stored any more. The next visit downloads the model again.';
});
