/** How far loading is, and how long it will take. */

import type { LoadProgress } from './protocol.js';

/** Time between two reports, and the time over which the speed is measured, in milliseconds. */
const INTERVAL = 50;
const WINDOW = 5000;

export class Progress {
  readonly #report: (progress: LoadProgress) => void;
  #loaded = 0;
  /** Unknown until the first bytes have said it. */
  total: number | undefined;
  #lastReport = -Infinity;
  /** A report that waits for the end of the interval. */
  #pending: ReturnType<typeof setTimeout> | undefined;
  /** Bytes that arrived, by the time of a report. */
  #arrivals: { time: number; bytes: number }[] = [];
  #arrived = 0;

  constructor(report: (progress: LoadProgress) => void, total: number | undefined) {
    this.#report = report;
    this.total = total;
  }

  /** Bytes that came from the source. */
  readonly arrived = (bytes: number): void => {
    this.#arrived += bytes;
    this.add(bytes);
  };

  /** Bytes that need not come: they were here already, or have to come again where negative. */
  add(bytes: number): void {
    this.#loaded += bytes;
    const rest = this.#lastReport + INTERVAL - performance.now();
    if (rest > 0 && this.#loaded !== this.total) {
      // What came last is told even if nothing comes after it.
      this.#pending ??= setTimeout(() => this.#tell(), rest);
    } else {
      this.#tell();
    }
  }

  wait(): void {
    this.stop();
    this.#report(this.#state('wait'));
  }

  start(): void {
    this.stop();
    this.#report(this.#state('start'));
  }

  /** Nothing is told that waits. */
  stop(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
  }

  #tell(): void {
    this.stop();
    const time = performance.now();
    this.#lastReport = time;
    this.#arrivals.push({ time, bytes: this.#arrived });
    while (this.#arrivals[1] && this.#arrivals[1].time < time - WINDOW) this.#arrivals.shift();
    this.#report({ ...this.#state('fetch'), ...this.#speed() });
  }

  #state(phase: LoadProgress['phase']): LoadProgress {
    return { phase, loaded: this.#loaded, total: this.total };
  }

  /** Nothing in the first half second, which says little about the rest. */
  #speed(): Pick<LoadProgress, 'bytesPerSecond' | 'secondsLeft'> {
    const [first, last] = [this.#arrivals[0], this.#arrivals.at(-1)];
    if (!first || !last || last.time - first.time < 500) return {};
    const bytesPerSecond = ((last.bytes - first.bytes) / (last.time - first.time)) * 1000;
    if (this.total === undefined || bytesPerSecond === 0) return { bytesPerSecond };
    return { bytesPerSecond, secondsLeft: (this.total - this.#loaded) / bytesPerSecond };
  }
}
