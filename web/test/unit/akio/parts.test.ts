import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';

import { requireMagic, split } from '../../../src/akio/parts.js';

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const PART = 16;
const MODEL = Uint8Array.from({ length: 40 }, (_, i) => i);

/** A number in LEB128 with a byte more than it needs, as linkers write it. */
const padded = (value: number): number[] => [(value & 0x7f) | 0x80, value >> 7];
const section = (id: number, content: number[]): number[] => [id, ...padded(content.length), ...content];
const segment = (at: number, bytes: Iterable<number>): number[] => {
  const content = [...bytes];
  return [0, 0x41, at, 0x0b, content.length, ...content];
};

const memory = section(5, [1, 0, 1]);
const count = section(12, padded(2));
function hashes(model: Uint8Array, partLength = PART): number[] {
  const name = [...Buffer.from('akio.hashes')];
  const digests = [];
  for (let at = 0; at < model.length; at += PART) {
    digests.push(...createHash('sha256').update(model.subarray(at, at + PART)).digest());
  }
  return section(0, [name.length, ...name, partLength, 0, 0, 0, ...digests]);
}
const data = section(11, [2, ...segment(0, Buffer.from('linked')), ...segment(32, MODEL)]);
const module = (...sections: number[][]): Uint8Array<ArrayBuffer> => Uint8Array.from([...MAGIC, ...sections.flat()]);
const whole = module(memory, count, hashes(MODEL), data);

/** Splits bytes that arrive one after the other; returns also how many were asked for at most. */
function arrive(bytes: Uint8Array<ArrayBuffer>) {
  const splitting = split('test.wasm');
  let step = splitting.next();
  let asked = 0;
  while (!step.done) {
    asked = step.value;
    if (asked > bytes.length) throw new Error(`asks for ${asked} of ${bytes.length} bytes`);
    step = splitting.next(bytes.subarray(0, asked));
  }
  return { parts: step.value, asked };
}

describe('split', () => {
  test('finds the model, its hashes and the code around it', async () => {
    const { parts } = arrive(whole);
    expect(whole.subarray(parts.start, parts.start + parts.length)).toEqual(MODEL);
    expect(parts.partLength).toBe(PART);
    expect(parts.hashes).toHaveLength(3);
    expect(parts.hashes[2]).toBe(createHash('sha256').update(MODEL.subarray(32)).digest('hex'));
    await expect(WebAssembly.compile(whole)).resolves.toBeInstanceOf(WebAssembly.Module);
    await expect(WebAssembly.compile(parts.code)).resolves.toBeInstanceOf(WebAssembly.Module);
    expect(Buffer.from(parts.code).includes('linked')).toBe(true);
    expect(parts.code.length).toBeLessThan(parts.start);
  });

  test('asks for no byte of the model', () => {
    const { parts, asked } = arrive(whole);
    expect(asked).toBe(parts.start);
  });

  test('needs no count of the segments in front of the code', async () => {
    const { parts } = arrive(module(memory, hashes(MODEL), data));
    await expect(WebAssembly.compile(parts.code)).resolves.toBeInstanceOf(WebAssembly.Module);
  });

  const refused: Record<string, [Uint8Array<ArrayBuffer>, string]> = {
    'no hashes': [module(memory, count, data), 'no_model'],
    'hashes of another model': [module(memory, hashes(MODEL.subarray(0, 10)), data), 'bad_module'],
    'parts without a length': [module(memory, hashes(MODEL, 0), data), 'bad_module'],
    'a passive segment': [module(memory, hashes(MODEL), section(11, [1, 1, 1, 0])), 'bad_module'],
    'a section without an end': [Uint8Array.from([...MAGIC, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]), 'bad_module'],
    'a number without an end': [Uint8Array.from([...MAGIC, 1, 0xff, 0xff, 0xff, 0xff, 0xff]), 'bad_module'],
    'something else': [Uint8Array.from(Buffer.from('{"error":"not found"}')), 'not_wasm'],
  };
  for (const [what, [bytes, code]] of Object.entries(refused)) {
    test(`refuses ${what} with a code`, () => {
      expect(() => arrive(bytes)).toThrow(expect.objectContaining({ name: 'AkioError', code }));
    });
  }
});

test('a web page in the place of the module is named', () => {
  expect(() => requireMagic(Buffer.from('\n <!doctype html>'), 'akio.wasm')).toThrow(/is a web page/);
  expect(() => requireMagic(Buffer.from('{}'), 'akio.wasm')).toThrow(/is not a WebAssembly module/);
  expect(() => requireMagic(Uint8Array.from(MAGIC), 'akio.wasm')).not.toThrow();
});
