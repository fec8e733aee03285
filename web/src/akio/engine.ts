/** The module in this worker: one session, one answer at a time. */

import { Session } from './bindgen/akio.js';
import { type AkioError, fromModule } from './errors.js';
import type {
  ChatMessage,
  DoneEvent,
  EngineEvent,
  GenerateRequest,
  ModuleEvent,
  ModuleInfo,
  SessionOptions,
  Timings,
} from './protocol.js';

export class Engine {
  readonly info: ModuleInfo;
  readonly #session: Session;
  readonly #nextTask = nextTask();
  #lastRun: Promise<void> = Promise.resolve();
  /** Why the session can be used no more. */
  #fault: AkioError | undefined;

  private constructor(session: Session) {
    this.#session = session;
    this.info = JSON.parse(session.info()) as ModuleInfo;
  }

  /** Opens a session with the module that was loaded in this worker. */
  static open(options: SessionOptions): Engine {
    try {
      return new Engine(new Session(JSON.stringify(options)));
    } catch (error) {
      throw fromModule(error);
    }
  }

  /** Generates one answer after those before it; once the signal is aborted, it ends with the reason. */
  run(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const run = this.#lastRun.then(() => this.#generate(request, onEvent, signal));
    this.#lastRun = run.catch(() => {});
    return run;
  }

  async #generate(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const clock = new Clock();
    this.#call((session) => session.start(JSON.stringify(request)));
    for (;;) {
      const event = JSON.parse(this.#call((session) => session.next())) as ModuleEvent;
      if (event.type === 'done') {
        onEvent({ ...event, timings: clock.timings(event) });
        return;
      }
      if (event.type === 'text') clock.token();
      onEvent(event);
      await this.#nextTask();
      if (signal.aborted) {
        this.#call((session) => session.stop());
        throw signal.reason;
      }
    }
  }

  countTokens(input: string | ChatMessage[]): number {
    return this.#call((session) =>
      typeof input === 'string'
        ? session.count_tokens(input)
        : session.count_messages(JSON.stringify(input)),
    );
  }

  /** Calls the module; after a trap its memory is not to be trusted, so it stays closed. */
  #call<T>(call: (session: Session) => T): T {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return call(this.#session);
    } catch (error) {
      const known = fromModule(error);
      if (known.code === 'trapped') this.#fault = known;
      throw known;
    }
  }
}

class Clock {
  readonly #start = performance.now();
  #firstToken: number | undefined;

  token(): void {
    this.#firstToken ??= performance.now();
  }

  timings({ completion_tokens }: DoneEvent): Timings {
    const end = performance.now();
    const first = this.#firstToken ?? end;
    const predicted_ms = end - first;
    return {
      prompt_ms: first - this.#start,
      predicted_ms,
      predicted_per_second:
        completion_tokens > 1 ? (completion_tokens - 1) / (predicted_ms / 1000) : 0,
    };
  }
}

/**
 * Lets the tasks that wait in the event loop run, so that a stop can arrive between two steps. A
 * message to oneself queues behind those already sent, and is the quickest way.
 */
function nextTask(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let resume = (): void => {};
  port1.onmessage = () => resume();
  return () =>
    new Promise((resolve) => {
      resume = resolve;
      port2.postMessage(undefined);
    });
}
