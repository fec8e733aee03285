/** The class `LanguageModel`: sessions as the Prompt API has them, over one engine. */

import type { ChatMessage } from '../protocol.js';
import { hasRelaxedSimd } from '../simd.js';
import { constraintOf, type ResponseConstraint } from './constraint.js';
import { Conversation } from './conversation.js';
import { destroyed, fromEngine } from './errors.js';
import { Monitor } from './monitor.js';
import { checkMode, isSupported, PARAMS, samplingOf, type SessionSampling, toParams } from './options.js';
import { type CanonicalPrompt, canonicalize } from './prompt.js';
import { type Load, Shared } from './shared.js';
import type {
  Availability,
  CreateMonitor,
  LanguageModelAppendOptions,
  LanguageModelCloneOptions,
  LanguageModelConstructor,
  LanguageModelCreateCoreOptions,
  LanguageModelCreateOptions,
  LanguageModelParams,
  LanguageModelPrompt,
  LanguageModelPromptOptions,
  LanguageModelSamplingMode,
  LanguageModel as Shape,
} from './types.js';

type Handler = ((event: Event) => unknown) | null;

/**
 * Makes the class. Its sessions share one engine, which `load` loads for the first of them and which is
 * terminated with the last. `isStored` says whether that needs no download.
 */
export function languageModel(load: Load, isStored: () => Promise<boolean>): LanguageModelConstructor {
  const shared = new Shared(load);

  class LanguageModel extends EventTarget implements Shape {
    oncontextoverflow: Handler = null;
    onquotaoverflow: Handler = null;
    readonly #conversation: Conversation;
    readonly #sampling: SessionSampling;
    /** Aborted when the session is destroyed. */
    readonly #end = new AbortController();
    /** The end of the last operation: each waits for those before it. */
    #last: Promise<unknown> = Promise.resolve();

    /** For {@link open} alone. */
    constructor(conversation: Conversation | undefined, sampling: SessionSampling | undefined) {
      super();
      if (!(conversation instanceof Conversation) || sampling === undefined) {
        throw new TypeError('Illegal constructor: use LanguageModel.create()');
      }
      this.#conversation = conversation;
      this.#sampling = sampling;
      this.#end.signal.addEventListener('abort', () => shared.release(), { once: true });
      this.addEventListener('contextoverflow', (event) => this.oncontextoverflow?.(event));
      this.addEventListener('quotaoverflow', (event) => this.onquotaoverflow?.(event));
    }

    static async create(options: LanguageModelCreateOptions = {}): Promise<LanguageModel> {
      const { signal, monitor: introduce } = options;
      signal?.throwIfAborted();
      const sampling = samplingOf(options);
      const supported = isSupported(options);
      const initial = initialMessages(options);
      const monitor = new Monitor();
      introduce?.(monitor as EventTarget as CreateMonitor);
      if (!supported) {
        throw new DOMException('this model takes and gives text in English', 'NotSupportedError');
      }
      if ((options as { tools?: unknown[] }).tools?.length) {
        throw new DOMException('this model calls no tools', 'NotSupportedError');
      }
      monitor.start();
      const session = await LanguageModel.#acquire(signal, async () => {
        const client = await shared.acquire((progress) => signal?.aborted || monitor.report(progress));
        signal?.throwIfAborted();
        monitor.finish();
        return Conversation.open(client, initial, toParams(sampling));
      }).then((conversation) => new LanguageModel(conversation, sampling));
      signal?.addEventListener('abort', () => session.#end.abort(signal.reason), { once: true });
      return session;
    }

    static async availability(options: LanguageModelCreateCoreOptions = {}): Promise<Availability> {
      checkMode(options);
      if (!isSupported(options) || !canRun()) return 'unavailable';
      if (shared.state === 'loading') return 'downloading';
      return shared.state === 'loaded' || (await isStored()) ? 'available' : 'downloadable';
    }

    static async params(): Promise<LanguageModelParams> {
      return { ...PARAMS };
    }

    /** Opens the conversation of one more session; if that fails or is aborted, there is no such session. */
    static async #acquire(
      signal: AbortSignal | undefined,
      open: () => Promise<Conversation>,
    ): Promise<Conversation> {
      try {
        return await unlessAborted(open(), signal);
      } catch (error) {
        shared.release();
        throw fromEngine(error, 'OperationError');
      }
    }

    get contextUsage(): number {
      return this.#conversation.usage;
    }

    get contextWindow(): number {
      return this.#conversation.window;
    }

    get inputUsage(): number {
      return this.contextUsage;
    }

    get inputQuota(): number {
      return this.contextWindow;
    }

    get samplingMode(): LanguageModelSamplingMode | null {
      return this.#sampling.samplingMode;
    }

    get topK(): number {
      return this.#sampling.topK;
    }

    get temperature(): number {
      return this.#sampling.temperature;
    }

    async prompt(input: LanguageModelPrompt, options: LanguageModelPromptOptions = {}): Promise<string> {
      const prompt = canonicalize(input);
      const constraint = constraintOf(options, prompt.prefix);
      return this.#operate(options.signal, async (signal) => {
        let text = '';
        for await (const piece of this.#answer(prompt, constraint, signal)) text += piece;
        return text;
      });
    }

    promptStreaming(
      input: LanguageModelPrompt,
      options: LanguageModelPromptOptions = {},
    ): ReadableStream<string> {
      const left = new AbortController();
      const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
      this.#together(signal).throwIfAborted();
      const pieces = async (controller: ReadableStreamDefaultController<string>): Promise<void> => {
        const prompt = canonicalize(input);
        const constraint = constraintOf(options, prompt.prefix);
        await this.#operate(signal, async (signal) => {
          for await (const piece of this.#answer(prompt, constraint, signal)) controller.enqueue(piece);
        });
        controller.close();
      };
      return new ReadableStream({
        start: (controller) => {
          // Not awaited: the stream is read while the answer goes on.
          pieces(controller).catch((error: unknown) => controller.error(error));
        },
        cancel: () => left.abort(),
      });
    }

    async append(input: LanguageModelPrompt, options: LanguageModelAppendOptions = {}): Promise<undefined> {
      const prompt = canonicalize(input);
      await this.#operate(options.signal, () => this.#conversation.append(prompt, this.#onOverflow));
    }

    async measureContextUsage(
      input: LanguageModelPrompt,
      options: LanguageModelPromptOptions = {},
    ): Promise<number> {
      const { messages, prefix } = canonicalize(input);
      constraintOf(options, prefix);
      const all: ChatMessage[] = prefix === '' ? messages : [...messages, { role: 'assistant', content: prefix }];
      const signal = this.#together(options.signal);
      signal.throwIfAborted();
      return unlessAborted(this.#conversation.measure(all), signal).catch(rethrow);
    }

    measureInputUsage(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<number> {
      return this.measureContextUsage(input, options);
    }

    async clone(options: LanguageModelCloneOptions = {}): Promise<LanguageModel> {
      return this.#operate(options.signal, async (signal) => {
        const conversation = await LanguageModel.#acquire(signal, async () => {
          await shared.acquire(() => {});
          return this.#conversation.copy();
        });
        const clone = new LanguageModel(conversation, this.#sampling);
        if (signal.aborted) clone.destroy(); // nobody gets it
        return clone;
      });
    }

    destroy(): undefined {
      this.#end.abort(destroyed());
    }

    async [Symbol.asyncDispose](): Promise<void> {
      this.destroy();
    }

    readonly #onOverflow = (): void => {
      for (const type of ['contextoverflow', 'quotaoverflow']) this.dispatchEvent(new Event(type));
    };

    #answer(
      prompt: CanonicalPrompt,
      constraint: ResponseConstraint | undefined,
      signal: AbortSignal,
    ): AsyncGenerator<string, void> {
      return this.#conversation.answer(prompt, constraint, this.#onOverflow, signal);
    }

    /** Does `work` after what was asked for before; rejects as soon as it is aborted or the session destroyed. */
    async #operate<T>(given: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const signal = this.#together(given);
      signal.throwIfAborted();
      const done = this.#last.then(() => {
        signal.throwIfAborted();
        return work(signal);
      });
      this.#last = done.catch(() => {});
      return unlessAborted(done, signal).catch(rethrow);
    }

    #together(signal: AbortSignal | undefined): AbortSignal {
      return AbortSignal.any([this.#end.signal, ...(signal ? [signal] : [])]);
    }
  }

  return LanguageModel as unknown as LanguageModelConstructor;
}

function initialMessages({ initialPrompts = [] }: LanguageModelCreateOptions): ChatMessage[] {
  if (initialPrompts.length === 0) return [];
  const { messages, prefix } = canonicalize(initialPrompts);
  if (prefix !== '') throw new DOMException('initialPrompts are not answered, so none is a prefix', 'SyntaxError');
  return messages;
}

function canRun(): boolean {
  try {
    hasRelaxedSimd();
    return true;
  } catch {
    return false;
  }
}

function rethrow(error: unknown): never {
  throw fromEngine(error, 'UnknownError');
}

/** The same promise, but it rejects at once when the signal is aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
