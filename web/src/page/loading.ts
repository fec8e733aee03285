/** Loading the model, as the welcome text shows it. */

import { reason } from '../akio/errors.js';
import { Akio, type BrowserLoadOptions, type LoadProgress } from '../akio/index.js';
import { byId } from './dom.js';
import { lookForUpdate } from './offline.js';
import { place } from './place.js';

/** Pages of one origin share its storage: each has a store of its own. */
export const STORE = new URL('.', location.href).pathname;

export type Overflow = NonNullable<BrowserLoadOptions['overflow']>;

const panel = byId('loading', HTMLDivElement);
const label = byId('loading-label', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const detail = byId('loading-detail', HTMLOutputElement);

const errorPanel = byId('load-error', HTMLDivElement);
const errorText = byId('load-error-text', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);

/** Loads the model; after a failure it waits for the person to try again. */
export async function loadModel(overflow: Overflow): Promise<Akio> {
  for (;;) {
    try {
      return await attempt(overflow);
    } catch (error) {
      await failed(error);
    }
  }
}

async function attempt(overflow: Overflow): Promise<Akio> {
  errorPanel.hidden = true;
  panel.hidden = false;
  const akio = await Akio.load({ overflow, onProgress: show, ...(await place(STORE)) });
  panel.hidden = true;
  return akio;
}

function failed(error: unknown): Promise<void> {
  // The host may have a new version already, whose module this page does not take.
  void lookForUpdate();
  panel.hidden = true;
  errorText.textContent = `The model could not be loaded: ${reason(error)}.`;
  errorPanel.hidden = false;
  return new Promise((resolve) =>
    retry.addEventListener('click', () => resolve(), { once: true }),
  );
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
