/** The worker of `akio.html`. The module comes from the page; the code without relaxed SIMD is in this script. */

import { AkioError } from '../akio/errors.js';
import { load } from '../akio/load.js';
import type { ToWorker } from '../akio/protocol.js';
import { serve } from '../akio/serve.js';
import { fromBytes, type Source } from '../akio/source.js';
import { decode } from './base64.js';

/** The code without relaxed SIMD as base64, put in front by the build. */
declare const AKIO_PLAIN: string;

const plain: Source = {
  name: 'akio.html',
  read: (start, end) => fromBytes(decode(AKIO_PLAIN)).read(start, end),
};

const receive = serve(
  async ({ source }, onProgress) => {
    if (!(source instanceof ArrayBuffer)) throw new AkioError('bad_request', 'this worker takes bytes');
    return load({ module: fromBytes(source), plain }, onProgress);
  },
  (message) => postMessage(message),
);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => receive(data));
