/** A module in two parts: its code, and the model in the last segment of its data. */

import { AkioError } from './errors.js';
import { hex } from './hash.js';

export interface Parts {
  /** A module of its own, with everything but the model. */
  code: Uint8Array<ArrayBuffer>;
  /** Where in the file the model begins, and how long it is. */
  start: number;
  length: number;
  /** Bytes of each part of the model but the last, which may be shorter. */
  partLength: number;
  /** The sha256 of each part, in hex. */
  hashes: string[];
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Yields how many bytes of the file it needs, from the first one on, and is given these or more. */
export type Arriving<T> = Generator<number, T, Bytes>;

const WASM_MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const HASHES_SECTION = 'akio.hashes';
const HASH_DIGITS = 64;

const CUSTOM_SECTION = 0;
const DATA_SECTION = 11;
const DATA_COUNT_SECTION = 12;
const ACTIVE = 0;
const I32_CONST = 0x41;
const END = 0x0b;

/** No module's code comes near this, so a file that says so is not waited for. */
const MOST_CODE = 64 << 20;

/** Splits a module while it arrives, without waiting for a byte of the model. */
export function* split(name: string): Arriving<Parts> {
  const reader = new Reader(name);
  requireMagic(yield* reader.take(WASM_MAGIC.length), name);
  /** The code as it was, but without the model in its numbers. */
  const code: Uint8Array[] = [];
  let copied = 0;
  let hashes: Bytes | undefined;
  for (;;) {
    const section = reader.at;
    const id = yield* reader.byte();
    const length = yield* reader.number();
    if (id === DATA_SECTION) {
      if (hashes === undefined) throw new AkioError('no_model', `${name} carries no model, or no hashes of it`);
      const segments = yield* reader.number();
      const bodies = reader.at;
      // What the linker put there is small; the model comes last.
      for (let left = segments - 1; left > 0; left--) yield* reader.take(yield* segmentHeader(reader));
      const segment = reader.at;
      const model = yield* segmentHeader(reader);
      const count = leb(segments - 1);
      code.push(
        reader.bytes.subarray(copied, section),
        Uint8Array.of(DATA_SECTION, ...leb(count.length + segment - bodies), ...count),
        reader.bytes.subarray(bodies, segment),
      );
      return { code: concat(code), start: reader.at, length: model, ...readHashes(hashes, model, name) };
    }
    const content = yield* reader.take(length);
    const inside = new Reader(name, content);
    if (id === DATA_COUNT_SECTION) {
      const count = leb((yield* inside.number()) - 1);
      code.push(reader.bytes.subarray(copied, section), Uint8Array.of(id, count.length, ...count));
      copied = reader.at;
    }
    if (id === CUSTOM_SECTION) {
      const title = yield* inside.take(yield* inside.number());
      if (new TextDecoder().decode(title) === HASHES_SECTION) hashes = content.subarray(inside.at);
    }
  }
}

/** Reads what precedes the bytes of a segment, and returns how many they are. */
function* segmentHeader(reader: Reader): Arriving<number> {
  if ((yield* reader.number()) !== ACTIVE || (yield* reader.byte()) !== I32_CONST) throw damaged(reader.name);
  yield* reader.number(); // the address: for the model, the slot in the code says the same
  if ((yield* reader.byte()) !== END) throw damaged(reader.name);
  return yield* reader.number();
}

function readHashes(section: Bytes, length: number, name: string): Pick<Parts, 'partLength' | 'hashes'> {
  if (section.length < 4) throw damaged(name);
  const partLength = new DataView(section.buffer, section.byteOffset).getUint32(0, true);
  const digits = hex(section.subarray(4));
  const parts = Math.ceil(length / partLength);
  if (partLength === 0 || digits.length !== parts * HASH_DIGITS) throw damaged(name);
  const hashes = Array.from({ length: parts }, (_, i) => digits.slice(i * HASH_DIGITS, (i + 1) * HASH_DIGITS));
  return { partLength, hashes };
}

/** Refuses what does not begin as a WebAssembly module does. */
export function requireMagic(bytes: Uint8Array, name: string): void {
  if (WASM_MAGIC.every((byte, i) => byte === bytes[i])) return;
  const looksLikeMarkup = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().startsWith('<');
  throw new AkioError(
    'not_wasm',
    looksLikeMarkup
      ? `${name} is a web page, not a WebAssembly module: is akio.wasm where it should be?`
      : `${name} is not a WebAssembly module`,
  );
}

class Reader {
  readonly name: string;
  /** What is here so far; when all of it is, as inside of a section, nothing more is asked for. */
  bytes: Bytes;
  at = 0;
  readonly #isWhole: boolean;

  constructor(name: string, whole?: Bytes) {
    this.name = name;
    this.bytes = whole ?? new Uint8Array();
    this.#isWhole = whole !== undefined;
  }

  *take(length: number): Arriving<Bytes> {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) {
      if (this.#isWhole || this.at > MOST_CODE) throw damaged(this.name);
      this.bytes = yield this.at;
    }
    return this.bytes.subarray(start, this.at);
  }

  *byte(): Arriving<number> {
    const [byte] = yield* this.take(1);
    return byte as number;
  }

  /** A number of up to 32 bits in LEB128, taken as unsigned. */
  *number(): Arriving<number> {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = yield* this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw damaged(this.name);
  }
}

/** An unsigned number in LEB128. */
function leb(value: number): number[] {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function concat(pieces: Uint8Array[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function damaged(name: string): AkioError {
  return new AkioError('bad_module', `${name} is damaged, or no module of akio's`);
}
