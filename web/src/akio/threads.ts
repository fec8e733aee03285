/** Threads that work on one model: the first has it, and the others help with what it computes, on the same memory. */

import { help, initSync } from './bindgen/akio.js';
import type { Source } from './source.js';

/** What the first thread shares with the others. */
export interface Shared {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
}

/** The code for several threads, which takes any model. */
export interface Threaded {
  code: Source;
  /** Its sha256. */
  hash: string;
  /** Gives the others what they help with. */
  share(shared: Shared): void;
}

const PAGE = 65_536;

/** What a memory may grow by beside the model, where it has to say so before: room for the longest context. */
const BESIDE = 1 << 30;
/** What the module has at first, and more. */
const INITIAL = 16 << 20;

/** A memory for a model of `bytes`, where the engine has one. */
export function sharedMemory(bytes: number): WebAssembly.Memory | undefined {
  const pages = (size: number): number => Math.min(Math.ceil(size / PAGE), PAGE);
  try {
    return new WebAssembly.Memory({ initial: pages(INITIAL), maximum: pages(bytes + BESIDE), shared: true });
  } catch {
    return undefined; // as where so much cannot be promised
  }
}

/** Bytes of the stack of a helper. */
const STACK = 1 << 20;

/** Helps for as long as this thread lives. */
export function helpWith({ module, memory }: Shared): never {
  initSync({ module, memory, thread_stack_size: STACK });
  help();
  throw new Error('a helper has nothing to do');
}
