/** The part of the package that is the same in browsers and in Node. */

import { Completions } from './completions.js';
import type { LoadProgress, ModuleInfo, SessionOptions, Storage } from './protocol.js';
import type { Remote } from './remote.js';

export interface LoadOptions extends SessionOptions {
  /**
   * The module, when it is not the `akio.wasm` beside the package: a URL, its bytes (they are
   * handed over to the worker) or a compiled module, which is taken as it is and takes more memory.
   * Without relaxed SIMD only the model is used, with the code of the `akio-plain.wasm` beside the package.
   */
  wasm?: string | URL | BufferSource | WebAssembly.Module;
  /** Gives loading up. */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
}

/** A loaded model. Get one from `Akio.load()`. */
export class Client {
  /** What the module says about itself and its model. */
  readonly info: ModuleInfo;
  /** Whether it is stored for the next time. */
  readonly storage: Storage;
  readonly chat: { readonly completions: Completions };
  readonly #remote: Remote;

  protected constructor(remote: Remote) {
    this.#remote = remote;
    this.info = remote.loaded.info;
    this.storage = remote.loaded.storage;
    this.chat = { completions: new Completions(remote) };
  }

  /** Number of tokens in `text`; text that looks like a control token counts as plain text. */
  countTokens(text: string): Promise<number> {
    return this.#remote.countTokens(text);
  }

  /** Ends every answer with the code `terminated` and frees the memory. */
  terminate(): void {
    this.#remote.terminate();
  }
}
