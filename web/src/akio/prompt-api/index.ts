/** The Prompt API for browsers, with the model of this package in a worker. */

import { PUBLISHED } from '../bindgen/published.js';
import { Akio } from '../index.js';
import { isStored } from '../store.js';
import { languageModel } from './language-model.js';
import type { Load } from './shared.js';
import type { LanguageModelConstructor, LanguageModel as Shape } from './types.js';

export type LanguageModel = Shape;
export const LanguageModel: LanguageModelConstructor = languageModel(
  (options) => Akio.load(options),
  () => isStored('akio', PUBLISHED),
);

/**
 * Makes a class `LanguageModel` whose engine is loaded your way, for example
 * `languageModelOf((options) => Akio.load({ ...options, worker }))`.
 */
export function languageModelOf(load: Load): LanguageModelConstructor {
  return languageModel(load, async () => false);
}

export * from './types.js';
