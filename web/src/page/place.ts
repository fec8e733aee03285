/** Where the page has its model from: the server that it came from itself. `akio.html` has one-file/place.ts instead. */

import type { BrowserLoadOptions } from '../akio/index.js';

/** What is said where nothing is stored. */
export const UNSTORED = 'This browser stores nothing for this page, so the next visit downloads the model again.';

/** What loading is told of it, and of the store that keeps it. */
export async function place(store: string): Promise<BrowserLoadOptions> {
  return { store };
}
