/** The module in this worker: one session, one answer at a time. */

import init, { model_place, Session } from './bindgen/akio.js';
import { AkioError, type AkioErrorCode, reason } from './errors.js';
import type { Compiled } from './module.js';
import type {
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

  /** Instantiates the module, which a worker can do once, and opens a session. */
  static async open(compiled: Compiled, options: SessionOptions): Promise<Engine> {
    try {
      await instantiate(compiled);
      return new Engine(new Session(JSON.stringify(options)));
    } catch (error) {
      throw moduleError(error);
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

  countTokens(text: string): number {
    return this.#call((session) => session.count_tokens(text));
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

/** Makes the module ready for sessions; exported for tests that drive them without this engine. */
export async function instantiate({ module, model }: Compiled): Promise<void> {
  const { memory } = await init({ module_or_path: module });
  if (model === undefined) return;
  const [address, length] = model_place();
  if (model.length !== length) {
    throw new AkioError(
      'bad_module',
      `akio-plain.wasm is for a model of ${length} bytes, and this one has ${model.length}`,
    );
  }
  new Uint8Array(memory.buffer, address, length).set(model);
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
