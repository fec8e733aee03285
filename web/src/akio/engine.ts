/** The module in this thread: one session, one answer at a time. */

import init, { Session } from './bindgen/akio.js';
import { AkioError, type AkioErrorCode, reason } from './errors.js';
import type {
  DoneEvent,
  EngineEvent,
  GenerateRequest,
  ModuleEvent,
  ModuleInfo,
  SessionOptions,
  Timings,
} from './protocol.js';

/** What answers requests: the engine in this thread, or one behind a worker. */
export interface Backend {
  readonly info: ModuleInfo;
  /** Generates one answer. Rejects with the signal's reason once it is aborted. */
  run(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  countTokens(text: string): Promise<number>;
  terminate(): void;
}

export class Engine implements Backend {
  readonly info: ModuleInfo;
  readonly #session: Session;
  readonly #nextTask: () => Promise<void>;
  #lastRun: Promise<void> = Promise.resolve();
  /** Why the session can be used no more. */
  #fault: AkioError | undefined;

  private constructor(session: Session, nextTask: () => Promise<void>) {
    this.#session = session;
    this.#nextTask = nextTask;
    this.info = JSON.parse(session.info()) as ModuleInfo;
  }

  /**
   * Instantiates the module and opens a session. `nextTask` resolves after the tasks that
   * wait in the event loop: it runs between two steps, so that a stop can arrive.
   */
  static async open(
    module: WebAssembly.Module,
    options: SessionOptions,
    nextTask: () => Promise<void>,
  ): Promise<Engine> {
    try {
      await init({ module_or_path: module });
      return new Engine(new Session(JSON.stringify(options)), nextTask);
    } catch (error) {
      throw moduleError(error);
    }
  }

  run(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const run = this.#lastRun.then(() => this.#generate(request, onEvent, signal));
    this.#lastRun = run.catch(() => {});
    return run;
  }

  async #generate(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    signal?.throwIfAborted();
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
      if (signal?.aborted) {
        this.#call((session) => session.stop());
        throw signal.reason;
      }
    }
  }

  async countTokens(text: string): Promise<number> {
    return this.#call((session) => session.count_tokens(text));
  }

  terminate(): void {
    if (this.#fault === undefined) this.#session.free();
    this.#fault = new AkioError('terminated', 'this akio was terminated');
  }

  /** Calls the module; after a trap its memory is not to be trusted, so it stays closed. */
  #call<T>(call: (session: Session) => T): T {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return call(this.#session);
    } catch (error) {
      const known = moduleError(error);
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

/** The module throws `Error`s with a `code`; everything else is a fault below it. */
function moduleError(error: unknown): AkioError {
  if (error instanceof WebAssembly.RuntimeError) {
    return new AkioError('trapped', `the module stopped at a fault: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof RangeError) {
    return new AkioError('out_of_memory', `not enough memory for the model: ${error.message}`, {
      cause: error,
    });
  }
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string'
    ? new AkioError(code as AkioErrorCode, reason(error), { cause: error })
    : new AkioError('bad_module', `this is not akio's module: ${reason(error)}`, { cause: error });
}
