/**
 * How a page learns that its worker is gone, of which no event tells: the worker holds a lock as long as
 * it lives, and the page waits for it. There are locks in pages from HTTPS and localhost.
 */

/** A name for the lock of a new worker, where there are locks. */
export function nameOfLife(): string | undefined {
  return globalThis.navigator?.locks ? `akio worker ${crypto.randomUUID()}` : undefined;
}

/** Takes the lock in a worker, for good, where there are locks. */
export function live(name: string | undefined): Promise<void> {
  if (name === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, () => {
        resolve();
        return new Promise<never>(() => {});
      })
      .catch(reject);
  });
}

/** Calls `work` when the worker that has taken the lock is gone, unless `signal` is aborted first. */
export function onEnd(name: string, signal: AbortSignal, work: () => void): void {
  navigator.locks.request(name, { signal }, work).catch(() => {}); // that it was aborted
}
