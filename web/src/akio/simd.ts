/** What this engine can compile. */

import { AkioError } from './errors.js';

const MODULE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** `() -> v128`: the smallest module that only an engine with SIMD accepts. */
const SIMD_PROBE = new Uint8Array([
  ...MODULE,
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
  ...MODULE,
  1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b,
  3, 2, 1, 0,
  10, 11, 1, 9, 0, 0x20, 0, 0x20, 0, 0xfd, 0x92, 0x02, 0x0b,
]);

/** Whether there is relaxed SIMD; throws where there is none at all. */
export function hasRelaxedSimd(): boolean {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(SIMD_PROBE)) {
    throw new AkioError(
      'unsupported',
      'akio needs WebAssembly SIMD, as in Chrome 116, Firefox 124, Safari 17.4, Node 20 and later',
    );
  }
  return WebAssembly.validate(RELAXED_SIMD_PROBE);
}
