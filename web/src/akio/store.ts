/**
 * What a browser keeps of a module, in the files that it gives each origin: the code, and the model with
 * all its parts verified. Where there are no such files, as in a page from plain HTTP, nothing is kept.
 */

import { sha256 } from './hash.js';
import type { Parts } from './parts.js';
import { access, type FileAccess, hasPrivateFiles, write } from './private-files.js';

/** The folder of one module. */
export class Store {
  readonly #folder: FileSystemDirectoryHandle;
  /** Names of the files that this version of the module uses. */
  readonly #used = new Set<string>();
  #model: KeptModel | undefined;

  private constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder;
  }

  /**
   * Does `work` with the store of this name, and without one where there is none. One tab at a time:
   * the others wait, of which `onWait` tells, and find then what the first one has downloaded.
   */
  static async use<T>(
    name: string | undefined,
    onWait: () => void,
    work: (store: Store | undefined) => Promise<T>,
  ): Promise<T> {
    const folder = name === undefined ? undefined : await open(name);
    if (name === undefined || folder === undefined) return work(undefined);
    const exclusive = async () => {
      const store = new Store(folder);
      try {
        return await work(store);
      } finally {
        store.#close();
      }
    };
    const lock = lockName(name);
    const first = await navigator.locks.request(lock, { ifAvailable: true }, async (free) =>
      free === null ? undefined : { result: await exclusive() },
    );
    if (first !== undefined) return first.result;
    onWait();
    return navigator.locks.request(lock, exclusive);
  }

  /** Code that is kept, if it still has its hash. */
  async code(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const file = await this.#open(`code-${hash}`);
    try {
      const bytes = new Uint8Array(file.getSize());
      file.read(bytes, { at: 0 });
      return (await sha256(bytes)) === hash ? bytes : undefined;
    } finally {
      file.close();
    }
  }

  async keepCode(hash: string, bytes: Uint8Array): Promise<void> {
    const file = await this.#open(`code-${hash}`);
    try {
      file.truncate(0);
      write(file, bytes, 0);
    } finally {
      file.close();
    }
  }

  /** The file of the model. */
  async model(parts: Parts): Promise<KeptModel> {
    if (this.#model === undefined) {
      const id = await sha256(new TextEncoder().encode(parts.hashes.join()));
      this.#model = new KeptModel(await this.#open(`model-${id}`), parts.length, id);
      await this.#removeOthers();
    }
    return this.#model;
  }

  /** Deletes everything that is kept here. */
  async clear(): Promise<void> {
    this.#close();
    this.#used.clear();
    await this.#removeOthers();
  }

  /** Removes what earlier versions of the module have left, which may be as large as what is to come. */
  async #removeOthers(): Promise<void> {
    for await (const name of this.#folder.keys()) {
      if (!this.#used.has(name)) await this.#folder.removeEntry(name);
    }
  }

  #close(): void {
    this.#model?.close();
    this.#model = undefined;
  }

  #open(name: string): Promise<FileAccess> {
    this.#used.add(name);
    return access(this.#folder, name);
  }
}

/** Bytes that are read at once: into memory that threads share a browser reads by way of a copy. */
const PIECE = 4 << 20;

/** A model's file: the parts where they belong, and behind the last one a seal when all are verified. */
export class KeptModel {
  readonly #file: FileAccess;
  readonly #length: number;
  readonly #seal: Uint8Array;

  constructor(file: FileAccess, length: number, id: string) {
    this.#file = file;
    this.#length = length;
    this.#seal = new TextEncoder().encode(id);
  }

  get sealed(): boolean {
    const seal = new Uint8Array(this.#seal.length);
    this.#file.read(seal, { at: this.#length });
    return seal.every((byte, i) => byte === this.#seal[i]);
  }

  /** Fills `target` with what is kept from `at` on; returns how many bytes that were. */
  read(target: Uint8Array, at: number): number {
    let done = 0;
    for (let got = -1; got !== 0 && done < target.length; done += got) {
      got = this.#file.read(target.subarray(done, done + PIECE), { at: at + done });
    }
    return done;
  }

  write(bytes: Uint8Array, at: number): void {
    write(this.#file, bytes, at);
  }

  /** The parts are on the disk before the seal is. */
  seal(): void {
    this.#file.flush();
    this.write(this.#seal, this.#length);
    this.#file.flush();
  }

  unseal(): void {
    this.#file.truncate(Math.min(this.#file.getSize(), this.#length));
  }

  close(): void {
    this.#file.close();
  }
}

/** Whether the store of this name has all of the module whose code has this hash, by names and sizes. */
export async function isStored(name: string, { code, bytes }: { code: string; bytes: number }): Promise<boolean> {
  const folder = await open(name, false);
  const file = await folder?.getFileHandle(`code-${code}`).catch(ignoreMissing);
  return file !== undefined && (await storedBytes(name)) >= bytes;
}

/** Names of the stores of this origin. */
export async function storeNames(): Promise<string[]> {
  const names = [];
  for await (const name of (await root(false))?.keys() ?? []) names.push(decodeURIComponent(name));
  return names;
}

/** Bytes that are kept in the store of this name. */
export async function storedBytes(name: string): Promise<number> {
  let bytes = 0;
  const folder = await open(name, false);
  for await (const file of folder?.keys() ?? []) {
    const handle = await (folder as FileSystemDirectoryHandle).getFileHandle(file);
    bytes += (await handle.getFile()).size;
  }
  return bytes;
}

/** Deletes the store of this name. Returns whether it could: not while a tab is reading or filling it. */
export async function deleteStored(name: string): Promise<boolean> {
  const all = await root(false);
  if (all === undefined) return true;
  return navigator.locks.request(lockName(name), { ifAvailable: true }, async (free) => {
    if (free !== null) await all.removeEntry(encodeURIComponent(name), { recursive: true }).catch(ignoreMissing);
    return free !== null;
  });
}

function lockName(name: string): string {
  return `akio store ${name}`;
}

async function open(name: string, create = true): Promise<FileSystemDirectoryHandle | undefined> {
  const all = await root(create);
  return all?.getDirectoryHandle(encodeURIComponent(name), { create }).catch(ignoreMissing);
}

async function root(create: boolean): Promise<FileSystemDirectoryHandle | undefined> {
  if (!hasPrivateFiles()) return undefined;
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle('akio', { create });
  } catch {
    return undefined; // nothing there; or no files at all, as in some private windows
  }
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
}
