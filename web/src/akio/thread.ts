/** The worker thread of Node. */

import { parentPort, type Transferable } from 'node:worker_threads';

import { PUBLISHED, THREADED } from './bindgen/published.js';
import { fromFile } from './file.js';
import { load, loadCompiled } from './load.js';
import { serve } from './serve.js';
import { fromBytes, fromUrl } from './source.js';

const receive = serve(
  ({ source, plain: plainPath, published }, onProgress, share) => {
    if (source instanceof WebAssembly.Module) return loadCompiled(source);
    const plain = from(plainPath ?? new URL('./akio-plain.wasm', import.meta.url).href);
    const threads = fromFile(new URL('./akio-threads.wasm', import.meta.url));
    const threaded = share && { code: threads, hash: THREADED, share };
    if (source === undefined) {
      const module = fromFile(new URL('./akio.wasm', import.meta.url));
      return load({ module, plain, threaded, published: PUBLISHED }, onProgress);
    }
    const module = typeof source === 'string' ? from(source) : fromBytes(source);
    return load({ module, plain, threaded, published }, onProgress);
  },
  (message, transfer) => parentPort?.postMessage(message, transfer as Transferable[] | undefined),
);

parentPort?.on('message', receive);

function from(source: string) {
  if (/^https?:/.test(source)) return fromUrl(source);
  return fromFile(source.startsWith('file:') ? new URL(source) : source);
}
