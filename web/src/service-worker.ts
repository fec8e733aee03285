/**
 * Keeps the page itself for visits without a network, and isolates it where the host does not. The module is
 * not its business: the loader keeps that, part by part.
 */

declare const self: ServiceWorkerGlobalScope;
/** Files of the page with their hashes, and the headers that a good host sends; put in front by the build. */
declare const BUILD: { shell: Record<string, string>; headers: Record<string, string>; version: string };
const { shell, headers, version } = BUILD;

const { scope } = self.registration;
/** Pages of one origin share its caches. */
const PREFIX = `akio ${scope} `;
const CACHE = PREFIX + version;

self.addEventListener('install', (event) => event.waitUntil(keepShell()));

// A new version waits until the person wants it, or until the page is closed everywhere.
self.addEventListener('message', ({ data }) => {
  if (data === 'activate') void self.skipWaiting();
});

self.addEventListener('activate', (event) => event.waitUntil(removeOthers().then(() => self.clients.claim())));

self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const [address = ''] = url.split(/[?#]/);
  const name = address.slice(scope.length) || 'index.html';
  if (method === 'GET' && address.startsWith(scope) && Object.hasOwn(shell, name)) {
    event.respondWith(answer(name, event.request));
  } else {
    event.waitUntil(tell(url, Date.now()));
  }
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  const keep = async ([name, integrity]: [string, string]): Promise<void> => {
    // What the host has not changed since the last version is not sent again.
    const response = await fetch(address(name), { integrity, cache: 'no-cache' });
    if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
    await cache.put(name, response);
  };
  await Promise.all(Object.entries(shell).map(keep));
}

async function removeOthers(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
}

async function answer(name: string, request: Request): Promise<Response> {
  const kept = (await caches.match(name, { cacheName: CACHE })) ?? (await fromNetwork(request));
  // Of what is redirected a navigation takes no copy.
  if (kept.status !== 200) return kept;
  const all = new Headers(kept.headers);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return new Response(kept.body, { headers: all });
}

async function fromNetwork(request: Request): Promise<Response> {
  await tell(request.url, Date.now());
  return fetch(request);
}

/** The page shows what it and its worker ask a network for. */
async function tell(request: string, time: number): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage({ request, time });
}

/** Many hosts send who asks for index.html elsewhere. */
function address(name: string): string {
  return name === 'index.html' ? scope : scope + name;
}
