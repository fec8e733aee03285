/** Answers with the help of functions: asks the model, calls what it asks for, and asks again. */

import type { ChatCompletion } from './completions.js';
import { AkioError } from './errors.js';
import type { ChatTool, Message, ToolCall } from './tools.js';

/** A function with what it does. */
export interface RunnableTool extends ChatTool {
  function: ChatTool['function'] & {
    /** Does it; what it returns goes to the model. */
    function: (args: never) => unknown;
    /** Reads the arguments; without it the function gets the text of their JSON, as from OpenAI's client. */
    parse?: (text: string) => unknown;
  };
}

/** Asks the model. */
type Complete = (messages: Message[]) => Promise<ChatCompletion>;

export class ToolRunner {
  /** The conversation so far, with what the model and the functions have said. */
  readonly messages: Message[];
  readonly #tools: RunnableTool[];
  readonly #listeners: ((message: Message) => void)[] = [];
  readonly #done: Promise<ChatCompletion>;

  /** For `runTools` alone. */
  constructor(complete: Complete, messages: Message[], tools: RunnableTool[], limit = 10) {
    this.messages = [...messages];
    this.#tools = tools;
    this.#done = this.#run(complete, limit);
    this.#done.catch(() => {}); // who wants to know asks
  }

  /** Hears of each message that comes. */
  on(event: 'message', listener: (message: Message) => void): this {
    if (event === 'message') this.#listeners.push(listener);
    return this;
  }

  /** The answer. Rejects if a function fails. */
  async finalContent(): Promise<string> {
    return (await this.#done).choices[0].message.content;
  }

  /** The completion that has the answer. */
  finalChatCompletion(): Promise<ChatCompletion> {
    return this.#done;
  }

  async #run(complete: Complete, limit: number): Promise<ChatCompletion> {
    for (let count = 0; count < limit; count++) {
      const completion = await complete(this.messages);
      const [{ message }] = completion.choices;
      this.#add(message);
      if (message.tool_calls === undefined) return completion;
      for (const call of message.tool_calls) {
        this.#add({ role: 'tool', tool_call_id: call.id, content: await this.#call(call) });
      }
    }
    throw new AkioError('bad_request', `there is no answer after ${limit} requests; maxChatCompletions allows more`);
  }

  async #call({ function: { name, arguments: given } }: ToolCall): Promise<string> {
    const tool = this.#tools.find((tool) => tool.function.name === name)?.function;
    const result: unknown = await tool?.function((tool.parse?.(given) ?? given) as never);
    return typeof result === 'string' ? result : (JSON.stringify(result) ?? 'done');
  }

  #add(message: Message): void {
    this.messages.push(message);
    for (const listener of this.#listeners) listener(message);
  }
}
