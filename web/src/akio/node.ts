/** akio for Node: the model runs in a worker thread of this process. */

import { Worker } from 'node:worker_threads';

import { Client, type LoadOptions } from './client.js';
import { AkioError } from './errors.js';
import { type Peer, Remote } from './remote.js';

/** A model in a thread of its own. */
export class Akio extends Client {
  /** Loads the module and its model. Rejects with an `AkioError` or the signal's reason. */
  static async load(options: LoadOptions = {}): Promise<Akio> {
    const { wasm, signal, onProgress = () => {}, ...session } = options;
    signal?.throwIfAborted();
    const source = wasm instanceof URL ? wasm.href : wasm;
    const message = { type: 'load', source, store: undefined, options: session } as const;
    return new Akio(await Remote.open(startThread(), message, onProgress, signal));
  }
}

function startThread(): Peer {
  // Flags of this process, such as --input-type, are not the thread's.
  const thread = new Worker(new URL('./thread.js', import.meta.url), { execArgv: [] });
  return {
    post: (message, transfer) => thread.postMessage(message, transfer),
    listen(onMessage, onFault) {
      thread.removeAllListeners();
      thread.on('message', onMessage);
      thread.on('error', ({ message }) =>
        onFault(new AkioError('worker_failed', `the thread ended: ${message}`)),
      );
    },
    end: () => void thread.terminate(),
    // An idle thread does not keep the process alive.
    setBusy: (busy) => (busy ? thread.ref() : thread.unref()),
  };
}

export * from './types.js';
