/**
 * What an agent keeps in the files that a browser gives each origin. Every change is a file of its own, with
 * the next number for a name and its path and size in the first line. Only when it is whole is the one before
 * it removed, so that whatever happens the old content is there or the new one.
 */

import { AkioError, reason } from '../errors.js';
import { access, hasPrivateFiles, write } from '../private-files.js';

/** How long to wait for a tab that is being closed, in milliseconds. */
const PATIENCE = 3000;

/** The path of a file, or `null` for the memory. */
type Path = string | null;

export class Kept {
  readonly #folder: FileSystemDirectoryHandle;
  readonly #release: () => void;
  /** The file that has the content of each path. */
  readonly #names = new Map<Path, string>();
  #last = 0;

  private constructor(folder: FileSystemDirectoryHandle, release: () => void) {
    this.#folder = folder;
    this.#release = release;
  }

  /** Opens the place of this name, for one agent at a time. */
  static async open(name: string): Promise<Kept> {
    if (!hasPrivateFiles()) {
      throw new AkioError('unsupported', 'there are no files here that an agent could be stored in: leave `store` out');
    }
    const release = await lock(`akio agent ${name}`);
    try {
      const root = await navigator.storage.getDirectory();
      const agents = await root.getDirectoryHandle('akio-agents', { create: true });
      return new Kept(await agents.getDirectoryHandle(encodeURIComponent(name), { create: true }), release);
    } catch (error) {
      release();
      throw failure(error);
    }
  }

  /** Everything that is kept. */
  async load(): Promise<Map<Path, Uint8Array>> {
    try {
      const numbers: number[] = [];
      for await (const name of this.#folder.keys()) numbers.push(Number(name));
      const contents = new Map<Path, Uint8Array>();
      for (const number of numbers.sort((a, b) => a - b)) {
        const name = String(number);
        const file = await (await this.#folder.getFileHandle(name)).getFile();
        const kept = parse(new Uint8Array(await file.arrayBuffer()));
        // Of two for a path the later one counts, and what was broken off was not reported.
        const old = kept === undefined ? name : this.#names.get(kept.path);
        if (kept !== undefined) {
          this.#names.set(kept.path, name);
          contents.set(kept.path, kept.content);
        }
        if (old !== undefined) await this.#folder.removeEntry(old);
        this.#last = number;
      }
      return contents;
    } catch (error) {
      throw failure(error);
    }
  }

  /** Keeps this content for a path, or nothing. If that fails, what was kept before is whole. */
  async set(path: Path, content: Uint8Array | undefined): Promise<void> {
    try {
      const old = this.#names.get(path);
      if (content === undefined) this.#names.delete(path);
      else this.#names.set(path, await this.#add(path, content));
      if (old !== undefined) await this.#folder.removeEntry(old);
    } catch (error) {
      throw failure(error);
    }
  }

  /** Lets another agent have the place. */
  close(): void {
    this.#release();
  }

  async #add(path: Path, content: Uint8Array): Promise<string> {
    const name = String(++this.#last);
    const head = new TextEncoder().encode(`${JSON.stringify([path, content.length])}\n`);
    try {
      const file = await access(this.#folder, name);
      try {
        write(file, head, 0);
        write(file, content, head.length);
        file.flush();
      } finally {
        file.close();
      }
    } catch (error) {
      await this.#folder.removeEntry(name).catch(() => {}); // it is incomplete, and found to be
      throw error;
    }
    return name;
  }
}

/** What is in a file, if it is whole. */
function parse(bytes: Uint8Array): { path: Path; content: Uint8Array } | undefined {
  const end = bytes.indexOf(10);
  if (end < 0) return undefined;
  const [path, length] = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as [Path, number];
  const content = bytes.subarray(end + 1);
  return content.length === length ? { path, content } : undefined;
}

/** Takes a lock; what is returned lets go of it. */
async function lock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(PATIENCE) }, () => new Promise<void>(resolve))
      .catch(() =>
        reject(new AkioError('store_in_use', 'another agent has this store: close it, or the tab that it is in')),
      );
  });
}

function failure(error: unknown): AkioError {
  const isFull = error instanceof DOMException && error.name === 'QuotaExceededError';
  return isFull
    ? new AkioError('storage_full', 'the browser gives no more room for files', { cause: error })
    : new AkioError('storage_failed', `the browser's files cannot be used: ${reason(error)}`, { cause: error });
}
