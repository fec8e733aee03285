/** The dedicated worker of a page. */

import { MODULE_BYTES } from './bindgen/size.js';
import { compile } from './module.js';
import type { ToWorker } from './protocol.js';
import { serve } from './serve.js';

const plain = (): string => new URL('./akio-plain.wasm', import.meta.url).href;

const receive = serve(
  (source, onProgress) =>
    source === undefined
      ? compile(new URL('./akio.wasm', import.meta.url).href, plain, onProgress, MODULE_BYTES)
      : compile(source, plain, onProgress),
  (message) => postMessage(message),
);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => receive(data));
