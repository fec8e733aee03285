/** The service worker: the page without a network, isolated, and updated when the person wants it. */

import { byId } from './dom.js';

const offer = byId('update', HTMLParagraphElement);
const updateNow = byId('update-now', HTMLButtonElement);

/** The longest that a first visit waits to be isolated, in milliseconds. */
const PATIENCE = 3000;
const RELOADED = 'akio reloaded to be isolated';

let registration: ServiceWorkerRegistration | undefined;

/**
 * Registers the service worker. On a first visit to a host that sends no headers of isolation, the page
 * loads once more as soon as the service worker can send them: before anything large is loaded, and not
 * when someone has begun to write.
 */
export async function goOffline(isUntouched: () => boolean): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (workers === undefined) return; // as in pages from plain HTTP
  const controlled = register(workers);
  if (crossOriginIsolated || workers.controller || sessionStorage.getItem(RELOADED)) return;
  await Promise.race([controlled, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
  if (workers.controller === null || !isUntouched()) return;
  sessionStorage.setItem(RELOADED, 'yes');
  location.reload();
  await new Promise(() => {}); // nothing is to begin here any more
}

/** Returns when the service worker controls the page, or never will. */
async function register(workers: ServiceWorkerContainer): Promise<void> {
  const wasControlled = workers.controller !== null;
  const controlled = new Promise((resolve) => workers.addEventListener('controllerchange', resolve, { once: true }));
  try {
    registration = await workers.register('./service-worker.js');
    offerUpdates(registration, wasControlled);
    await controlled;
  } catch {
    // The page works all the same, as long as there is a network.
  }
}

/** Asks whether there is a new version, as when the host has another module than this page expects. */
export async function lookForUpdate(): Promise<void> {
  // Without a network there is nothing to be found.
  await registration?.update().catch(() => {});
}

/** Removes the service worker and what it keeps. */
export async function removeOffline(): Promise<void> {
  const prefix = `akio ${new URL('./', location.href).href} `;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(prefix)).map((name) => caches.delete(name)));
  await registration?.unregister();
}

/** Tells of what the service worker lets through to a network, also for the model's worker, and of the time. */
export function watchWorkerRequests(onRequest: (address: string, time: number) => void): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  workers?.addEventListener('message', ({ data }: MessageEvent<{ request?: string; time?: number }>) => {
    if (data.request !== undefined) onRequest(data.request, data.time ?? 0);
  });
  workers?.startMessages();
}

function offerUpdates(registration: ServiceWorkerRegistration, wasControlled: boolean): void {
  const workers = navigator.serviceWorker;
  const show = (): void => {
    offer.hidden = false;
  };
  const watch = (worker: ServiceWorker | null): void =>
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && workers.controller) show();
    });
  if (registration.waiting && wasControlled) show();
  watch(registration.installing);
  registration.addEventListener('updatefound', () => watch(registration.installing));

  let asked = false;
  updateNow.addEventListener('click', () => {
    asked = true;
    // Another tab may have updated already.
    if (registration.waiting) registration.waiting.postMessage('activate');
    else location.reload();
  });
  if (!wasControlled) return;
  workers.addEventListener('controllerchange', () => (asked ? location.reload() : show()));
}
