/** Files of Node as sources. */

import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { AkioError, reason } from './errors.js';
import type { Source } from './source.js';

const PIECE = 1 << 20;

export function fromFile(file: string | URL): Source {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  return {
    name: path,
    async *read(start, end = Infinity) {
      const handle = await open(path).catch((error: unknown) => {
        throw new AkioError('download_failed', `${path} could not be read: ${reason(error)}`, { cause: error });
      });
      try {
        // Taken over by the reader before the next piece comes.
        const buffer = new Uint8Array(PIECE);
        for (let at = start; at < end; ) {
          const { bytesRead } = await handle.read(buffer, 0, Math.min(PIECE, end - at), at);
          if (bytesRead === 0) return;
          yield buffer.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await handle.close();
      }
    },
  };
}
