/** From a URL or bytes to a compiled module, with progress and clear errors. */

import { AkioError, reason } from './errors.js';
import type { LoadProgress, ModuleSource } from './protocol.js';

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** `() -> v128`: the smallest module that only an engine with SIMD accepts. */
const SIMD_PROBE = new Uint8Array([
  ...WASM_MAGIC, 1, 0, 0, 0,
  1, 5, 1, 0x60, 0, 1, 0x7b,
  3, 2, 1, 0,
  10, 8, 1, 6, 0, 0x41, 0, 0xfd, 0x0f, 0x0b,
]);

/**
 * Compiles the module, streaming where it comes from a URL.
 *
 * `onProgress` sees `fetch` from 0 to the last byte, then `start`. `expectedBytes` is the
 * total to report where the server does not say.
 */
export async function compile(
  source: ModuleSource,
  onProgress: (progress: LoadProgress) => void,
  expectedBytes?: number,
): Promise<WebAssembly.Module> {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD_PROBE)) {
    throw new AkioError(
      'unsupported',
      'akio needs WebAssembly SIMD, as in Chrome 116, Firefox 124, Safari 17.4, Node 20 and later',
    );
  }
  if (source instanceof WebAssembly.Module) return source;
  if (typeof source === 'string') return compileFrom(source, onProgress, expectedBytes);

  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  requireMagic(bytes, 'the given bytes');
  const total = bytes.byteLength;
  onProgress({ phase: 'fetch', loaded: 0, total });
  onProgress({ phase: 'fetch', loaded: total, total });
  onProgress({ phase: 'start', loaded: total, total });
  return WebAssembly.compile(bytes).catch((error: unknown) => {
    throw compileError(error, total);
  });
}

async function compileFrom(
  url: string,
  onProgress: (progress: LoadProgress) => void,
  expectedBytes: number | undefined,
): Promise<WebAssembly.Module> {
  const response = await download(url);
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
    return await WebAssembly.compileStreaming(new Response(counted ?? null, { headers }));
  } catch (error) {
    if (notWasm !== undefined) throw notWasm;
    if (isCompileError(error)) throw compileError(error, loaded);
    throw new AkioError(
      'download_failed',
      `the download of ${url} stopped after ${megabytes(loaded)}: ${reason(error)}`,
      { cause: error },
    );
  }
}

async function download(url: string): Promise<Response> {
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
