/** The JSON that the module speaks, and the messages between a page and its worker. */

import type { AgentCall, AgentMessage, ModuleTool } from './agent/protocol.js';
import type { Called } from './caller.js';
import type { AkioErrorCode } from './errors.js';

/** What the module says about itself and the model inside it. */
export interface ModuleInfo {
  /** Version of akio. */
  version: string;
  /** Name of the model. */
  name: string;
  /** SPDX identifier of the model's licence. */
  license: string;
  /** Model family, such as `llama`. */
  architecture: string;
  /** File that the model was packed from, and its sha256. */
  source: string;
  source_sha256: string;
  /** sha256 of the packed model, and its size. */
  sha256: string;
  packed_bytes: number;
  /** Tensor types, and any loss in packing. */
  tensors: string;
  /** Most tokens of prompt and answer together. */
  context: number;
  /** Longest context the model was trained for. */
  max_context: number;
  vocab_size: number;
  linear_memory_bytes: number;
  /** Instruction set the module was built for. */
  build: 'simd128' | 'relaxed';
}

/** How a session uses its context. */
export interface SessionOptions {
  /** Context in tokens; the model's own when left out. */
  context?: number;
  /** When the context is full: end the answer, or drop the oldest turns but the system prompt. */
  overflow?: 'stop' | 'evict';
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/**
 * What an answer has to be. JSON is compact, and whole: an answer that could not be completed within
 * `max_tokens` is not begun, and what a schema cannot be kept to is the error `bad_constraint`.
 */
export type ResponseFormat =
  | { type: 'text' }
  /** Any JSON object. */
  | { type: 'json_object' }
  /** JSON that is valid under a JSON Schema, members in its order. */
  | { type: 'json_schema'; json_schema: { name?: string; description?: string; strict?: boolean; schema: object } }
  /** A text that a regular expression matches as a whole. */
  | { type: 'regex'; regex: string }
  /** A text of a grammar in GBNF, llama.cpp's notation. */
  | { type: 'grammar'; grammar: string }
  /** One of these texts. */
  | { type: 'choice'; choices: string[] };

/** One request to the module; what is left out takes the module's default, the seed a random one. */
export interface GenerateRequest {
  messages: ChatMessage[];
  /** The beginning of the answer, which goes on from there; it is not repeated in the text that comes. */
  prefix?: string;
  max_tokens?: number;
  temperature?: number;
  top_k?: number;
  top_p?: number;
  min_p?: number;
  repeat_penalty?: number;
  frequency_penalty?: number;
  presence_penalty?: number;
  logit_bias?: Record<string, number>;
  seed?: number;
  stop?: string[];
  response_format?: ResponseFormat;
}

/** What a call of one of these tools is chosen by, before or instead of an answer. */
export interface CallRequest {
  task: string;
  tools: ModuleTool[];
  /** This one; else the one that the task calls for. */
  tool: string | undefined;
  /** One in any case. */
  required: boolean;
}

/** One step of an answer, as the module reports it. */
export type ModuleEvent =
  | { type: 'prefill'; done: number; total: number }
  | { type: 'text'; text: string; token: number }
  | { type: 'overflow'; evicted: number }
  | DoneEvent;

export interface DoneEvent {
  type: 'done';
  reason: 'stop' | 'length' | 'context';
  /** Text that was held back in case a stop string would follow. */
  text: string;
  prompt_tokens: number;
  cached_tokens: number;
  completion_tokens: number;
}

/** Time spent on one answer, in milliseconds. */
export interface Timings {
  /** From the request to the first token. */
  prompt_ms: number;
  /** From the first token to the last. */
  predicted_ms: number;
  /** Tokens per second after the first. */
  predicted_per_second: number;
}

export type EngineEvent =
  | Exclude<ModuleEvent, DoneEvent>
  | (DoneEvent & { timings: Timings })
  /** The end, with a call in the place of an answer. */
  | (Called & { type: 'call'; timings: Timings });

/** How far loading is. */
export interface LoadProgress {
  /**
   * `wait`: another tab is loading the same module, and this one will find it stored. `start`:
   * everything is here, and a session is opened.
   */
  phase: 'fetch' | 'wait' | 'start';
  /** Bytes that are here, those that were stored before included. */
  loaded: number;
  /** Unknown only until the first bytes of a module from elsewhere have said it. */
  total: number | undefined;
  /** Of the last five seconds; left out at first, when it would say little. */
  bytesPerSecond?: number;
  secondsLeft?: number;
}

/**
 * Whether the module is stored for the next time. `full`: the browser gives no room for it. `none`: the
 * store is switched off, or there is none, as in Node and in pages from plain HTTP.
 */
export type Storage = 'kept' | 'full' | 'none';

/** What is known of a module before it arrives. */
export interface Published {
  /** Bytes of the module up to the end of the model. */
  bytes: number;
  /** The sha256 of all that precedes the model in the module, hashes of its parts included. */
  code: string;
  /** The sha256 of the plain module. */
  plain: string;
}

/** Where the module comes from: an absolute URL, its bytes, or compiled. */
export type ModuleSource = string | BufferSource | WebAssembly.Module;

/** What a worker is after loading. */
export interface Loaded {
  info: ModuleInfo;
  storage: Storage;
  /** How many threads compute, the worker's own included. */
  threads: number;
}

export type ToWorker =
  | {
      type: 'load';
      source: ModuleSource | undefined;
      /** Where the code without relaxed SIMD comes from: an absolute URL, or a path in Node. */
      plain: string | undefined;
      published: Published | undefined;
      store: string | undefined;
      /** How many threads are to compute, where the engine can share memory among them. */
      threads: number;
      /** Name of a lock to hold as long as the worker lives. */
      life: string | undefined;
      options: SessionOptions;
    }
  /** From now on to help the worker that sends through this port what it shares. */
  | { type: 'help'; port: MessagePort; life: string | undefined }
  | { type: 'run'; id: number; request: GenerateRequest; call: CallRequest | undefined }
  | { type: 'count'; id: number; input: string | ChatMessage[] }
  /** Something for an agent, which is told by a number once it is open. */
  | { type: 'agent'; id: number; agent: number | undefined; call: AgentCall }
  /** What the request `id` has asked for while it runs. */
  | { type: 'reply'; id: number; value: unknown }
  | { type: 'stop'; id: number };

export type FromWorker =
  | { type: 'progress'; progress: LoadProgress }
  /** A port for each of those that are to help. The page sees nothing of what comes through: it would hold the memory. */
  | { type: 'share'; ports: MessagePort[] }
  /** This worker helps, and says nothing more. */
  | { type: 'helping' }
  | { type: 'ready'; loaded: Loaded }
  | { type: 'event'; id: number; event: EngineEvent | AgentMessage }
  | { type: 'result'; id: number; value: unknown }
  /** The answer to `id` failed, or loading did. */
  | {
      type: 'error';
      id: number | undefined;
      code: AkioErrorCode;
      message: string;
      pointer: string | undefined;
    };
