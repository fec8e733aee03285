/** The dedicated worker of a page. */

import { PUBLISHED } from './bindgen/published.js';
import { live } from './life.js';
import { loadCompiled, load } from './load.js';
import type { ToWorker } from './protocol.js';
import { serve } from './serve.js';
import { fromBytes, fromUrl } from './source.js';

const receive = serve(
  async ({ source, plain: plainUrl, published, store, life }, onProgress) => {
    if (life !== undefined) await live(life);
    if (source instanceof WebAssembly.Module) return loadCompiled(source);
    const plain = fromUrl(plainUrl ?? new URL('./akio-plain.wasm', import.meta.url).href);
    if (source === undefined) {
      const module = fromUrl(new URL('./akio.wasm', import.meta.url).href);
      return load({ module, plain, published: PUBLISHED, store }, onProgress);
    }
    const module = typeof source === 'string' ? fromUrl(source) : fromBytes(source);
    return load({ module, plain, published, store }, onProgress);
  },
  (message) => postMessage(message),
);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => receive(data));
