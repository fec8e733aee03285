/** The dedicated worker of a page. */

import { PUBLISHED, THREADED } from './bindgen/published.js';
import { loadCompiled, load } from './load.js';
import type { ToWorker } from './protocol.js';
import { serve } from './serve.js';
import { fromBytes, fromUrl } from './source.js';

const receive = serve(
  ({ source, plain: plainUrl, published, store }, onProgress, share) => {
    if (source instanceof WebAssembly.Module) return loadCompiled(source);
    const plain = fromUrl(plainUrl ?? new URL('./akio-plain.wasm', import.meta.url).href);
    const threads = fromUrl(new URL('./akio-threads.wasm', import.meta.url).href, []);
    const threaded = share && { code: threads, hash: THREADED, share };
    if (source === undefined) {
      const module = fromUrl(new URL('./akio.wasm', import.meta.url).href);
      return load({ module, plain, threaded, published: PUBLISHED, store }, onProgress);
    }
    const module = typeof source === 'string' ? fromUrl(source) : fromBytes(source);
    return load({ module, plain, threaded, published, store }, onProgress);
  },
  (message, transfer = []) => postMessage(message, { transfer }),
);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => receive(data));
