/**
 * From a module's bytes to an instance that holds its model. The code is compiled as soon as it is here;
 * the model goes straight into the memory of the instance, part by part, and is there once.
 */

import init, { model_place } from './bindgen/akio.js';
import { AkioError, fromModule } from './errors.js';
import { CAN_HASH, sha256 } from './hash.js';
import { type Parts, requireMagic, split } from './parts.js';
import { Progress } from './progress.js';
import type { LoadProgress, Published, Storage } from './protocol.js';
import { hasRelaxedSimd } from './simd.js';
import { fromBytes, megabytes, Reader, type Source } from './source.js';
import { Store } from './store.js';
import { sharedMemory, type Threaded } from './threads.js';

export interface Files {
  /** The module with the model inside. */
  module: Source;
  /** The same code without relaxed SIMD and without a model. */
  plain: Source;
  /** The same code for several threads, if it is to be taken where that can be. */
  threaded?: Threaded | undefined;
  /** What is known of them before they arrive; without it nothing of the code is verified or kept. */
  published?: Published | undefined;
  /** Name of the store to keep them in. */
  store?: string | undefined;
}

/** What there is now. */
export interface Placed {
  /** Whether the store has the module. */
  storage: Storage;
  /** Whether other threads help. */
  shared: boolean;
}

/** Instantiates the module, which a worker can do once. */
export async function load(files: Files, onProgress: (progress: LoadProgress) => void): Promise<Placed> {
  const relaxed = hasRelaxedSimd();
  const progress = new Progress(onProgress, files.published?.bytes);
  progress.add(0);
  const { module, store: name } = files;
  const loading = Store.use(name, () => progress.wait(), async (store) => {
    const keeper = new Keeper(store);
    const front = await readFront(files, keeper, progress);
    const threaded = relaxed ? await readThreaded(files, keeper) : undefined;
    const memory = threaded && sharedMemory(front.parts.length);
    const code = memory ? threaded : relaxed ? front.parts.code : await readPlain(files, keeper);
    const { compiled, model } = await instantiate(code, files, front.parts, memory);
    if (memory) files.threaded?.share({ module: compiled, memory });
    await new Filling(model, module, front, keeper, progress).run();
    progress.start();
    return { storage: keeper.storage, shared: memory !== undefined };
  });
  return loading.finally(() => progress.stop());
}

/** Instantiates a module as it is, with the model it has. */
export async function loadCompiled(module: WebAssembly.Module): Promise<Placed> {
  hasRelaxedSimd();
  await init({ module_or_path: module }).catch((error: unknown) => {
    throw fromModule(error);
  });
  return { storage: 'none', shared: false };
}

/** The store, as long as it takes what it is given: without it loading goes on all the same. */
class Keeper {
  #store: Store | undefined;
  /** Whether the store has everything. */
  storage: Storage;

  constructor(store: Store | undefined) {
    this.#store = store;
    this.storage = store ? 'kept' : 'none';
  }

  /** Does `work` with the store. Without one, and where the work fails, the result is undefined. */
  async try<T>(work: (store: Store) => Promise<T>): Promise<T | undefined> {
    const store = this.#store;
    if (store === undefined) return undefined;
    try {
      return await work(store);
    } catch (error) {
      this.#store = undefined;
      this.storage = error instanceof DOMException && error.name === 'QuotaExceededError' ? 'full' : 'none';
      // A half of a model is of no use where the whole has no room.
      if (this.storage === 'full') await store.clear().catch(() => {});
      return undefined;
    }
  }
}

interface Front {
  parts: Parts;
  /** Where the source has been read up to the model. */
  reader?: Reader;
}

/** What precedes the model: from the store, or from the source, which is left open for the rest. */
async function readFront(files: Files, keeper: Keeper, progress: Progress): Promise<Front> {
  const { module, published } = files;
  const kept = published && (await keeper.try((store) => store.code(published.code)));
  if (kept) {
    const { parts } = await readUpToModel(new Reader(fromBytes(kept).read(0), progress.arrived), module.name);
    return { parts };
  }
  for (let again = false; ; again = true) {
    const reader = new Reader(module.read(0), progress.arrived);
    const { bytes, parts } = await readUpToModel(reader, module.name);
    progress.total = parts.start + parts.length;
    if (published === undefined || !CAN_HASH) return { parts, reader };
    if ((await sha256(bytes)) === published.code) {
      await keeper.try((store) => store.keepCode(published.code, bytes));
      return { parts, reader };
    }
    await reader.close();
    progress.add(-bytes.length);
    if (again) throw damaged(module.name, 'the code', 0, bytes.length);
  }
}

async function readUpToModel(reader: Reader, name: string): Promise<{ bytes: Uint8Array<ArrayBuffer>; parts: Parts }> {
  const splitting = split(name);
  let buffer = new Uint8Array(1 << 20);
  let length = 0;
  let step = splitting.next();
  while (!step.done) {
    const need = step.value;
    if (need > buffer.length) {
      const grown = new Uint8Array(Math.max(need, 2 * buffer.length));
      grown.set(buffer);
      buffer = grown;
    }
    length += await reader.fill(buffer.subarray(length, need));
    if (length < need) {
      requireMagic(buffer.subarray(0, length), name);
      throw incomplete(name, length);
    }
    step = splitting.next(buffer.subarray(0, length));
  }
  return { bytes: buffer.subarray(0, length), parts: step.value };
}

function readPlain({ plain, published }: Files, keeper: Keeper): Promise<Uint8Array<ArrayBuffer>> {
  return readCode(plain, published?.plain, keeper);
}

/** Whatever keeps this code away, as where it was not stored and there is no network now: one thread can do without. */
async function readThreaded({ threaded }: Files, keeper: Keeper): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return threaded && readCode(threaded.code, threaded.hash, keeper).catch(() => undefined);
}

/** A module that is code only, as a whole. */
async function readCode(source: Source, hash: string | undefined, keeper: Keeper): Promise<Uint8Array<ArrayBuffer>> {
  const kept = hash && (await keeper.try((store) => store.code(hash)));
  if (kept) return kept;
  for (let again = false; ; again = true) {
    const pieces = [];
    for await (const piece of source.read(0)) pieces.push(piece.slice());
    const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
    requireMagic(bytes, source.name);
    if (hash === undefined || !CAN_HASH) return bytes;
    if ((await sha256(bytes)) === hash) {
      await keeper.try((store) => store.keepCode(hash, bytes));
      return bytes;
    }
    if (again) throw damaged(source.name, 'the code', 0, bytes.length);
  }
}

/** Returns the place of the model in the memory of the instance, which is `shared` or its own. */
async function instantiate(
  code: Uint8Array<ArrayBuffer>,
  files: Files,
  { length }: Parts,
  shared: WebAssembly.Memory | undefined,
) {
  try {
    const compiled = await WebAssembly.compile(code);
    const { memory } = await init({ module_or_path: compiled, ...(shared && { memory: shared }) });
    const [address, reserved] = model_place(length);
    if (reserved === length) return { compiled, model: new Uint8Array(memory.buffer, address, length) };
    const message = `${files.plain.name} is for a model of ${reserved} bytes, and this one has ${length}`;
    throw new AkioError('bad_module', message);
  } catch (error) {
    throw fromModule(error);
  }
}

/** Puts the model where it belongs, part by part. */
class Filling {
  readonly #model: Uint8Array<ArrayBuffer>;
  readonly #source: Source;
  readonly #parts: Parts;
  readonly #keeper: Keeper;
  readonly #progress: Progress;
  /** A source that has been read up to the model. */
  #reader: Reader | undefined;

  constructor(
    model: Uint8Array<ArrayBuffer>,
    source: Source,
    { parts, reader }: Front,
    keeper: Keeper,
    progress: Progress,
  ) {
    this.#model = model;
    this.#source = source;
    this.#parts = parts;
    this.#reader = reader;
    this.#keeper = keeper;
    this.#progress = progress;
  }

  async run(): Promise<void> {
    const all = this.#parts.hashes.map((_, part) => part);
    let missing = (await this.#keeper.try((store) => this.#restore(store, all))) ?? all;
    const stored = missing.length === 0;
    this.#progress.add(this.#model.length - this.#bytes(missing));
    if (stored) await this.#forgetReader();
    for (let tries = 2; missing.length > 0; tries--) {
      if (tries === 0) throw this.#damaged(missing[0] as number);
      missing = await this.#fetch(missing);
    }
    if (!stored) await this.#keeper.try(async (store) => (await store.model(this.#parts)).seal());
  }

  /**
   * Takes what the store has of the model, and returns the parts that are missing. A sealed file was
   * verified when it was written, so a sample is enough; everything else is verified now.
   */
  async #restore(store: Store, all: number[]): Promise<number[]> {
    const file = await store.model(this.#parts);
    const have = file.read(this.#model, 0);
    const sample = [0, Math.floor(Math.random() * all.length)];
    if (file.sealed && (await this.#wrong(sample)).length === 0) return [];
    file.unseal();
    const here = all.filter((part) => this.#range(part).end <= have);
    const wrong = await this.#wrong(here);
    return [...wrong, ...all.slice(here.length)];
  }

  /** Fetches parts, in order, and returns those that came damaged. */
  async #fetch(parts: number[]): Promise<number[]> {
    const wrong = [];
    for (const [i, part] of parts.entries()) {
      const { start, end } = this.#range(part);
      if (part !== (parts[i - 1] ?? -1) + 1) await this.#forgetReader();
      this.#reader ??= this.#readRun(parts.slice(i));
      const target = this.#model.subarray(start, end);
      const filled = await this.#reader.fill(target);
      if (filled < target.length) throw incomplete(this.#source.name, this.#parts.start + start + filled);
      if (await this.#isRight(part)) {
        await this.#keeper.try(async (store) => (await store.model(this.#parts)).write(target, start));
      } else {
        this.#progress.add(-target.length);
        wrong.push(part);
      }
    }
    await this.#forgetReader();
    return wrong;
  }

  /** Reads the parts that follow each other without a gap from the first of these on. */
  #readRun(parts: number[]): Reader {
    const [first = 0] = parts;
    const last = parts.findLast((part, i) => part === first + i) ?? first;
    const { start } = this.#parts;
    const pieces = this.#source.read(start + this.#range(first).start, start + this.#range(last).end);
    return new Reader(pieces, this.#progress.arrived);
  }

  async #forgetReader(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #wrong(parts: number[]): Promise<number[]> {
    const wrong = [];
    for (const part of parts) if (!(await this.#isRight(part))) wrong.push(part);
    return wrong;
  }

  async #isRight(part: number): Promise<boolean> {
    if (!CAN_HASH) return true;
    const { start, end } = this.#range(part);
    return (await sha256(this.#model.subarray(start, end))) === this.#parts.hashes[part];
  }

  #range(part: number): { start: number; end: number } {
    const start = part * this.#parts.partLength;
    return { start, end: Math.min(start + this.#parts.partLength, this.#model.length) };
  }

  #bytes(parts: number[]): number {
    return parts.map((part) => this.#range(part)).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  #damaged(part: number): AkioError {
    const { start, end } = this.#range(part);
    const what = `part ${part + 1} of ${this.#parts.hashes.length} of the model`;
    return damaged(this.#source.name, what, this.#parts.start + start, this.#parts.start + end);
  }
}

function damaged(name: string, what: string, start: number, end: number): AkioError {
  return new AkioError(
    'damaged',
    `${what} in ${name} (bytes ${start} to ${end}) is not what was published, and was not when fetched again`,
  );
}

function incomplete(name: string, bytes: number): AkioError {
  return new AkioError('bad_module', `${name} is incomplete: it ends after ${megabytes(bytes)}`);
}
