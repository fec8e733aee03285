/** What both entry points export beside `Akio`. */

export { AkioError, type AkioErrorCode } from './errors.js';
export type { LoadOptions, RestartOptions } from './client.js';
export type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionParams,
  ChatCompletionStream,
  FinishReason,
  Notice,
  RequestOptions,
  ToolRunnerOptions,
  ToolRunnerParams,
  Usage,
} from './completions.js';
export type { ChatMessage, LoadProgress, ModuleInfo, ResponseFormat, Storage, Timings } from './protocol.js';
export type { RunnableTool, ToolRunner } from './tool-runner.js';
export type { ChatTool, Message, ToolCall, ToolCallMessage, ToolChoice, ToolMessage } from './tools.js';
