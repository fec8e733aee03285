import { expect, test } from 'vitest';

import { CAN_HASH, hex, sha256 } from '../../../src/akio/hash.js';

test('sha256 is the one of the standard, in small digits', async () => {
  expect(CAN_HASH).toBe(true);
  expect(await sha256(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('of a view only what it shows is hashed', async () => {
  const bytes = new TextEncoder().encode('xabcx');
  expect(await sha256(bytes.subarray(1, 4))).toBe(await sha256(new TextEncoder().encode('abc')));
});

test('every byte has two digits', () => {
  expect(hex(Uint8Array.of(0, 1, 16, 255))).toBe('000110ff');
});
