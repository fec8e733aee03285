/** The model's bytes in a module that this engine cannot compile. */

import { AkioError } from './errors.js';

/** First bytes of a packed model. */
const MODEL_MAGIC = new TextEncoder().encode('AKIOPACK');

const HEADER_BYTES = 8;
const DATA_SECTION = 11;
const ACTIVE = 0;
const I32_CONST = 0x41;
const END = 0x0b;

/** Finds the data segment that holds the model; the result is a view of `module`. */
export function findModel(module: Uint8Array): Uint8Array {
  const reader = new Reader(module);
  reader.take(HEADER_BYTES);
  while (reader.byte() !== DATA_SECTION) reader.take(reader.number());
  reader.number(); // bytes in the section
  for (let segments = reader.number(); segments > 0; segments--) {
    if (reader.number() !== ACTIVE || reader.byte() !== I32_CONST) throw damaged(module);
    reader.number(); // the address: the slot of the module that takes the bytes says where to
    if (reader.byte() !== END) throw damaged(module);
    const bytes = reader.take(reader.number());
    if (MODEL_MAGIC.every((byte, i) => byte === bytes[i])) return bytes;
  }
  throw new AkioError('no_model', 'this module carries no model');
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const [byte] = this.take(1);
    return byte as number;
  }

  /** A number of up to 32 bits in LEB128, taken as unsigned. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw damaged(this.#bytes);
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw damaged(this.#bytes);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function damaged({ length }: Uint8Array): AkioError {
  const megabytes = (length / 1e6).toFixed(1);
  return new AkioError('bad_module', `the module is damaged or incomplete (${megabytes} MB received)`);
}
