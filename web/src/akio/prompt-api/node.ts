/** The Prompt API for Node, with the model of this package in a worker thread. */

import { Akio } from '../node.js';
import { languageModel } from './language-model.js';
import type { Load } from './shared.js';
import type { LanguageModelConstructor, LanguageModel as Shape } from './types.js';

export type LanguageModel = Shape;
export const LanguageModel: LanguageModelConstructor = languageModel(
  (options) => Akio.load(options),
  async () => true,
);

/**
 * Makes a class `LanguageModel` whose engine is loaded your way, for example
 * `languageModelOf((options) => Akio.load({ ...options, wasm }))`.
 */
export function languageModelOf(load: Load): LanguageModelConstructor {
  return languageModel(load, async () => false);
}

export * from './types.js';
