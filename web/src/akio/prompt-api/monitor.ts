/** The download as the Prompt API tells of it: in fractions of the whole, 0 first and 1 last. */

import type { LoadProgress } from '../protocol.js';

/** Fractions are rounded, so that they say little about the size of the model. */
const STEPS = 0x10000;

type Listener = ((event: ProgressEvent) => unknown) | null;

/** A `CreateMonitor`, whose `addEventListener` knows its event by name. */
export class Monitor extends EventTarget {
  ondownloadprogress: Listener = null;
  #last = -1;

  constructor() {
    super();
    this.addEventListener('downloadprogress', (event) => this.ondownloadprogress?.(event as ProgressEvent));
  }

  /** The end is told by {@link finish} alone: after the last byte the session is still to be opened. */
  report({ loaded, total }: LoadProgress): void {
    if (total !== undefined) this.#send(Math.min(Math.floor((loaded / total) * STEPS), STEPS - 1) / STEPS);
  }

  start(): void {
    this.#send(0);
  }

  finish(): void {
    this.#send(1);
  }

  #send(loaded: number): void {
    if (loaded <= this.#last) return;
    this.#last = loaded;
    this.dispatchEvent(progressEvent(loaded));
  }
}

/** Node has no `ProgressEvent`. */
function progressEvent(loaded: number): Event {
  const progress = { lengthComputable: true, loaded, total: 1 };
  return typeof ProgressEvent === 'function'
    ? new ProgressEvent('downloadprogress', progress)
    : Object.assign(new Event('downloadprogress'), progress);
}
