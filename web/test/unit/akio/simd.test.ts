import { afterEach, expect, test, vi } from 'vitest';

import { hasRelaxedSimd, RELAXED_SIMD_PROBE } from '../../../src/akio/simd.js';

afterEach(() => void vi.restoreAllMocks());

test('the probe for relaxed SIMD is what this engine says of it', () => {
  expect(hasRelaxedSimd()).toBe(WebAssembly.validate(RELAXED_SIMD_PROBE));
});

test('an engine that refuses only relaxed SIMD takes the other code', () => {
  const { validate } = WebAssembly;
  vi.spyOn(WebAssembly, 'validate').mockImplementation(
    (bytes) => bytes.byteLength !== RELAXED_SIMD_PROBE.byteLength && validate(bytes),
  );
  expect(hasRelaxedSimd()).toBe(false);
});

test('an engine without SIMD is an error that names those with it', () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  expect(() => hasRelaxedSimd()).toThrow(expect.objectContaining({ code: 'unsupported', message: expect.stringContaining('Chrome 116') }));
});
