/** The worker thread of Node. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';

import { AkioError, reason } from './errors.js';
import { compile } from './module.js';
import type { ModuleSource } from './protocol.js';
import { serve } from './serve.js';

const plain = (): Promise<ModuleSource> => read(new URL('./akio-plain.wasm', import.meta.url).href);

const receive = serve(
  async (source, onProgress) =>
    compile(await read(source ?? new URL('./akio.wasm', import.meta.url).href), plain, onProgress),
  (message) => parentPort?.postMessage(message),
);

parentPort?.on('message', receive);

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
