/** The model in its worker: one answer at a time, loaded anew where the settings, another edition or a fault ask for it. */

import { reason } from '../akio/errors.js';
import { type Akio, AkioError, type AkioErrorCode } from '../akio/index.js';
import type { Edition } from './editions.js';
import { endAttempt, lostAttempt, noteAttempt } from './last-attempt.js';
import { isTooLarge, loadModel, type Overflow } from './loading.js';

/** After these the worker is of no use any more. */
const LOST: AkioErrorCode[] = ['trapped', 'worker_failed', 'terminated'];

export interface ModelEvents {
  /** A model is ready. */
  ready(akio: Akio): void;
  /** This edition was too large for the device: the one that the page is built around is loaded instead. */
  gaveUp(edition: Edition, why: string): void;
}

export class Model {
  readonly #events: ModelEvents;
  #loaded: Promise<Akio>;
  /** Gives up what is being loaded. */
  #loading: AbortController | undefined;
  #overflow: Overflow;
  /** The edition that is wanted, and the one that was loaded last; none for the one that the page is built around. */
  #edition: Edition | undefined;
  #inside: Edition | undefined;
  #lastUse: Promise<unknown> = Promise.resolve();

  /** Begins to load once `start` has told the edition. */
  constructor(start: Promise<Edition | undefined>, overflow: Overflow, events: ModelEvents) {
    this.#events = events;
    this.#overflow = overflow;
    this.#loaded = start.then((edition) => {
      this.#edition ??= edition;
      if (this.#edition && lostAttempt() === this.#edition.name) this.#giveUp(this.#edition, 'the browser has ended the page');
      return this.#load();
    });
  }

  get edition(): Edition | undefined {
    return this.#edition;
  }

  /** Takes another edition: at once where one is still being loaded, else after the answer in progress. */
  change(edition: Edition | undefined): void {
    this.#edition = edition;
    this.#loading?.abort();
    void this.use(this.#overflow, new AbortController().signal, async () => {});
  }

  /** The model of the moment. */
  get loaded(): Promise<Akio> {
    return this.#loaded;
  }

  /** Does `work` after the work before it. Rejects with the signal's reason as soon as it is aborted. */
  use<T>(overflow: Overflow, signal: AbortSignal, work: (akio: Akio) => Promise<T>): Promise<T> {
    const use = this.#lastUse.then(async () => {
      signal.throwIfAborted();
      const akio = await unlessAborted(this.#with(overflow), signal);
      try {
        return await work(akio);
      } catch (error) {
        if (error instanceof AkioError && LOST.includes(error.code)) this.#renew(akio);
        throw error;
      }
    });
    this.#lastUse = use.catch(() => {});
    return unlessAborted(use, signal);
  }

  async #with(overflow: Overflow): Promise<Akio> {
    const akio = await this.#loaded;
    if (overflow !== this.#overflow || this.#edition !== this.#inside) {
      // The policy belongs to the session, which is opened when the model is loaded.
      this.#overflow = overflow;
      this.#renew(akio);
    }
    return this.#loaded;
  }

  #renew(akio: Akio): void {
    akio.terminate();
    this.#loaded = this.#load();
  }

  async #load(): Promise<Akio> {
    for (;;) {
      const edition = (this.#inside = this.#edition);
      const loading = (this.#loading = new AbortController());
      if (edition) noteAttempt(edition.name);
      try {
        const akio = await loadModel(this.#overflow, edition, loading.signal);
        this.#loading = undefined;
        this.#events.ready(akio);
        return akio;
      } catch (error) {
        if (loading.signal.aborted) continue; // another edition was chosen
        if (edition === undefined || !isTooLarge(error)) throw error;
        this.#giveUp(edition, reason(error));
      } finally {
        endAttempt();
      }
    }
  }

  #giveUp(edition: Edition, why: string): void {
    this.#edition = undefined;
    this.#events.gaveUp(edition, why);
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
