/** A queue: one after the other, in the order in which they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for those before. Whoever gets the turn calls what is returned when it is over. */
  take(): Promise<() => void> {
    const before = this.#last;
    return new Promise((resolve) => {
      this.#last = new Promise((leave) => void before.then(() => resolve(leave)));
    });
  }

  /** Does `work` when its turn has come. */
  async do<T>(work: () => T | Promise<T>): Promise<T> {
    const leave = await this.take();
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
