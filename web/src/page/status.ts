/** The quiet line below the message field: what is going on, how fast, and how full the context is. */

import { reason } from '../akio/errors.js';
import { announce } from './announce.js';
import type { Progress } from './chat.js';
import { byId } from './dom.js';

const status = byId('status', HTMLParagraphElement);
const meter = byId('meter', HTMLParagraphElement);
const meterText = byId('meter-text', HTMLSpanElement);
const bar = byId('meter-bar', HTMLSpanElement);
const message = byId('message', HTMLDivElement);
const messageText = byId('message-text', HTMLParagraphElement);
const messageClose = byId('message-close', HTMLButtonElement);

const IDLE = 'akio makes mistakes. Check what matters.';

/** Milliseconds between two readings of the meter. */
const PACE = 200;

/** The last measurement, and what will show it. */
let measured: Extract<Progress, { type: 'writing' }>;
let later: ReturnType<typeof setTimeout> | undefined;

export function showProgress(progress: Progress): void {
  switch (progress.type) {
    case 'waiting':
      status.textContent = 'Waiting for the model';
      break;
    case 'reading':
      status.textContent = `Reading: ${progress.done} of ${progress.total} tokens`;
      break;
    case 'doing':
      status.textContent = progress.what;
      break;
    case 'overflow':
      status.textContent = 'The oldest messages no longer fit and were left out';
      announce(status.textContent);
      break;
    case 'writing':
      // A text that is set again is laid out again.
      if (!/^(Answering|The oldest)/.test(status.textContent ?? '')) status.textContent = 'Answering';
      measured = progress;
      if (meter.hidden) showMeter();
      else later ??= setTimeout(showMeter, PACE);
      break;
    case 'ended':
      if (later !== undefined) showMeter();
      if (!status.textContent?.startsWith('The oldest')) status.textContent = IDLE;
      break;
  }
}

/** Forgets the answer that was measured. */
export function clearProgress(): void {
  status.textContent = IDLE;
  clearTimeout(later);
  later = undefined;
  meter.hidden = true;
}

/** Says what went wrong, until it is closed or something else is done. */
export function showError(error: unknown): void {
  messageText.textContent = reason(error);
  message.className = 'error';
  message.hidden = false;
  message.role = 'alert';
}

export function showDone(text: string): void {
  messageText.textContent = text;
  message.className = 'done';
  message.hidden = false;
  message.role = 'status';
}

export function clearMessage(): void {
  message.hidden = true;
}

function showMeter(): void {
  clearTimeout(later);
  later = undefined;
  const { speed, used, context } = measured;
  const parts = speed > 0 ? [`${speed.toFixed(1)} tokens/s`] : [];
  if (used !== undefined) parts.push(`${used} of ${context} tokens`);
  meterText.textContent = parts.join(' · ');
  bar.style.inlineSize = `${Math.min(100, (100 * (used ?? 0)) / context)}%`;
  bar.parentElement?.toggleAttribute('hidden', used === undefined);
  meter.hidden = parts.length === 0;
}

messageClose.addEventListener('click', clearMessage);
