/** The module in this worker, shared by all that works with it. */

import { type AkioError, fromModule } from './errors.js';
import { Turns } from './turns.js';

export class Module {
  /** Answers and tasks take turns: the model does one thing at a time. */
  readonly turns = new Turns();
  /** Lets the tasks that wait in the event loop run, so that a stop can arrive between two steps. */
  readonly nextTask = nextTask();
  /** Why the module can be used no more. */
  #fault: AkioError | undefined;

  /** Calls the module; after a trap its memory is not to be trusted, so it stays closed. */
  call<T>(work: () => T): T {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return work();
    } catch (error) {
      const known = fromModule(error);
      if (known.code === 'trapped') this.#fault = known;
      throw known;
    }
  }
}

/**
 * A message to oneself queues behind those already sent, and is the quickest way in a browser. Node takes a
 * thousand of them before it looks at those of other threads.
 */
function nextTask(): () => Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (work: () => void) => void };
  if (setImmediate !== undefined) return () => new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}
