/** Where a module's bytes come from, read as they arrive. */

import { AkioError, reason } from './errors.js';

export interface Source {
  /** As errors call it. */
  readonly name: string;
  /** The bytes from `start` up to `end`, or to the last one. */
  read(start: number, end?: number): AsyncIterable<Uint8Array>;
}

/** Bytes that are already here. */
export function fromBytes(bytes: BufferSource): Source {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return {
    name: 'the given module',
    async *read(start, end) {
      yield view.subarray(start, end);
    },
  };
}

/** Waits before a download that broke off is taken up again, in milliseconds. */
const PAUSES = [250, 1000, 3000];

/**
 * A file on a server. A download that breaks off is continued where it stopped, after each of the `waits` once: with a
 * range where the server knows ranges, else by leaving out what is here already.
 */
export function fromUrl(url: string, waits = PAUSES): Source {
  return {
    name: url,
    async *read(start, end = Infinity) {
      let at = start;
      let pauses = [...waits];
      for (;;) {
        try {
          for await (const bytes of request(url, at, end)) {
            at += bytes.length;
            pauses = [...waits];
            yield bytes;
          }
          return;
        } catch (error) {
          const pause = pauses.shift();
          if (error instanceof AkioError || pause === undefined) {
            throw error instanceof AkioError ? error : stopped(url, at, error);
          }
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      }
    },
  };
}

async function* request(url: string, start: number, end: number): AsyncGenerator<Uint8Array, void> {
  const whole = start === 0 && end === Infinity;
  const range = `bytes=${start}-${end === Infinity ? '' : end - 1}`;
  // Caches of HTTP refuse files of this size; what is worth keeping is kept in the store.
  const response = await fetch(url, { cache: 'no-store', ...(!whole && { headers: { Range: range } }) });
  if (response.status === 416) return; // nothing there: the file ends before
  if (!response.ok) {
    const message = `the server answered ${response.status} for ${url}`;
    // What a busy server says passes.
    if (response.status >= 500 || response.status === 429) throw new Error(message);
    throw new AkioError('download_failed', message);
  }
  let at = response.status === 206 ? start : 0;
  for await (const bytes of chunks(response)) {
    const wanted = bytes.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += bytes.length;
    if (wanted.length > 0) yield wanted;
    if (at >= end) return;
  }
}

/** Not every browser can iterate a stream itself yet. */
async function* chunks({ body }: Response): AsyncGenerator<Uint8Array, void> {
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) yield next.value;
  } finally {
    // Of a body that broke off nothing is left to cancel.
    await reader?.cancel().catch(() => {});
  }
}

function stopped(url: string, at: number, cause: unknown): AkioError {
  const where = at === 0 ? 'could not be downloaded' : `stopped after ${megabytes(at)}`;
  return new AkioError('download_failed', `${at === 0 ? '' : 'the download of '}${url} ${where}: ${reason(cause)}`, {
    cause,
  });
}

/** Fills memory from a source, piece by piece. */
export class Reader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #onBytes: (count: number) => void;
  /** What has arrived and was not asked for yet. */
  #rest: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>, onBytes: (count: number) => void) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#onBytes = onBytes;
  }

  /** Fills `target`; returns how many bytes there were, fewer only where the source ends. */
  async fill(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) break;
        this.#rest = value;
      }
      const taken = this.#rest.subarray(0, target.length - filled);
      target.set(taken, filled);
      filled += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
      this.#onBytes(taken.length);
    }
    return filled;
  }

  /** Ends the source early. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
