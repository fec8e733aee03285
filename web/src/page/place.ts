/** Where the page has its model from: the server that it came from itself. `akio.html` has one-file/place.ts instead. */

import type { BrowserLoadOptions } from '../akio/index.js';
import { type Edition, editionsFrom } from './editions.js';

/** What is said where nothing is stored. */
export const UNSTORED = 'This browser stores nothing for this page, so the next visit downloads the model again.';

/** What loading is told of an edition, and of the store that keeps it; where none can be known it is what the page was first built around. */
export async function place(store: string, edition: Edition | undefined): Promise<BrowserLoadOptions> {
  if (edition === undefined) return { store };
  const { name, published } = edition;
  return { store, wasm: `./${name}.wasm`, plain: `./${name}-plain.wasm`, published };
}

/** The editions that lie beside the page. Where they cannot be known there is nothing to choose from. */
export async function offered(): Promise<Edition[]> {
  try {
    // An old list would refuse a new module.
    return editionsFrom(await (await fetch('./editions.json', { cache: 'no-cache' })).text());
  } catch {
    return [];
  }
}
