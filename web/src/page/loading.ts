/** Loading the model, as the welcome text shows it. */

import { AkioError, type AkioErrorCode, reason } from '../akio/errors.js';
import { Akio, type BrowserLoadOptions, type LoadProgress } from '../akio/index.js';
import { byId } from './dom.js';
import { BASE, type Edition } from './editions.js';
import { lookForUpdate } from './offline.js';
import { offered, place } from './place.js';

/** Pages of one origin share its storage: what one of them keeps is named by its path. */
export const STORE = new URL('.', location.href).pathname;

/** The editions that there are. */
export const EDITIONS = offered();

/** The edition that the page is built around. Another model may have been put into it since. */
async function baseEdition(): Promise<Edition | undefined> {
  return (await EDITIONS).find(({ name }) => name === BASE);
}

/** Name of the store that keeps an edition. A path has no spaces. */
export function storeOf(edition: Edition | undefined): string {
  return edition === undefined || edition.name === BASE ? STORE : `${STORE} ${edition.name}`;
}

export type Overflow = NonNullable<BrowserLoadOptions['overflow']>;

const panel = byId('loading', HTMLDivElement);
const label = byId('loading-label', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const detail = byId('loading-detail', HTMLOutputElement);

const errorPanel = byId('load-error', HTMLDivElement);
const errorText = byId('load-error-text', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);

/** What a device without the memory for a model makes of it: loading fails, or the browser ends it. */
const TOO_LARGE: AkioErrorCode[] = ['out_of_memory', 'trapped', 'worker_failed'];

export function isTooLarge(error: unknown): boolean {
  return error instanceof AkioError && TOO_LARGE.includes(error.code);
}

/**
 * Loads the model; after a failure it waits for the person to try again. Rejects when the signal is aborted,
 * and where another edition than the one that the page is built around is too large for the device.
 */
export async function loadModel(overflow: Overflow, edition: Edition | undefined, signal: AbortSignal): Promise<Akio> {
  for (;;) {
    try {
      return await attempt(overflow, edition, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (edition && isTooLarge(error)) throw error;
      await failed(error, signal);
    }
  }
}

async function attempt(overflow: Overflow, edition: Edition | undefined, signal: AbortSignal): Promise<Akio> {
  errorPanel.hidden = true;
  panel.hidden = false;
  try {
    const files = await place(storeOf(edition), edition ?? (await baseEdition()));
    return await Akio.load({ overflow, signal, onProgress: show, ...files });
  } finally {
    panel.hidden = true;
  }
}

/** What to do about a failure, where to try again is not all. */
const ADVICE: Partial<Record<AkioErrorCode, string>> = {
  unsupported: 'Update this browser, or open the page in another one.',
  out_of_memory: 'Close other tabs and programs, and try again.',
};

function failed(error: unknown, signal: AbortSignal): Promise<void> {
  // The host may have a new version already, whose module this page does not take.
  void lookForUpdate();
  const code = error instanceof AkioError ? error.code : undefined;
  const advice = code && ADVICE[code];
  errorText.textContent = `The model could not be loaded: ${reason(error)}.${advice ? ` ${advice}` : ''}`;
  retry.hidden = code === 'unsupported';
  errorPanel.hidden = false;
  return new Promise((resolve, reject) => {
    retry.addEventListener('click', () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

const LABELS = {
  fetch: 'Downloading the model',
  wait: 'Waiting for another tab that downloads the model',
  start: 'Starting the model',
};

function show({ phase, loaded, total, bytesPerSecond, secondsLeft }: LoadProgress): void {
  label.textContent = LABELS[phase];
  const parts = [total ? `${megabytes(loaded, '')} of ${megabytes(total)}` : megabytes(loaded)];
  if (bytesPerSecond) parts.push(`${megabytes(bytesPerSecond)}/s`);
  if (secondsLeft) parts.push(`${duration(secondsLeft)} left`);
  detail.textContent = phase === 'fetch' ? parts.join(' · ') : '';
  if (phase === 'fetch' && total) {
    bar.max = total;
    bar.value = loaded;
  } else {
    bar.removeAttribute('value');
  }
}

function duration(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

function megabytes(bytes: number, unit = ' MB'): string {
  return (bytes / 1e6).toFixed(1) + unit;
}
