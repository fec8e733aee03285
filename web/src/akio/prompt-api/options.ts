/** The options of a session, checked. */

import type { ChatCompletionParams } from '../completions.js';
import type {
  LanguageModelCreateCoreOptions,
  LanguageModelExpected,
  LanguageModelParams,
  LanguageModelSamplingMode,
} from './types.js';

export const PARAMS: LanguageModelParams = {
  defaultTopK: 40,
  maxTopK: 128,
  defaultTemperature: 0.2,
  maxTemperature: 2,
};

const TEMPERATURES: Record<LanguageModelSamplingMode, number> = {
  'most-predictable': 0,
  predictable: 0.1,
  balanced: PARAMS.defaultTemperature,
  creative: 0.7,
  'most-creative': 1,
};

const DEFAULT_MODE = 'balanced';

/** How a session chooses its words. */
export interface SessionSampling {
  samplingMode: LanguageModelSamplingMode | null;
  topK: number;
  temperature: number;
}

/** Throws a `TypeError` for what is no mode, and for a mode beside numbers. */
export function checkMode({ samplingMode, topK, temperature }: LanguageModelCreateCoreOptions): void {
  if (samplingMode === undefined) return;
  if (!Object.hasOwn(TEMPERATURES, samplingMode)) {
    throw new TypeError(`there is no samplingMode ${String(samplingMode)}`);
  }
  if (topK !== undefined || temperature !== undefined) {
    throw new TypeError('give samplingMode, or topK and temperature, but not both');
  }
}

/** Throws as {@link checkMode}, and a `RangeError` for numbers out of range. */
export function samplingOf(options: LanguageModelCreateCoreOptions): SessionSampling {
  checkMode(options);
  const { samplingMode, topK, temperature } = options;
  if (topK === undefined && temperature === undefined) {
    const mode = samplingMode ?? DEFAULT_MODE;
    return { samplingMode: mode, topK: PARAMS.defaultTopK, temperature: TEMPERATURES[mode] };
  }
  const { defaultTopK, maxTopK, defaultTemperature, maxTemperature } = PARAMS;
  if (topK !== undefined && !(topK >= 1)) throw new RangeError('topK is less than 1');
  if (temperature !== undefined && !(temperature >= 0)) throw new RangeError('temperature is less than 0');
  return {
    samplingMode: null,
    topK: Math.floor(Math.min(topK ?? defaultTopK, maxTopK)),
    temperature: Math.min(temperature ?? defaultTemperature, maxTemperature),
  };
}

/** The same for the engine. */
export function toParams({ topK, temperature }: SessionSampling): Pick<ChatCompletionParams, 'top_k' | 'temperature'> {
  return { top_k: topK, temperature };
}

/**
 * Whether the model takes and gives what is expected: text, in English if languages are named. Throws a
 * `RangeError` for an invalid language tag.
 */
export function isSupported({ expectedInputs = [], expectedOutputs = [] }: LanguageModelCreateCoreOptions): boolean {
  const supported = [...expectedInputs, ...expectedOutputs].map(isExpectedSupported);
  return supported.every((is) => is);
}

function isExpectedSupported({ type, languages = [] }: LanguageModelExpected): boolean {
  const english = Intl.getCanonicalLocales(languages).every((tag) => new Intl.Locale(tag).language === 'en');
  return type === 'text' && english;
}
