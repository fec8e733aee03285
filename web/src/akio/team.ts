/** The worker that has the model and those that help it, seen from outside as one. */

import { AkioError } from './errors.js';
import type { FromWorker, ToWorker } from './protocol.js';
import type { Peer, Transfer } from './remote.js';

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
  readonly #first: Peer;
  readonly #helpers: Peer[] = [];
  /** When all of them help. */
  #helping: Promise<unknown> = Promise.resolve();

  /** Starts a worker, and those that help it when it has something to share. */
  constructor(start: () => Peer) {
    this.#start = start;
    this.#first = start();
  }

  get life(): string | undefined {
    return this.#first.life;
  }

  post(message: ToWorker, transfer: Transfer[]): void {
    this.#first.post(message, transfer);
  }

  listen(onMessage: (message: FromWorker) => void, onFault: OnFault): void {
    this.#first.listen((message) => {
      if (message.type === 'share') this.#helping = this.#getHelp(message.ports, onFault);
      else if (message.type === 'ready') void this.#helping.then(() => onMessage(message));
      else onMessage(message);
    }, onFault);
    for (const helper of this.#helpers) helper.listen(() => {}, onFault);
  }

  #getHelp(ports: MessagePort[], onFault: OnFault): Promise<unknown> {
    const helping = ports.map(
      (port) =>
        new Promise<void>((resolve) => {
          const helper = this.#start();
          this.#helpers.push(helper);
          // The one thing that it says is that it begins.
          helper.listen(() => resolve(), onFault);
          helper.post({ type: 'help', port, life: helper.life }, [port]);
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
