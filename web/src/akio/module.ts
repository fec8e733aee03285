/** From a URL or bytes to a compiled module, with progress and clear errors. */

import { AkioError, reason } from './errors.js';
import type { LoadProgress, ModuleSource } from './protocol.js';
import { findModel } from './weights.js';

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** `() -> v128`: the smallest module that only an engine with SIMD accepts. */
const SIMD_PROBE = new Uint8Array([
  ...WASM_MAGIC, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b,
]);

/**
 * What only an engine with relaxed SIMD accepts; a test that wants such an engine to take the other
 * path lets `WebAssembly.validate` refuse this.
 *
 *     (module (func (param v128) (result v128)
 *       local.get 0
 *       local.get 0
 *       i16x8.relaxed_dot_i8x16_i7x16_s))
 */
export const RELAXED_SIMD_PROBE = new Uint8Array([
  ...WASM_MAGIC, 1, 0, 0, 0,
  1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b,
  3, 2, 1, 0,
  10, 11, 1, 9, 0, 0x20, 0, 0x20, 0, 0xfd, 0x92, 0x02, 0x0b,
]);

/** A module, and the model where it has to be copied in. */
export interface Compiled {
  module: WebAssembly.Module;
  model?: Uint8Array;
}

/**
 * Compiles the module, streaming where it comes from a URL. An engine without relaxed SIMD cannot;
 * there the model is taken out of it, and `plain` gives the module to copy it into. What is already
 * compiled stays as it is.
 *
 * `onProgress` sees `fetch` from 0 to the last byte, then `start`. `expectedBytes` is the
 * total to report where the server does not say.
 */
export async function compile(
  source: ModuleSource,
  plain: () => ModuleSource | Promise<ModuleSource>,
  onProgress: (progress: LoadProgress) => void,
  expectedBytes?: number,
): Promise<Compiled> {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD_PROBE)) {
    throw new AkioError(
      'unsupported',
      'akio needs WebAssembly SIMD, as in Chrome 116, Firefox 124, Safari 17.4, Node 20 and later',
    );
  }
  if (source instanceof WebAssembly.Module || WebAssembly.validate(RELAXED_SIMD_PROBE)) {
    return { module: await compileWhole(source, onProgress, expectedBytes) };
  }
  const bytes =
    typeof source === 'string'
      ? new Uint8Array(await download(source, (body) => body.arrayBuffer(), onProgress, expectedBytes))
      : given(source, onProgress);
  const model = findModel(bytes);
  return { module: await compileWhole(await plain(), () => {}), model };
}

async function compileWhole(
  source: ModuleSource,
  onProgress: (progress: LoadProgress) => void,
  expectedBytes?: number,
): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === 'string') {
    const compileStreaming = (body: Response) => WebAssembly.compileStreaming(body);
    return download(source, compileStreaming, onProgress, expectedBytes);
  }
  const bytes = given(source, onProgress);
  return WebAssembly.compile(bytes).catch((error: unknown) => {
    throw compileError(error, bytes.byteLength);
  });
}

/** Bytes that are already here, with the progress of those that are not. */
function given(
  source: BufferSource,
  onProgress: (progress: LoadProgress) => void,
): Uint8Array<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  requireMagic(bytes, 'the given bytes');
  const total = bytes.byteLength;
  onProgress({ phase: 'fetch', loaded: 0, total });
  onProgress({ phase: 'fetch', loaded: total, total });
  onProgress({ phase: 'start', loaded: total, total });
  return bytes;
}

/** Gives the module at `url` to `consume` while it arrives. */
async function download<T>(
  url: string,
  consume: (body: Response) => Promise<T>,
  onProgress: (progress: LoadProgress) => void,
  expectedBytes: number | undefined,
): Promise<T> {
  const response = await request(url);
  const total = plainLength(response) ?? expectedBytes;
  let loaded = 0;
  let notWasm: unknown;
  onProgress({ phase: 'fetch', loaded, total });
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (loaded === 0) {
          try {
            requireMagic(chunk, url);
          } catch (error) {
            notWasm = error;
            throw error;
          }
        }
        loaded += chunk.byteLength;
        onProgress({ phase: 'fetch', loaded, total });
        controller.enqueue(chunk);
      },
      flush() {
        onProgress({ phase: 'start', loaded, total: loaded });
      },
    }),
  );
  // A response of our own carries the MIME type that streaming compilation insists on,
  // whatever the server sent.
  const headers = { 'Content-Type': 'application/wasm' };
  try {
    return await consume(new Response(counted ?? null, { headers }));
  } catch (error) {
    if (notWasm !== undefined) throw notWasm;
    if (isCompileError(error) || error instanceof RangeError) throw compileError(error, loaded);
    throw new AkioError(
      'download_failed',
      `the download of ${url} stopped after ${megabytes(loaded)}: ${reason(error)}`,
      { cause: error },
    );
  }
}

async function request(url: string): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new AkioError('download_failed', `${url} could not be downloaded: ${reason(error)}`, {
      cause: error,
    });
  });
  if (response.ok) return response;
  throw new AkioError('download_failed', `the server answered ${response.status} for ${url}`);
}

function requireMagic(bytes: Uint8Array, what: string): void {
  const start = bytes.subarray(0, WASM_MAGIC.length);
  if (start.length > 0 && start.every((byte, i) => byte === WASM_MAGIC[i])) return;
  const text = new TextDecoder().decode(bytes.subarray(0, 24)).trim();
  throw new AkioError(
    'not_wasm',
    /^<(!doctype|html)/i.test(text)
      ? `${what} is a web page, not a WebAssembly module: is akio.wasm where it should be?`
      : `${what} is not a WebAssembly module`,
  );
}

/** With a content encoding the header counts compressed bytes, and the body gives plain ones. */
function plainLength({ headers }: Response): number | undefined {
  const length = headers.get('Content-Length');
  return length !== null && headers.get('Content-Encoding') === null ? Number(length) : undefined;
}

function compileError(error: unknown, bytes: number): AkioError {
  return isCompileError(error)
    ? new AkioError(
        'bad_module',
        `the module is damaged or incomplete (${megabytes(bytes)} received): ${reason(error)}`,
        { cause: error },
      )
    : new AkioError('out_of_memory', `the module could not be compiled: ${reason(error)}`, {
        cause: error,
      });
}

function isCompileError(error: unknown): boolean {
  return error instanceof WebAssembly.CompileError;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
