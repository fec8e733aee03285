/** A task in progress, seen from the page. */

import { iterate } from '../iterate.js';
import type { AgentEvent, Outcome } from './types.js';

/** Does the task: gives each event to `emit`, and ends with the reason of `signal` once it is aborted. */
export type Work = (emit: (event: AgentEvent) => void, signal: AbortSignal) => Promise<void>;

/**
 * The events of a task, as they come. Leaving the loop stops the task, and so does the signal; the
 * conversation is then as it was before.
 */
export class AgentRun implements AsyncIterable<AgentEvent> {
  readonly #events: ReadableStream<AgentEvent>;
  readonly #outcome: Promise<Outcome>;

  /** For `Agent.run` alone. */
  constructor(work: Work, signal: AbortSignal | undefined) {
    const left = new AbortController();
    const together = AbortSignal.any([left.signal, ...(signal ? [signal] : [])]);
    let events!: ReadableStreamDefaultController<AgentEvent>;
    this.#events = new ReadableStream({
      start: (controller) => {
        events = controller;
      },
      cancel: () => left.abort(),
    });
    this.#outcome = new Promise((resolve, reject) => {
      const emit = (event: AgentEvent): void => {
        if (together.aborted) return;
        events.enqueue(event);
        if (event.type === 'done') resolve(event.outcome);
      };
      work(emit, together).then(
        () => events.close(),
        (error: unknown) => {
          reject(error);
          if (!left.signal.aborted) events.error(error);
        },
      );
    });
    this.#outcome.catch(() => {}); // who wants to know asks
  }

  /** The end of the task. */
  outcome(): Promise<Outcome> {
    return this.#outcome;
  }

  [Symbol.asyncIterator](): AsyncIterator<AgentEvent> {
    return iterate(this.#events);
  }
}
