/** The engine behind a worker, seen from outside. */

import type { AgentCall, AgentMessage } from './agent/protocol.js';
import { AkioError } from './errors.js';
import type {
  CallRequest,
  ChatMessage,
  EngineEvent,
  FromWorker,
  GenerateRequest,
  Loaded,
  LoadProgress,
  ToWorker,
} from './protocol.js';
import type { LoadMessage } from './serve.js';

/** What is handed over. */
export type Transfer = ArrayBuffer | MessagePort;

/** The worker of a page or the thread of Node that the engine runs in. */
export interface Peer {
  /** Name of the lock by which its end is known, where there are locks. */
  readonly life: string | undefined;
  post(message: ToWorker, transfer: Transfer[]): void;
  /** Sets who hears of messages and of the end by a fault, instead of who did before. */
  listen(onMessage: (message: FromWorker) => void, onFault: (fault: AkioError) => void): void;
  end(): void;
  /** From now on the worker's end is a fault too where no event tells of it. */
  watch(onFault: (fault: AkioError) => void): void;
  /** Whether something waits for its answer. */
  setBusy(busy: boolean): void;
}

/** A call that waits for its answer from the worker. */
interface Call {
  onEvent: (event: EngineEvent | AgentMessage) => void;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** How an agent is called. */
export interface AgentCallOptions {
  signal?: AbortSignal | undefined;
  /** Hears of what happens, and may reply to it. */
  onEvent?: (event: AgentMessage, reply: (value: unknown) => void) => void;
  /** Bytes that are handed over. */
  transfer?: ArrayBuffer[];
}

export class Remote {
  readonly loaded: Loaded;
  readonly #peer: Peer;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  readonly #onLost: (fault: AkioError) => void;
  #fault: AkioError | undefined;

  private constructor(peer: Peer, loaded: Loaded, onLost: (fault: AkioError) => void) {
    this.loaded = loaded;
    this.#peer = peer;
    this.#onLost = onLost;
    peer.listen(
      (message) => this.#receive(message),
      (fault) => this.#lose(fault),
    );
    peer.watch((fault) => this.#lose(fault));
    peer.setBusy(false);
  }

  /** Why the worker can be used no more. */
  get fault(): AkioError | undefined {
    return this.#fault;
  }

  /**
   * Loads the module in `peer`, which is ended if that fails or is aborted. `onLost` hears of an end that
   * comes later without {@link terminate}.
   */
  static async open(
    peer: Peer,
    message: LoadMessage,
    onProgress: (progress: LoadProgress) => void,
    signal: AbortSignal | undefined,
    onLost: (fault: AkioError) => void,
  ): Promise<Remote> {
    try {
      return new Remote(peer, await load(peer, message, onProgress, signal), onLost);
    } catch (error) {
      peer.end();
      throw error;
    }
  }

  /** Generates one answer, or a call. Rejects with the signal's reason once it is aborted. */
  async run(
    request: GenerateRequest,
    call: CallRequest | undefined,
    onEvent: (event: EngineEvent) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const onAny = (event: EngineEvent | AgentMessage): void => onEvent(event as EngineEvent);
    await this.#send((id) => ({ type: 'run', id, request, call }), onAny, signal);
  }

  async countTokens(input: string | ChatMessage[]): Promise<number> {
    return (await this.#send((id) => ({ type: 'count', id, input }))) as number;
  }

  /** Asks something of an agent in the worker, or opens one. */
  agent(
    agent: number | undefined,
    call: AgentCall,
    { signal, onEvent, transfer }: AgentCallOptions = {},
  ): Promise<unknown> {
    return this.#send(
      (id) => ({ type: 'agent', id, agent, call }),
      (event, id) => {
        const reply = (value: unknown): void => {
          if (this.#fault === undefined) this.#peer.post({ type: 'reply', id, value }, []);
        };
        onEvent?.(event as AgentMessage, reply);
      },
      signal,
      transfer,
    );
  }

  terminate(): void {
    this.#close(new AkioError('terminated', 'this akio was terminated'));
  }

  async #send(
    message: (id: number) => ToWorker,
    onEvent: (event: EngineEvent | AgentMessage, id: number) => void = () => {},
    signal?: AbortSignal,
    transfer: ArrayBuffer[] = [],
  ): Promise<unknown> {
    if (this.#fault !== undefined) throw this.#fault;
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    const abort = (): void => {
      this.#peer.post({ type: 'stop', id }, []);
      this.#calls.get(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(id, { resolve, reject, onEvent: (event) => onEvent(event, id) });
        this.#peer.setBusy(true);
        this.#peer.post(message(id), transfer);
      });
    } finally {
      signal?.removeEventListener('abort', abort);
      this.#calls.delete(id);
      this.#peer.setBusy(this.#calls.size > 0);
    }
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'event':
        this.#calls.get(message.id)?.onEvent(message.event);
        break;
      case 'result':
        this.#calls.get(message.id)?.resolve(message.value);
        break;
      case 'error': {
        const error = failure(message);
        if (message.id !== undefined) this.#calls.get(message.id)?.reject(error);
        // After a fault the module's memory is not to be trusted.
        if (message.code === 'trapped') this.#lose(error);
        break;
      }
    }
  }

  #lose(fault: AkioError): void {
    if (this.#fault !== undefined) return;
    this.#close(fault);
    this.#onLost(fault);
  }

  #close(fault: AkioError): void {
    this.#fault ??= fault;
    this.#peer.end();
    for (const call of this.#calls.values()) call.reject(this.#fault);
  }
}

function load(
  peer: Peer,
  message: LoadMessage,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal | undefined,
): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    peer.listen((answer) => {
      if (answer.type === 'progress') onProgress(answer.progress);
      if (answer.type === 'ready') resolve(answer.loaded);
      if (answer.type === 'error') reject(failure(answer));
    }, reject);
    peer.post(message, bytesOf(message.source));
  });
}

function failure({ code, message, pointer }: Extract<FromWorker, { type: 'error' }>): AkioError {
  return new AkioError(code, message, { pointer });
}

/** Bytes are handed over, not copied: 98 MB twice is too much for a phone. */
function bytesOf(source: LoadMessage['source']): ArrayBuffer[] {
  if (source instanceof ArrayBuffer) return [source];
  if (!ArrayBuffer.isView(source)) return [];
  // A part of a larger buffer is copied: the rest is not ours to take.
  const { buffer, byteLength } = source;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}
