/**
 * The shapes of the Prompt API (https://webmachinelearning.github.io/prompt-api) as far as a text model
 * has them, with the members that browsers offer to extensions only and the names of earlier drafts.
 */

export type Availability = 'unavailable' | 'downloadable' | 'downloading' | 'available';

export type LanguageModelSamplingMode =
  | 'most-predictable'
  | 'predictable'
  | 'balanced'
  | 'creative'
  | 'most-creative';

export type LanguageModelMessageRole = 'system' | 'user' | 'assistant';

/** Of these a session takes text only. */
export type LanguageModelMessageType = 'text' | 'image' | 'audio' | 'tool-call' | 'tool-response';

export interface LanguageModelMessageContent {
  type: LanguageModelMessageType;
  /** Text, for the type `text`. */
  value: unknown;
}

export interface LanguageModelMessage {
  role: LanguageModelMessageRole;
  content: string | LanguageModelMessageContent[];
  /** Of the last message, the assistant's: the answer goes on where it ends. */
  prefix?: boolean;
}

/** A string is the user's message. */
export type LanguageModelPrompt = string | LanguageModelMessage[];

export interface LanguageModelExpected {
  type: LanguageModelMessageType;
  /** BCP 47 tags. */
  languages?: string[];
}

export interface LanguageModelCreateCoreOptions {
  expectedInputs?: LanguageModelExpected[];
  expectedOutputs?: LanguageModelExpected[];
  /** Instead of `topK` and `temperature`. */
  samplingMode?: LanguageModelSamplingMode;
  topK?: number;
  temperature?: number;
}

/** Sends `downloadprogress` with `loaded` from 0 to 1. */
export interface CreateMonitor extends EventTarget {
  ondownloadprogress: ((event: ProgressEvent) => unknown) | null;
  addEventListener(
    type: 'downloadprogress',
    listener: (event: ProgressEvent) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export interface LanguageModelCreateOptions extends LanguageModelCreateCoreOptions {
  /** Gives creation up; afterwards it destroys the session. */
  signal?: AbortSignal;
  monitor?: (monitor: CreateMonitor) => unknown;
  /** How the conversation begins. A system message comes first. They are never evicted. */
  initialPrompts?: LanguageModelMessage[];
}

export interface LanguageModelPromptOptions {
  /** A JSON Schema that the answer is valid under, or a regular expression that matches it. */
  responseConstraint?: object | null;
  /** Only with a constraint. It never is a part of the prompt here: describe it there. */
  omitResponseConstraintInput?: boolean;
  signal?: AbortSignal;
}

export interface LanguageModelAppendOptions {
  signal?: AbortSignal;
}

export interface LanguageModelCloneOptions {
  signal?: AbortSignal;
}

export interface LanguageModelParams {
  readonly defaultTopK: number;
  readonly maxTopK: number;
  readonly defaultTemperature: number;
  readonly maxTemperature: number;
}

/** A conversation. Prompts of one session wait for each other. */
export interface LanguageModel extends EventTarget, AsyncDisposable {
  prompt(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<string>;
  /** What is new of the text, piece by piece. Cancelling the stream stops the answer. */
  promptStreaming(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): ReadableStream<string>;
  /** Adds to the conversation without an answer. */
  append(input: LanguageModelPrompt, options?: LanguageModelAppendOptions): Promise<undefined>;
  /** A session of its own that has the same conversation so far. */
  clone(options?: LanguageModelCloneOptions): Promise<LanguageModel>;
  /** Stops its answer. The memory is freed when no session is left. */
  destroy(): undefined;

  /** Tokens that the input would take. */
  measureContextUsage(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<number>;
  /** Tokens of the conversation so far. */
  readonly contextUsage: number;
  /** Most tokens of a conversation. */
  readonly contextWindow: number;
  /** The oldest turns were left out to make room. */
  oncontextoverflow: ((event: Event) => unknown) | null;

  /** Absent where `topK` or `temperature` was given. */
  readonly samplingMode: LanguageModelSamplingMode | null;
  readonly topK: number;
  readonly temperature: number;

  /** @deprecated Earlier name of `measureContextUsage`. */
  measureInputUsage(input: LanguageModelPrompt, options?: LanguageModelPromptOptions): Promise<number>;
  /** @deprecated Earlier name of `contextUsage`. */
  readonly inputUsage: number;
  /** @deprecated Earlier name of `contextWindow`. */
  readonly inputQuota: number;
  /** @deprecated Earlier name of `oncontextoverflow`. */
  onquotaoverflow: ((event: Event) => unknown) | null;
}

/** The class: for `instanceof`, and its static methods. */
export type LanguageModelConstructor = (abstract new () => LanguageModel) & {
  /** Rejects with a `DOMException`, a `TypeError` or `RangeError` for options that make no sense, or the signal's reason. */
  create(options?: LanguageModelCreateOptions): Promise<LanguageModel>;
  availability(options?: LanguageModelCreateCoreOptions): Promise<Availability>;
  params(): Promise<LanguageModelParams>;
};
