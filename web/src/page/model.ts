/** The model in its worker: one answer at a time, loaded anew where the settings or a fault ask for it. */

import { type Akio, AkioError, type AkioErrorCode } from '../akio/index.js';
import { loadModel, type Overflow } from './loading.js';

/** After these the worker is of no use any more. */
const LOST: AkioErrorCode[] = ['trapped', 'worker_failed', 'terminated'];

export class Model {
  /** Hears of every model that is ready. */
  readonly #onReady: (akio: Akio) => void;
  #loaded: Promise<Akio>;
  #overflow: Overflow;
  #lastUse: Promise<unknown> = Promise.resolve();

  /** Begins to load once `start` is fulfilled. */
  constructor(start: Promise<void>, overflow: Overflow, onReady: (akio: Akio) => void) {
    this.#onReady = onReady;
    this.#overflow = overflow;
    this.#loaded = start.then(() => this.#load());
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
    if (overflow !== this.#overflow) {
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
    const akio = await loadModel(this.#overflow);
    this.#onReady(akio);
    return akio;
  }
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
