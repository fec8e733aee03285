/** Where `akio.html` has its model from: itself. Module and worker lie in elements that the browser does not run. */

import type { BrowserLoadOptions } from '../akio/index.js';
import { type Edition, editionsFrom } from '../page/editions.js';
import { decode } from './base64.js';

/** How many pieces are decoded at once: between them the page can be drawn. */
const BATCH = 16;

/** What is said where nothing is stored. */
export const UNSTORED = 'The model is in this file. Conversations stay in this browser.';

/** The one model in the file. */
export async function offered(): Promise<Edition[]> {
  return editionsFrom(document.querySelector('script[data-akio="editions"]')?.textContent ?? '[]');
}

/** What loading is told of it; there is nothing to store. The elements are gone afterwards, and their memory with them. */
export async function place(_store: string): Promise<BrowserLoadOptions> {
  const pieces = [...document.querySelectorAll<HTMLScriptElement>('script[data-akio="module"]')];
  const worker = document.querySelector('script[data-akio="worker"]');
  if (pieces.length === 0 || worker === null) {
    // Another try after a failure: they are in the file still.
    location.reload();
    await new Promise(() => {});
  }
  const wasm = new Uint8Array(Number(pieces[0]?.dataset['bytes']));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const bytes = decode(piece.textContent ?? '');
    wasm.set(bytes, at);
    at += bytes.length;
    piece.remove();
    if (index % BATCH === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  const script = URL.createObjectURL(new Blob([worker?.textContent ?? ''], { type: 'text/javascript' }));
  return { store: false, wasm: wasm.buffer, worker: () => new Worker(script) };
}
