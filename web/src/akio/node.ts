/** akio for Node: the model runs in a worker thread of this process. */

import { availableParallelism } from 'node:os';
import { type Transferable, Worker } from 'node:worker_threads';

import { Client, type LoadOptions, type Open } from './client.js';
import { AkioError } from './errors.js';
import { type Peer, Remote } from './remote.js';
import { Team, threadsFor } from './team.js';

/** A model in a thread of its own. */
export class Akio extends Client {
  /** Loads the module and its model. Rejects with an `AkioError` or the signal's reason. */
  static async load(options: LoadOptions = {}): Promise<Akio> {
    const { wasm, plain, published, threads: wanted, signal, onProgress, onLost = () => {}, ...session } = options;
    const threads = threadsFor(wanted, availableParallelism());
    const open: Open = async ({ wasm, signal, onProgress = () => {} }) => {
      signal?.throwIfAborted();
      const message = {
        type: 'load',
        source: wasm instanceof URL ? wasm.href : wasm,
        plain: plain instanceof URL ? plain.href : plain,
        published,
        store: undefined,
        threads,
        life: undefined,
        options: session,
      } as const;
      return Remote.open(new Team(startThread), message, onProgress, signal, onLost);
    };
    const first = { ...(wasm && { wasm }), ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return new Akio(await open(first), open, wasm);
  }
}

function startThread(): Peer {
  // Flags of this process, such as --input-type, are not the thread's.
  const thread = new Worker(new URL('./thread.js', import.meta.url), { execArgv: [] });
  const gone = (how: string) => new AkioError('worker_failed', `${how}; restart() starts another`);
  return {
    life: undefined,
    post: (message, transfer) => thread.postMessage(message, transfer as Transferable[]),
    listen(onMessage, onFault) {
      thread.removeAllListeners();
      thread.on('message', onMessage);
      thread.on('error', ({ message }) => onFault(gone(`the thread ended: ${message}`)));
      thread.on('exit', (code) => onFault(gone(`the thread ended with the exit code ${code}`)));
    },
    watch() {}, // every end is an event
    end() {
      thread.removeAllListeners();
      void thread.terminate();
    },
    // An idle thread does not keep the process alive.
    setBusy: (busy) => (busy ? thread.ref() : thread.unref()),
  };
}

export * from './types.js';
