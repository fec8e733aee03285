/** One engine for all sessions: loaded by the first, and given up with the last. */

import type { Client, LoadOptions } from '../client.js';
import type { LoadProgress } from '../protocol.js';

/** Loads the module. */
export type Load = (options: Required<Pick<LoadOptions, 'signal' | 'onProgress'>>) => Promise<Client>;

export class Shared {
  readonly #load: Load;
  #users = 0;
  #loading: Loading | undefined;

  constructor(load: Load) {
    this.#load = load;
  }

  /** Where the engine is: nowhere, on its way, or here. */
  get state(): 'none' | 'loading' | 'loaded' {
    if (this.#loading === undefined) return 'none';
    return this.#loading.loaded ? 'loaded' : 'loading';
  }

  /** The engine for one more session, which has to be followed by {@link release} also where this fails. */
  async acquire(onProgress: (progress: LoadProgress) => void): Promise<Client> {
    this.#users++;
    this.#loading ??= new Loading(this.#load);
    const loading = this.#loading;
    try {
      return await loading.follow(onProgress);
    } catch (error) {
      if (this.#loading === loading) this.#loading = undefined;
      throw error;
    }
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#loading?.end();
    this.#loading = undefined;
  }
}

/** An engine that is being loaded, or is loaded. */
class Loading {
  loaded = false;
  readonly #client: Promise<Client>;
  readonly #controller = new AbortController();
  readonly #followers = new Set<(progress: LoadProgress) => void>();

  constructor(load: Load) {
    this.#client = load({
      signal: this.#controller.signal,
      onProgress: (progress) => this.#followers.forEach((follower) => follower(progress)),
    });
    this.#client.then(
      () => {
        this.loaded = true;
      },
      () => {}, // who follows hears of it
    );
  }

  async follow(onProgress: (progress: LoadProgress) => void): Promise<Client> {
    this.#followers.add(onProgress);
    try {
      return await this.#client;
    } finally {
      this.#followers.delete(onProgress);
    }
  }

  end(): void {
    this.#controller.abort();
    this.#client.then((client) => client.terminate()).catch(() => {});
  }
}
