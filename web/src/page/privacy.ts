/** The proof that nothing leaves the page: what was asked of a network since loading, and what the policy forbids. */

import { byId } from './dom.js';
import { watchWorkerRequests } from './offline.js';

const badge = byId('privacy-badge', HTMLSpanElement);
const summary = byId('requests-summary', HTMLParagraphElement);
const list = byId('requests', HTMLUListElement);
const policy = byId('policy', HTMLDListElement);
const attempt = byId('attempt', HTMLButtonElement);
const outcome = byId('attempt-outcome', HTMLOutputElement);

/** An address that nobody has: what tries to reach it shows what the policy does. */
const ELSEWHERE = 'https://example.invalid/';

/** Addresses that were asked for since the model was loaded, by the page and by its worker. */
const requests: string[] = [];
let loaded = false;

/** Counts from now on. */
export function countRequests(): void {
  if (loaded) return;
  loaded = true;
  const since = performance.now();
  const sinceDate = Date.now();
  const observer = new PerformanceObserver((entries) => {
    for (const entry of entries.getEntries() as PerformanceResourceTiming[]) {
      // The service worker tells itself of what it does not answer from this device, as it does for the icon.
      if (entry.startTime >= since && entry.workerStart === 0) add(entry.name);
    }
  });
  observer.observe({ type: 'resource' });
  // What was asked for before may be told of afterwards.
  watchWorkerRequests((address, time) => {
    if (time > sinceDate) add(address);
  });
  show();
}

function add(address: string): void {
  if (address === ELSEWHERE) return; // refused before it went anywhere
  if (!requests.includes(address)) requests.push(address);
  show();
}

function show(): void {
  const elsewhere = requests.filter((address) => new URL(address).origin !== location.origin);
  badge.textContent = elsewhere.length === 0 ? 'On this device' : `${elsewhere.length} requests left`;
  summary.textContent =
    requests.length === 0
      ? 'Since the model was loaded, this page has asked no network for anything: 0 requests.'
      : `Since the model was loaded, this page has asked for ${requests.length} ${requests.length === 1 ? 'file' : 'files'}, ${
          elsewhere.length === 0 ? 'all of them its own' : `${elsewhere.length} of them elsewhere`
        }:`;
  list.replaceChildren(
    ...requests.map((address) => {
      const item = document.createElement('li');
      item.textContent = address;
      return item;
    }),
  );
}

/** What the parts of the policy mean. */
const MEANINGS: Record<string, string> = {
  'default-src': 'What is not named below',
  'script-src': 'Programs',
  'worker-src': 'Programs in the background',
  'connect-src': 'Sending and fetching data',
  'manifest-src': 'The description for installing',
  'style-src': 'Styles',
  'img-src': 'Images',
  'base-uri': 'Changing where relative addresses lead',
  'form-action': 'Sending forms',
};
const SOURCES: Record<string, string> = {
  "'none'": 'nowhere',
  "'self'": 'only this page’s own address',
  "'wasm-unsafe-eval'": 'with WebAssembly, without text that becomes a program',
  'data:': 'inside the page itself',
  'blob:': 'made by the page itself',
};

function meaningOf(source: string): string {
  return SOURCES[source] ?? (source.startsWith("'sha256-") ? 'only what came with the page' : source);
}

/** Puts the page's policy into words: the one that the browser enforces, read from where it stands. */
function explainPolicy(): void {
  const text = document.querySelector<HTMLMetaElement>('meta[http-equiv=Content-Security-Policy]')?.content ?? '';
  for (const directive of text.split(';')) {
    const [name = '', ...sources] = directive.trim().split(/\s+/);
    if (name === '') continue;
    const term = document.createElement('dt');
    term.textContent = MEANINGS[name] ?? name;
    const meaning = document.createElement('dd');
    meaning.textContent = sources.map(meaningOf).join(', ');
    const code = document.createElement('code');
    code.textContent = directive.trim();
    meaning.append(code);
    policy.append(term, meaning);
  }
}

attempt.addEventListener('click', async () => {
  let refused: string | undefined;
  const listen = (event: SecurityPolicyViolationEvent): void => {
    refused = event.effectiveDirective;
  };
  document.addEventListener('securitypolicyviolation', listen);
  const answered = await fetch(ELSEWHERE, { method: 'POST', body: 'a test', mode: 'no-cors' }).then(
    () => true,
    () => false,
  );
  // The event is a task of its own.
  await new Promise((resolve) => setTimeout(resolve, 50));
  document.removeEventListener('securitypolicyviolation', listen);
  outcome.textContent = refused
    ? `Refused by the browser, before anything was sent: ${refused}.`
    : answered
      ? 'It was sent. The policy of this page is not in force.'
      : 'It failed, but not by the policy of this page.';
});

explainPolicy();
