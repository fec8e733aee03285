// What an edition is, read from its module.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Magic and version of a packed model; `crates/akio-engine/src/packed.rs` has the layout. */
const PACKED = Buffer.from('AKIOPACK\x01\0\0\0', 'latin1');
const HEADER = 64;

/** The edition `name`, whose modules lie in `folder`, as `editions.json` has it; and the notice of its model. */
export async function readEdition(folder, name) {
  const [module, plain] = await Promise.all(
    [`${name}.wasm`, `${name}-plain.wasm`].map((file) => readFile(join(folder, file))),
  );
  // It is the last thing in a module.
  const start = module.lastIndexOf(PACKED);
  const length = start < 0 ? 0 : Number(module.readBigUInt64LE(start + 16));
  const packed = module.subarray(start, start + length);
  const hash = packed.subarray(24, 24 + 32).toString('hex');
  if (sha256(packed.subarray(HEADER)) !== hash) throw new Error(`${name}.wasm holds no whole model`);
  const text = sections(packed);
  return {
    edition: {
      name,
      model: text('name'),
      license: text('license'),
      sha256: hash,
      published: { bytes: start + length, code: sha256(module.subarray(0, start)), plain: sha256(plain) },
    },
    notice: text('notice'),
  };
}

/** What gives the text of a section by its tag. */
function sections(packed) {
  const directory = new Map();
  for (let i = 0; i < packed.readUInt32LE(12); i++) {
    const at = HEADER + 24 * i;
    const tag = packed.toString('latin1', at, at + 8).replace(/\0+$/, '');
    const [offset, length] = [at + 8, at + 16].map((at) => Number(packed.readBigUInt64LE(at)));
    directory.set(tag, [offset, offset + length]);
  }
  return (tag) => {
    if (!directory.has(tag)) throw new Error(`the model does not say its ${tag}`);
    return packed.toString('utf8', ...directory.get(tag));
  };
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
