import { closeSync, constants, ftruncateSync, fstatSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { deleteStored, isStored, KeptModel, Store, storedBytes, storeNames } from '../../../src/akio/store.js';

type File = ConstructorParameters<typeof KeptModel>[0];

const ID = 'ab'.repeat(32);
const MODEL = Uint8Array.from({ length: 100 }, (_, i) => i);

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'akio-store-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** A file on the disk behind what browsers give workers; `room` is how long it can be. */
function open(room = Infinity): File {
  const file = openSync(join(folder, 'model'), constants.O_RDWR | constants.O_CREAT);
  return {
    read: (target, { at }) => readSync(file, target, 0, target.length, at),
    write: (bytes, { at }) => writeSync(file, bytes, 0, Math.min(bytes.length, Math.max(0, room - at)), at),
    truncate: (size) => ftruncateSync(file, size),
    getSize: () => fstatSync(file).size,
    flush: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

const kept = (file = open()): KeptModel => new KeptModel(file, MODEL.length, ID);

test('a model is sealed when it says so, also for who opens it again', () => {
  const model = kept();
  model.write(MODEL, 0);
  expect(model.sealed).toBe(false);
  model.seal();
  model.close();
  const again = kept();
  expect(again.sealed).toBe(true);
  const target = new Uint8Array(MODEL.length);
  expect(again.read(target, 0)).toBe(MODEL.length);
  expect(target).toEqual(MODEL);
  again.close();
});

test('the seal of another model is none', () => {
  const model = kept();
  model.write(MODEL, 0);
  model.seal();
  expect(new KeptModel(open(), MODEL.length, 'cd'.repeat(32)).sealed).toBe(false);
  model.close();
});

test('what is taken up again is unsealed, and keeps its parts', () => {
  const file = open();
  const model = kept(file);
  model.write(MODEL.subarray(0, 60), 0);
  model.unseal();
  expect(file.getSize()).toBe(60);
  model.write(MODEL.subarray(60), 60);
  model.seal();
  model.unseal();
  expect(model.sealed).toBe(false);
  expect(file.getSize()).toBe(MODEL.length);
  model.close();
});

test('a file that takes less than it is given is a full disk', () => {
  const model = kept(open(50));
  expect(() => model.write(MODEL, 0)).toThrow(expect.objectContaining({ name: 'QuotaExceededError' }));
  model.close();
});

test('where there are no such files, as in Node, nothing is kept and nothing is missing', async () => {
  expect(await Store.use('akio', () => {}, async (store) => store)).toBeUndefined();
  expect(await Store.use(undefined, () => {}, async (store) => store)).toBeUndefined();
  expect(await storedBytes('akio')).toBe(0);
  expect(await storeNames()).toEqual([]);
  expect(await isStored('akio', { code: '', bytes: 1 })).toBe(false);
  expect(await deleteStored('akio')).toBe(true);
});
