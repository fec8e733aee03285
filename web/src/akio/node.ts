/** akio for Node: the model runs in this process. */

import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Client, type LoadOptions } from './client.js';
import { Engine } from './engine.js';
import { AkioError, reason } from './errors.js';
import { compile } from './module.js';
import type { LoadProgress, ModuleSource } from './protocol.js';

/** A model in this process: it shares the event loop between the steps of an answer. */
export class Akio extends Client {
  /** Loads the module and its model. Rejects with an `AkioError` or the signal's reason. */
  static async load(options: LoadOptions = {}): Promise<Akio> {
    const { wasm, signal, onProgress = () => {}, ...session } = options;
    const source = wasm ?? new URL('./akio.wasm', import.meta.url);
    signal?.throwIfAborted();
    const module = await bind(source instanceof URL ? source.href : source, onProgress);
    signal?.throwIfAborted();
    return new Akio(await Engine.open(module, session, setImmediate));
  }
}

/** The bindings hold one instance of one module for the whole process; later loads share it. */
let bound: { source: ModuleSource; module: Promise<WebAssembly.Module> } | undefined;

function bind(
  source: ModuleSource,
  onProgress: (progress: LoadProgress) => void,
): Promise<WebAssembly.Module> {
  if (bound === undefined) {
    const module = read(source).then((bytes) => compile(bytes, onProgress));
    module.catch(() => (bound = undefined));
    bound = { source, module };
  } else if (bound.source !== source) {
    throw new AkioError('unsupported', 'this process holds another module; use a worker thread');
  }
  return bound.module;
}

/** Files are read here; what has another scheme is left to `fetch`. */
async function read(source: ModuleSource): Promise<ModuleSource> {
  if (typeof source !== 'string' || /^https?:/.test(source)) return source;
  const path = source.startsWith('file:') ? fileURLToPath(source) : source;
  return readFile(path).catch((error: unknown) => {
    throw new AkioError('download_failed', `${path} could not be read: ${reason(error)}`, {
      cause: error,
    });
  });
}

export * from './types.js';
