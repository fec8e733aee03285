/** `chat.completions.create`, in the shape that OpenAI's clients have made common. */

import { AkioError } from './errors.js';
import { iterate } from './iterate.js';
import type { EngineEvent, GenerateRequest, Timings } from './protocol.js';
import type { Remote } from './remote.js';
import { type RunnableTool, ToolRunner } from './tool-runner.js';
import { callRequest, type ChatTool, type Message, plain, type ToolCall, type ToolChoice } from './tools.js';

export interface ChatCompletionParams extends Omit<GenerateRequest, 'messages' | 'stop'> {
  /** The conversation so far; the last message is the user's, or a tool's. A `system` message comes first. */
  messages: Message[];
  /** Functions that may be called in the place of an answer. */
  tools?: ChatTool[];
  tool_choice?: ToolChoice;
  /** Accepted for compatibility; there is one model. */
  model?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  /** Newer name of `max_tokens`. */
  max_completion_tokens?: number;
  /** Text that ends the answer and is not part of it. */
  stop?: string | string[];
}

export interface RequestOptions {
  /** Stops the answer, while the prompt is being read too. */
  signal?: AbortSignal;
  /** What happens beside the text. */
  onNotice?: (notice: Notice) => void;
}

export type Notice =
  /** `done` of `total` prompt tokens have been read. */
  | { type: 'prefill'; done: number; total: number }
  /** The oldest `evicted` messages no longer fit into the context and were left out. */
  | { type: 'overflow'; evicted: number };

export interface ToolRunnerParams extends Omit<ChatCompletionParams, 'stream' | 'stream_options' | 'tools'> {
  tools: RunnableTool[];
}

export interface ToolRunnerOptions extends RequestOptions {
  /** Most requests to the model: 10 when left out. */
  maxChatCompletions?: number;
}

export type FinishReason = 'stop' | 'length' | 'tool_calls';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  /** Prompt tokens that did not have to be read again. */
  prompt_tokens_details: { cached_tokens: number };
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Unix time in seconds. */
  created: number;
  model: string;
  choices: [
    {
      index: 0;
      /** The content is empty where there are calls. */
      message: { role: 'assistant'; content: string; tool_calls?: ToolCall[] };
      finish_reason: FinishReason;
    },
  ];
  usage: Usage;
  timings: Timings;
}

export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  /** Empty in the last chunk when usage was asked for. */
  choices: {
    index: 0;
    delta: { role?: 'assistant'; content?: string; tool_calls?: (ToolCall & { index: 0 })[] };
    finish_reason: FinishReason | null;
  }[];
  usage?: Usage;
  timings?: Timings;
}

/** `break` out of the loop stops the answer. */
export type ChatCompletionStream = AsyncGenerator<ChatCompletionChunk, void>;

export class Completions {
  readonly #remote: () => Remote;
  #count = 0;

  /** `remote` is the worker of the moment. */
  constructor(remote: () => Remote) {
    this.#remote = remote;
  }

  /**
   * Answers a conversation: whole, or as a stream of chunks with `stream: true`.
   *
   * Requests wait for each other. Rejects with an {@link AkioError}, or with the reason of an
   * aborted signal.
   */
  create(
    params: ChatCompletionParams & { stream: true },
    options?: RequestOptions,
  ): Promise<ChatCompletionStream>;
  create(
    params: ChatCompletionParams & { stream?: false },
    options?: RequestOptions,
  ): Promise<ChatCompletion>;
  async create(
    params: ChatCompletionParams,
    options: RequestOptions = {},
  ): Promise<ChatCompletionStream | ChatCompletion> {
    options.signal?.throwIfAborted();
    const answer: Answer = {
      id: `chatcmpl-${++this.#count}`,
      created: Math.floor(Date.now() / 1000),
      model: this.#remote().loaded.info.name,
    };
    return params.stream
      ? iterate(this.#stream(answer, params, options))
      : this.#whole(answer, params, options);
  }

  /**
   * Answers a conversation with the help of functions: calls those that the model asks for, tells it what
   * they said, and so on until it answers, at most `maxChatCompletions` times.
   */
  runTools(params: ToolRunnerParams, options: ToolRunnerOptions = {}): ToolRunner {
    const { maxChatCompletions, ...request } = options;
    const complete = (messages: Message[]): Promise<ChatCompletion> => {
      // What has to be called is called once: with what it said the model answers.
      const { tool_choice, ...rest } = params;
      const isFirst = messages.at(-1)?.role !== 'tool';
      return this.create({ ...rest, messages, ...(isFirst && tool_choice && { tool_choice }) }, request);
    };
    return new ToolRunner(complete, params.messages, params.tools, maxChatCompletions);
  }

  async #whole(
    answer: Answer,
    params: ChatCompletionParams,
    options: RequestOptions,
  ): Promise<ChatCompletion> {
    let content = '';
    const done = await this.#run(params, options, options.signal, (text) => {
      content += text;
    });
    const calls = toolCalls(done, answer);
    return {
      ...answer,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content, ...(calls && { tool_calls: calls }) },
          finish_reason: finishReason(done),
        },
      ],
      usage: usage(done),
      timings: done.timings,
    };
  }

  #stream(
    answer: Answer,
    params: ChatCompletionParams,
    options: RequestOptions,
  ): ReadableStream<ChatCompletionChunk> {
    const left = new AbortController();
    const signal = AbortSignal.any([left.signal, ...(options.signal ? [options.signal] : [])]);
    const chunk = (delta: Delta, finish_reason: FinishReason | null): ChatCompletionChunk => ({
      ...answer,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason }],
    });
    return new ReadableStream({
      start: (controller) => {
        controller.enqueue(chunk({ role: 'assistant', content: '' }, null));
        // Not awaited: the stream is read while the answer goes on.
        this.#run(params, options, signal, (content) =>
          controller.enqueue(chunk({ content }, null)),
        )
          .then((done) => {
            const calls = toolCalls(done, answer)?.map((call) => ({ index: 0 as const, ...call }));
            if (calls) controller.enqueue(chunk({ tool_calls: calls }, null));
            controller.enqueue(chunk({}, finishReason(done)));
            if (params.stream_options?.include_usage) {
              controller.enqueue({
                ...answer,
                object: 'chat.completion.chunk',
                choices: [],
                usage: usage(done),
                timings: done.timings,
              });
            }
            controller.close();
          })
          .catch((error: unknown) => controller.error(error));
      },
      cancel: () => left.abort(),
    });
  }

  /** Runs the request; `onText` sees the text as it comes. */
  async #run(
    params: ChatCompletionParams,
    options: RequestOptions,
    signal: AbortSignal | undefined,
    onText: (text: string) => void,
  ): Promise<Done> {
    let done: Done | undefined;
    const onEvent = (event: EngineEvent): void => {
      switch (event.type) {
        case 'text':
          if (event.text !== '') onText(event.text);
          break;
        case 'done':
          if (event.text !== '') onText(event.text);
          done = event;
          break;
        case 'call':
          done = event;
          break;
        default:
          options.onNotice?.(event);
      }
    };
    const call = callRequest(params.messages, params.tools, params.tool_choice);
    await this.#remote().run(toRequest(params), call, onEvent, signal);
    if (done === undefined) throw new AkioError('worker_failed', 'the answer came without an end');
    return done;
  }
}

/** What all parts of one answer repeat. */
interface Answer {
  id: string;
  created: number;
  model: string;
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];

type Done = Extract<EngineEvent, { type: 'done' | 'call' }>;

function toRequest(params: ChatCompletionParams): GenerateRequest {
  const { messages, model, stream, stream_options, max_completion_tokens, stop, tools, tool_choice, ...request } =
    params;
  if (max_completion_tokens !== undefined) request.max_tokens = max_completion_tokens;
  return {
    messages: plain(messages),
    ...request,
    ...(stop !== undefined && { stop: typeof stop === 'string' ? [stop] : stop }),
  };
}

function finishReason(done: Done): FinishReason {
  if (done.type === 'call') return 'tool_calls';
  return done.reason === 'stop' ? 'stop' : 'length';
}

function toolCalls(done: Done, { id }: Answer): ToolCall[] | undefined {
  if (done.type !== 'call') return undefined;
  const { tool, arguments: given } = done.call;
  return [{ id: `call-${id}`, type: 'function', function: { name: tool, arguments: JSON.stringify(given) } }];
}

function usage(done: Done): Usage {
  const { prompt_tokens, completion_tokens } = done;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens_details: { cached_tokens: done.type === 'done' ? done.cached_tokens : 0 },
  };
}
