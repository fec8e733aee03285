/** The worker's side, the same in a page's worker and in a thread of Node: one engine behind messages. */

import { Engine } from './engine.js';
import { AkioError, reason } from './errors.js';
import type { FromWorker, GenerateRequest, LoadProgress, Storage, ToWorker } from './protocol.js';

export type LoadMessage = Extract<ToWorker, { type: 'load' }>;

/** Instantiates the module from its source, or from the place where this host has it. */
export type Load = (
  message: LoadMessage,
  onProgress: (progress: LoadProgress) => void,
) => Promise<Storage>;

/** Returns what to do with each message that arrives; answers go to `post`. */
export function serve(
  load: Load,
  post: (message: FromWorker) => void,
): (message: ToWorker) => void {
  let engine: Engine | undefined;
  const running = new Map<number, AbortController>();

  function loaded(): Engine {
    if (engine === undefined) throw new AkioError('bad_request', 'the module is not loaded');
    return engine;
  }

  async function run(id: number, request: GenerateRequest): Promise<void> {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      await loaded().run(request, (event) => post({ type: 'event', id, event }), controller.signal);
    } catch (error) {
      // Who aborts has stopped listening.
      if (!controller.signal.aborted) throw error;
    } finally {
      running.delete(id);
    }
  }

  /** Does one message's work; what it throws becomes the answer to `id`. */
  async function answer(id: number | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { code, pointer } =
        error instanceof AkioError ? error : new AkioError('worker_failed', reason(error));
      post({ type: 'error', id, code, message: reason(error), pointer });
    }
  }

  return (message) => {
    switch (message.type) {
      case 'load':
        void answer(undefined, async () => {
          const storage = await load(message, (progress) => post({ type: 'progress', progress }));
          engine = Engine.open(message.options);
          post({ type: 'ready', loaded: { info: engine.info, storage } });
        });
        break;
      case 'run':
        void answer(message.id, () => run(message.id, message.request));
        break;
      case 'stop':
        running.get(message.id)?.abort();
        break;
      case 'count':
        void answer(message.id, async () => {
          post({ type: 'result', id: message.id, value: loaded().countTokens(message.input) });
        });
        break;
    }
  };
}
