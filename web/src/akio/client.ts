/// <reference lib="esnext.disposable" preserve="true" />
/** The part of the package that is the same in browsers and in Node. */

import { Completions } from './completions.js';
import { AkioError } from './errors.js';
import type { ChatMessage, LoadProgress, ModuleInfo, Published, SessionOptions, Storage } from './protocol.js';
import type { Remote } from './remote.js';

/** What loading takes each time. */
export interface RestartOptions {
  /**
   * The module, when it is not the `akio.wasm` beside the package: a URL, its bytes (they are
   * handed over to the worker) or a compiled module, which is taken as it is and takes more memory.
   * Without relaxed SIMD only the model is used, with the code of `plain`, or of the `akio-plain.wasm` beside
   * the package.
   */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
  /** Gives loading up. */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

export interface LoadOptions extends SessionOptions, RestartOptions {
  /** Beside a `wasm` with another model: its code without relaxed SIMD, made for a model of that size. */
  plain?: string | URL;
  /** What `wasm` and `plain` are known to be: with it their code is verified, and stored where there is a store. */
  published?: Published;
  /**
   * How many threads compute: when left out as many as there are cores, eight at most. More than one need relaxed SIMD
   * and memory that threads share, which a page has only when it is isolated from other origins; else it is one.
   */
  threads?: number;
  /**
   * Hears that the worker is gone without `terminate()`, with the code `worker_failed` or `trapped`. Then
   * everything fails with that error until `restart()`.
   */
  onLost?: (error: AkioError) => void;
}

/** Starts a worker with the module in it. */
export type Open = (options: RestartOptions) => Promise<Remote>;

/** The worker of a loaded model at the moment: for the parts of this package that work on it. */
export let remoteOf: (akio: Client) => Remote;

/** A loaded model. Get one from `Akio.load()`. */
export class Client implements AsyncDisposable {
  static {
    remoteOf = (akio) => {
      if (#remote in akio) return akio.#remote;
      throw new AkioError('bad_request', 'this is no Akio of the same package: pass what `Akio.load()` gave');
    };
  }

  readonly chat: { readonly completions: Completions };
  readonly #open: Open;
  readonly #wasm: RestartOptions['wasm'];
  #remote: Remote;
  /** A restart in progress. */
  #restart: { done: Promise<void>; controller: AbortController } | undefined;

  protected constructor(remote: Remote, open: Open, wasm: RestartOptions['wasm']) {
    this.#remote = remote;
    this.#open = open;
    this.#wasm = wasm;
    this.chat = { completions: new Completions(() => this.#remote) };
  }

  /** What the module says about itself and its model. */
  get info(): ModuleInfo {
    return this.#remote.loaded.info;
  }

  /** Whether it is stored for the next time. */
  get storage(): Storage {
    return this.#remote.loaded.storage;
  }

  /** How many threads compute. */
  get threads(): number {
    return this.#remote.loaded.threads;
  }

  /** Why nothing can be asked until `restart()`: the worker was lost or terminated. */
  get fault(): AkioError | undefined {
    return this.#remote.fault;
  }

  /**
   * Number of tokens. In a text, what looks like a control token counts as plain text. Of a conversation
   * it is what the model would read: with the template's own tokens, the default system message where
   * there is none, and the opening of the answer.
   */
  countTokens(input: string | ChatMessage[]): Promise<number> {
    return this.#remote.countTokens(input);
  }

  /**
   * Loads the module again in a new worker, with the options it had: after the codes `trapped`,
   * `worker_failed` and `terminated`, or to give back memory that a long context has taken. Answers in
   * progress end with the code `terminated`. Conversations are yours, and go on with the next request.
   */
  restart(options: RestartOptions = {}): Promise<void> {
    this.#restart ??= this.#startAgain(options);
    return this.#restart.done;
  }

  #startAgain({ wasm = this.#wasm, signal, onProgress }: RestartOptions) {
    const controller = new AbortController();
    const signals = [controller.signal, ...(signal ? [signal] : [])];
    const work = async (): Promise<void> => {
      // What was handed over is empty here.
      if ((wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) && wasm.byteLength === 0) {
        const message = 'the bytes of the module were handed over to the worker that is gone: pass `wasm` again';
        throw new AkioError('bad_request', message);
      }
      this.#remote.terminate();
      this.#remote = await this.#open({
        ...(wasm !== undefined && { wasm }),
        ...(onProgress && { onProgress }),
        signal: AbortSignal.any(signals),
      });
    };
    const done = work().finally(() => {
      this.#restart = undefined;
    });
    return { done, controller };
  }

  /** Ends every answer with the code `terminated` and frees the memory. */
  terminate(): void {
    this.#restart?.controller.abort(new AkioError('terminated', 'this akio was terminated'));
    this.#remote.terminate();
  }

  /** For `await using`: {@link terminate}. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
  }
}
