/** Loading the model, as the welcome text shows it. */

import { Akio, type LoadProgress } from '../akio/index.js';
import { byId } from './dom.js';

const panel = byId('loading', HTMLDivElement);
const label = byId('loading-label', HTMLLabelElement);
const bar = byId('progress', HTMLProgressElement);
const detail = byId('loading-detail', HTMLOutputElement);

const errorPanel = byId('load-error', HTMLDivElement);
const errorText = byId('load-error-text', HTMLParagraphElement);
const retry = byId('retry', HTMLButtonElement);

/** Loads the model; after a failure it waits for the person to try again. */
export async function loadModel(): Promise<Akio> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      await failed(error);
    }
  }
}

async function attempt(): Promise<Akio> {
  errorPanel.hidden = true;
  panel.hidden = false;
  const started = performance.now();
  const akio = await Akio.load({
    overflow: 'evict',
    onProgress: (progress) => show(progress, (performance.now() - started) / 1000),
  });
  panel.hidden = true;
  return akio;
}

function failed(error: unknown): Promise<void> {
  panel.hidden = true;
  errorText.textContent = `The model could not be loaded: ${
    error instanceof Error ? error.message : String(error)
  }.`;
  errorPanel.hidden = false;
  return new Promise((resolve) =>
    retry.addEventListener('click', () => resolve(), { once: true }),
  );
}

function show({ phase, loaded, total }: LoadProgress, seconds: number): void {
  if (phase === 'start') {
    label.textContent = 'Starting the model';
    detail.textContent = megabytes(loaded);
    bar.removeAttribute('value');
    return;
  }
  label.textContent = 'Downloading the model';
  const speed = loaded / seconds;
  const parts = [total ? `${megabytes(loaded, '')} of ${megabytes(total)}` : megabytes(loaded)];
  // The first half second says little about the rest.
  if (seconds > 0.5) {
    parts.push(`${megabytes(speed)}/s`);
    if (total) parts.push(`${Math.ceil((total - loaded) / speed)} s left`);
  }
  detail.textContent = parts.join(' · ');
  if (total) {
    bar.max = total;
    bar.value = loaded;
  } else {
    bar.removeAttribute('value');
  }
}

function megabytes(bytes: number, unit = ' MB'): string {
  return (bytes / 1e6).toFixed(1) + unit;
}
