/** Tools in chat completions, in the shape that OpenAI's clients have made common. */

import type { ModuleTool } from './agent/protocol.js';
import { AkioError } from './errors.js';
import type { CallRequest, ChatMessage } from './protocol.js';

/** A function that the caller has, and that the model may ask for. */
export interface ChatTool {
  type: 'function';
  function: {
    name: string;
    /** What it does; the choice of a function learns from it. */
    description?: string;
    /** JSON Schema of the arguments, an object. */
    parameters?: object;
    /** Accepted for compatibility: arguments always follow the schema. */
    strict?: boolean | null;
    /** Requests that it is right for: the choice learns from them too, and three are a good start. */
    examples?: string[];
  };
}

/** `'none'` answers, `'required'` calls a function, and the default, `'auto'`, does what the last message wants. */
export type ToolChoice = 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } };

/** A function that is to be called. */
export interface ToolCall {
  id: string;
  type: 'function';
  /** The arguments are JSON, and follow the schema. */
  function: { name: string; arguments: string };
}

/** A message of the model in which it asks for a function. */
export interface ToolCallMessage {
  role: 'assistant';
  content?: string | null;
  tool_calls: ToolCall[];
}

/** What a function said. */
export interface ToolMessage {
  role: 'tool';
  tool_call_id: string;
  content: string;
}

export type Message = ChatMessage | ToolCallMessage | ToolMessage;

/** What the worker needs to choose a function and its arguments; nothing where the model is to answer. */
export function callRequest(
  messages: Message[],
  tools: ChatTool[] | undefined,
  choice: ToolChoice = 'auto',
): CallRequest | undefined {
  if (!tools?.length || choice === 'none') return undefined;
  // What a function has said is for the answer: with it the request is not chosen for again.
  if (choice === 'auto' && messages.at(-1)?.role !== 'user') return undefined;
  const task = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  const name = typeof choice === 'string' ? undefined : choice.function.name;
  if (name !== undefined && !tools.some((tool) => tool.function.name === name)) {
    throw new AkioError('bad_tool', `tool_choice names ${name}, which is not among the tools`);
  }
  return { task, tool: name, required: choice === 'required', tools: tools.map(moduleTool) };
}

function moduleTool({ function: { name, description = '', parameters, examples } }: ChatTool): ModuleTool {
  return {
    name,
    description,
    parameters: parameters ?? { type: 'object', properties: {}, additionalProperties: false },
    side_effect: false,
    ...(examples && { examples }),
  };
}

/**
 * The conversation as the model reads it: what functions have said stands in front of the request that they
 * were called for, as text, since not every template knows of functions.
 */
export function plain(messages: Message[]): ChatMessage[] {
  const result: ChatMessage[] = [];
  const calls = new Map<string, ToolCall>();
  let said = '';
  for (const message of messages) {
    if (message.role === 'tool') {
      const call = calls.get(message.tool_call_id);
      const request = result.at(-1);
      if (call === undefined || request?.role !== 'user') {
        throw new AkioError('bad_request', `no message before it calls for the tool message ${message.tool_call_id}`);
      }
      const { name, arguments: given } = call.function;
      const more = `${name} ${given}:\n${message.content.trimEnd()}\n\n`;
      request.content = said + more + request.content.slice(said.length);
      said += more;
    } else if ('tool_calls' in message && message.tool_calls?.length) {
      for (const call of message.tool_calls) calls.set(call.id, call);
    } else {
      result.push({ role: message.role, content: message.content ?? '' });
      said = '';
    }
  }
  return result;
}
