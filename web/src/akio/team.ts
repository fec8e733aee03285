/** The worker that has the model and those that help it, seen from outside as one. */

import { AkioError } from './errors.js';
import type { FromWorker, ToWorker } from './protocol.js';
import type { Peer } from './remote.js';
import type { Shared } from './threads.js';

type OnFault = (fault: AkioError) => void;

/** Most threads that compute unasked: more of them only wait for memory. */
const MOST = 8;

/** How many threads are to compute on so many cores. */
export function threadsFor(wanted: number | undefined, cores: number): number {
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted > 0)) {
    throw new AkioError('bad_request', `\`threads\` is a whole number from 1 on, not ${wanted}`);
  }
  return Math.min(wanted ?? MOST, cores);
}

export class Team implements Peer {
  readonly #start: () => Peer;
  readonly #threads: number;
  readonly #first: Peer;
  #helpers: Peer[] = [];
  /** When all of them help. */
  #helping: Promise<unknown> = Promise.resolve();

  /** Starts a worker. When it shares what they need, others that help it, `threads` with it. */
  constructor(start: () => Peer, threads: number) {
    this.#start = start;
    this.#threads = threads;
    this.#first = start();
  }

  get life(): string | undefined {
    return this.#first.life;
  }

  post(message: ToWorker, transfer: ArrayBuffer[]): void {
    this.#first.post(message, transfer);
  }

  listen(onMessage: (message: FromWorker) => void, onFault: OnFault): void {
    this.#first.listen((message) => {
      if (message.type === 'share') this.#helping = this.#getHelp(message.shared, onFault);
      else if (message.type === 'ready') void this.#helping.then(() => onMessage(message));
      else onMessage(message);
    }, onFault);
    for (const helper of this.#helpers) helper.listen(() => {}, onFault);
  }

  #getHelp(shared: Shared, onFault: OnFault): Promise<unknown> {
    this.#helpers = Array.from({ length: this.#threads - 1 }, this.#start);
    const helping = this.#helpers.map(
      (helper) =>
        new Promise<void>((resolve) => {
          // The one thing that it says is that it begins.
          helper.listen(() => resolve(), onFault);
          helper.post({ type: 'help', shared, life: helper.life }, []);
          helper.setBusy(false);
        }),
    );
    return Promise.all(helping);
  }

  watch(onFault: OnFault): void {
    for (const peer of this.#all()) peer.watch(onFault);
  }

  end(): void {
    for (const peer of this.#all()) peer.end();
  }

  setBusy(busy: boolean): void {
    this.#first.setBusy(busy);
  }

  #all(): Peer[] {
    return [this.#first, ...this.#helpers];
  }
}
