/** The session of chat completions in this worker. */

import { Session } from './bindgen/akio.js';
import { Caller } from './caller.js';
import type { Module } from './module.js';
import type {
  CallRequest,
  ChatMessage,
  EngineEvent,
  GenerateRequest,
  ModuleEvent,
  ModuleInfo,
  SessionOptions,
  Timings,
} from './protocol.js';

export class Engine {
  readonly info: ModuleInfo;
  readonly #module: Module;
  readonly #session: Session;
  readonly #caller: Caller;

  private constructor(module: Module, session: Session) {
    this.#module = module;
    this.#session = session;
    this.#caller = new Caller(module);
    this.info = JSON.parse(session.info()) as ModuleInfo;
  }

  /** Opens a session with the module that was loaded in this worker. */
  static open(module: Module, options: SessionOptions): Engine {
    return module.call(() => new Engine(module, new Session(JSON.stringify(options))));
  }

  /** Generates one answer, or a call, when its turn has come; once the signal is aborted, it ends with the reason. */
  run(
    request: GenerateRequest,
    call: CallRequest | undefined,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#module.turns.do(async () => {
      signal.throwIfAborted();
      const clock = new Clock();
      if (call === undefined || !(await this.#choose(call, clock, onEvent, signal))) {
        await this.#generate(request, clock, onEvent, signal);
      }
    });
  }

  /** Returns whether there is something to call, of which `onEvent` has heard then. */
  async #choose(
    request: CallRequest,
    clock: Clock,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const onProgress = (done: number, total: number): void => onEvent({ type: 'prefill', done, total });
    const called = await this.#caller.call(request, onProgress, signal);
    if (called !== undefined) onEvent({ type: 'call', ...called, timings: clock.timings(called) });
    return called !== undefined;
  }

  async #generate(
    request: GenerateRequest,
    clock: Clock,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#call((session) => session.start(JSON.stringify(request)));
    for (;;) {
      const event = JSON.parse(this.#call((session) => session.next())) as ModuleEvent;
      if (event.type === 'done') {
        onEvent({ ...event, timings: clock.timings(event) });
        return;
      }
      if (event.type === 'text') clock.token();
      onEvent(event);
      await this.#module.nextTask();
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

  #call<T>(call: (session: Session) => T): T {
    return this.#module.call(() => call(this.#session));
  }
}

class Clock {
  readonly #start = performance.now();
  #firstToken: number | undefined;

  token(): void {
    this.#firstToken ??= performance.now();
  }

  timings({ completion_tokens }: { completion_tokens: number }): Timings {
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
