/** The engine behind a dedicated worker, seen from the page. */

import type { Backend } from './engine.js';
import { AkioError } from './errors.js';
import type {
  EngineEvent,
  FromWorker,
  GenerateRequest,
  LoadProgress,
  ModuleInfo,
  ModuleSource,
  SessionOptions,
  ToWorker,
} from './protocol.js';

/** A call that waits for its answer from the worker. */
interface Call {
  onEvent?: (event: EngineEvent) => void;
  resolve: (value: number) => void;
  reject: (error: unknown) => void;
}

export class Remote implements Backend {
  readonly info: ModuleInfo;
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #lastId = 0;
  /** Why the worker can be used no more. */
  #fault: AkioError | undefined;

  private constructor(worker: Worker, info: ModuleInfo) {
    this.info = info;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    worker.onerror = (event) => this.#close(workerError(event));
  }

  /** Loads the module in `worker`, which is ended if that fails or is aborted. */
  static async open(
    worker: Worker,
    source: ModuleSource | undefined,
    options: SessionOptions,
    onProgress: (progress: LoadProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<Remote> {
    try {
      return new Remote(worker, await load(worker, source, options, onProgress, signal));
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  async run(
    request: GenerateRequest,
    onEvent: (event: EngineEvent) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    signal?.throwIfAborted();
    const id = ++this.#lastId;
    const abort = (): void => {
      post(this.#worker, { type: 'stop', id });
      this.#calls.get(id)?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort);
    try {
      await this.#send({ type: 'run', id, request }, onEvent);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  countTokens(text: string): Promise<number> {
    return this.#send({ type: 'count', id: ++this.#lastId, text });
  }

  terminate(): void {
    this.#close(new AkioError('terminated', 'this akio was terminated'));
  }

  async #send(
    message: Extract<ToWorker, { type: 'run' | 'count' }>,
    onEvent?: (event: EngineEvent) => void,
  ): Promise<number> {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return await new Promise((resolve, reject) => {
        this.#calls.set(message.id, { resolve, reject, ...(onEvent && { onEvent }) });
        post(this.#worker, message);
      });
    } finally {
      this.#calls.delete(message.id);
    }
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'event': {
        const call = this.#calls.get(message.id);
        call?.onEvent?.(message.event);
        if (message.event.type === 'done') call?.resolve(message.event.completion_tokens);
        break;
      }
      case 'result':
        this.#calls.get(message.id)?.resolve(message.value);
        break;
      case 'error':
        if (message.id !== undefined) {
          this.#calls.get(message.id)?.reject(new AkioError(message.code, message.message));
        }
        break;
    }
  }

  #close(fault: AkioError): void {
    this.#fault ??= fault;
    this.#worker.terminate();
    for (const call of this.#calls.values()) call.reject(this.#fault);
  }
}

function load(
  worker: Worker,
  source: ModuleSource | undefined,
  options: SessionOptions,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal | undefined,
): Promise<ModuleInfo> {
  return new Promise((resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.onerror = (event) => reject(workerError(event));
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'progress') onProgress(data.progress);
      if (data.type === 'ready') resolve(data.info);
      if (data.type === 'error') reject(new AkioError(data.code, data.message));
    };
    post(worker, { type: 'load', source, options }, bytesOf(source));
  });
}

/** Bytes are handed over, not copied: 98 MB twice is too much for a phone. */
function bytesOf(source: ModuleSource | undefined): Transferable[] {
  if (source instanceof ArrayBuffer) return [source];
  return ArrayBuffer.isView(source) ? [source.buffer] : [];
}

function post(worker: Worker, message: ToWorker, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer);
}

function workerError(event: ErrorEvent): AkioError {
  return new AkioError(
    'worker_failed',
    event.message
      ? `the worker ended: ${event.message}`
      : 'the worker script could not be loaded: is worker.js where it should be?',
  );
}
