/** Which of a caller's functions a request calls for, and with what. */

import { Agent } from './bindgen/akio.js';
import type { ModuleAgentEvent, ModuleTool } from './agent/protocol.js';
import type { Call } from './agent/types.js';
import type { Module } from './module.js';
import type { CallRequest } from './protocol.js';

/** A call, and the tokens that it took. */
export interface Called {
  call: Call;
  prompt_tokens: number;
  completion_tokens: number;
}

export class Caller {
  readonly #module: Module;
  /** What has learned to choose among the tools of the last request: they are mostly those of the next too. */
  #known: { tools: string; agent: Agent } | undefined;

  constructor(module: Module) {
    this.#module = module;
  }

  /** The call that is wanted, if one is. */
  async call(
    { tools, task, tool, required }: CallRequest,
    onProgress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<Called | undefined> {
    const agent = this.#agentWith(tools);
    try {
      if (!this.#module.call(() => agent.start_call(task, tool, required))) return undefined;
      for (;;) {
        const event = this.#module.call(() => JSON.parse(agent.next()) as ModuleAgentEvent);
        if (event.type === 'tool_call') {
          const [prompt_tokens = 0, completion_tokens = 0] = this.#module.call(() => agent.usage());
          return { call: event.call, prompt_tokens, completion_tokens };
        }
        if (event.type === 'progress' && event.total > 0) onProgress(event.done, event.total);
        await this.#module.nextTask();
        signal.throwIfAborted();
      }
    } finally {
      this.#module.call(() => agent.stop());
    }
  }

  #agentWith(tools: ModuleTool[]): Agent {
    const key = JSON.stringify(tools);
    if (this.#known?.tools !== key) {
      const agent = this.#module.call(() => new Agent(JSON.stringify({ tools })));
      this.#known?.agent.free();
      this.#known = { tools: key, agent };
    }
    return this.#known.agent;
  }
}
