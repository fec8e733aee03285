/** akio for browsers: the model runs in a dedicated worker. */

import { Client, type LoadOptions, type Open } from './client.js';
import { AkioError } from './errors.js';
import { nameOfLife, onEnd } from './life.js';
import { type Peer, Remote } from './remote.js';
import { Team, threadsFor } from './team.js';

export interface BrowserLoadOptions extends LoadOptions {
  /** Makes the worker, where a bundler does not find the package's own `worker.js`. */
  worker?: () => Worker;
  /**
   * Name of the store that keeps the module for the next time, where there is one: `'akio'` when left
   * out, nothing is kept with `false`. A store keeps one module; for several give each a name.
   */
  store?: string | false;
}

/** A model in a worker of its own. */
export class Akio extends Client {
  /** Loads the module and its model. Rejects with an `AkioError` or the signal's reason. */
  static async load(options: BrowserLoadOptions = {}): Promise<Akio> {
    const {
      wasm,
      plain,
      published,
      threads: wanted,
      signal,
      onProgress,
      onLost = () => {},
      worker: makeWorker,
      store,
      ...session
    } = options;
    // Without isolation there is no memory to share.
    const threads = threadsFor(wanted, globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1);
    const name = store === false ? undefined : (store ?? 'akio');
    const open: Open = async ({ wasm, signal, onProgress = () => {} }) => {
      const source = typeof wasm === 'string' || wasm instanceof URL ? absolute(wasm) : wasm;
      signal?.throwIfAborted();
      // Bundlers recognise only this form, with literals.
      const start = () =>
        peer(makeWorker ? makeWorker() : new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
      const team = new Team(start);
      const message = {
        type: 'load',
        source,
        plain: plain && absolute(plain),
        published,
        store: name,
        threads,
        life: team.life,
        options: session,
      } as const;
      return Remote.open(team, message, onProgress, signal, onLost);
    };
    const first = { ...(wasm && { wasm }), ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return new Akio(await open(first), open, wasm);
  }
}

function absolute(url: string | URL): string {
  return new URL(url, location.href).href;
}

function peer(worker: Worker): Peer {
  const life = nameOfLife();
  const ended = new AbortController();
  return {
    life,
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onFault) {
      worker.onmessage = ({ data }) => onMessage(data);
      worker.onerror = ({ message }) =>
        onFault(
          new AkioError(
            'worker_failed',
            message
              ? `the worker ended: ${message}`
              : 'the worker script could not be loaded: is worker.js where it should be?',
          ),
        );
    },
    watch(onFault) {
      if (life === undefined) return;
      onEnd(life, ended.signal, () =>
        onFault(new AkioError('worker_failed', 'the worker is gone; restart() starts another')),
      );
    },
    end() {
      ended.abort();
      worker.terminate();
    },
    setBusy() {},
  };
}

export { deleteStored, storedBytes, storeNames } from './store.js';
export * from './types.js';
