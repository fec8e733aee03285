/** An agent in this worker: the module's, and the files that keep what it has. */

import { Agent, redact } from '../bindgen/akio.js';
import { AkioError } from '../errors.js';
import type { Module } from '../module.js';
import { Turns } from '../turns.js';
import { Kept } from './kept.js';
import type {
  AgentCall,
  AgentMessage,
  ModuleAgentEvent,
  ModuleAgentOptions,
  ModuleStep,
  Provided,
} from './protocol.js';
import type { AgentFile } from './types.js';

/** What a call can do while it runs. */
export interface Running {
  signal: AbortSignal;
  emit(event: AgentMessage): void;
  /** Asks the page, and rejects with the signal's reason once it is aborted. */
  ask(event: AgentMessage): Promise<unknown>;
}

export class AgentHost {
  readonly #module: Module;
  readonly #agent: Agent;
  readonly #kept: Kept | undefined;
  /** Tasks of this agent wait for each other, also while the person is asked. */
  readonly #tasks = new Turns();
  /** A change is kept before the next one is made. */
  readonly #changes = new Turns();

  private constructor(module: Module, agent: Agent, kept: Kept | undefined) {
    this.#module = module;
    this.#agent = agent;
    this.#kept = kept;
  }

  static async open(
    module: Module,
    options: ModuleAgentOptions,
    store: string | undefined,
  ): Promise<AgentHost> {
    const agent = module.call(() => new Agent(JSON.stringify(options)));
    let kept: Kept | undefined;
    try {
      kept = store === undefined ? undefined : await Kept.open(store);
      for (const [path, content] of (await kept?.load()) ?? []) {
        module.call(() => {
          if (path === null) agent.set_memory_file(content);
          else agent.add_file(path, content);
        });
      }
      module.call(() => agent.settle(true));
      return new AgentHost(module, agent, kept);
    } catch (error) {
      kept?.close();
      agent.free();
      throw error;
    }
  }

  /** Does what the page asks for. */
  answer(call: AgentCall, running: Running): Promise<unknown> {
    switch (call.do) {
      case 'open':
        throw new AkioError('bad_request', 'this agent is open');
      case 'run':
        return this.#tasks.do(() => this.#run(call.task, running));
      case 'ask':
        return this.#work((agent) => agent.ask(call.question), running);
      case 'extract':
        return this.#work((agent) => agent.extract(call.path, JSON.stringify(call.schema)), running);
      case 'redact':
        return this.#read(() => JSON.parse(redact(call.text)));
      case 'add_file':
        return this.#change((agent) => agent.add_file(call.path, call.content));
      case 'files':
        return this.#read((agent) => JSON.parse(agent.files()));
      case 'read_file':
        return this.#read((agent) => agent.read_file(call.path));
      case 'delete_file':
        return this.#change((agent) => agent.delete_file(call.path));
      case 'clear_files':
        return this.#change((agent) => agent.clear_files());
      case 'facts':
        return this.#read((agent) => JSON.parse(agent.facts()));
      case 'search_facts':
        return this.#read((agent) => JSON.parse(agent.search_facts(call.query)));
      case 'add_fact':
        return this.#change((agent) => JSON.parse(agent.add_fact(call.text)));
      case 'delete_fact':
        return this.#change((agent) => JSON.parse(agent.delete_fact(call.fact)));
      case 'conversation':
        return this.#read((agent) => JSON.parse(agent.conversation()));
      case 'set_conversation':
        return this.#tasks.do(() => this.#read((agent) => agent.set_conversation(JSON.stringify(call.messages))));
      case 'restrict':
        return this.#read((agent) => agent.restrict(JSON.stringify(call.permission)));
      case 'close':
        return this.#tasks.do(() => this.#module.turns.do(() => this.#changes.do(() => this.#close())));
    }
  }

  /** A task from its beginning to its end. While the page is asked, others have the model. */
  async #run(task: string, { signal, emit, ask }: Running): Promise<void> {
    let leave = await this.#module.turns.take();
    try {
      signal.throwIfAborted();
      this.#call((agent) => agent.start(task));
      let began = performance.now();
      for (;;) {
        const event = await this.#change((agent) => JSON.parse(agent.next()) as ModuleAgentEvent);
        switch (event.type) {
          case 'approval':
          case 'execute': {
            leave();
            leave = () => {};
            const reply = await ask(event);
            leave = await this.#module.turns.take();
            began = performance.now();
            if (event.type === 'approval') this.#call((agent) => agent.decide(reply === true));
            else this.#call((agent) => agent.provide(JSON.stringify(reply as Provided)));
            break;
          }
          case 'tool_result':
            emit({ ...event, milliseconds: performance.now() - began });
            break;
          case 'done':
            emit(event);
            return;
          default:
            if (event.type === 'tool_call') began = performance.now();
            emit(event);
        }
        await this.#module.nextTask();
        signal.throwIfAborted();
      }
    } catch (error) {
      this.#call((agent) => agent.stop());
      throw error;
    } finally {
      leave();
    }
  }

  /** What the module does in steps: an answer from the files, or values out of one. */
  #work(begin: (agent: Agent) => void, { signal, emit }: Running): Promise<unknown> {
    return this.#module.turns.do(async () => {
      signal.throwIfAborted();
      this.#call(begin);
      for (;;) {
        const step = this.#call((agent) => JSON.parse(agent.step()) as ModuleStep<unknown>);
        if (step.type === 'done') return step.result;
        emit(step);
        await this.#module.nextTask();
        signal.throwIfAborted();
      }
    });
  }

  async #read<T>(work: (agent: Agent) => T): Promise<T> {
    return this.#call(work);
  }

  /** Does what may change files or the memory. What cannot be kept is taken back. */
  #change<T>(work: (agent: Agent) => T): Promise<T> {
    return this.#changes.do(async () => {
      const result = this.#call(work);
      try {
        for (const [path, content] of this.#changed()) await this.#kept?.set(path, content);
      } catch (error) {
        this.#call((agent) => agent.settle(false));
        throw error;
      }
      this.#call((agent) => agent.settle(true));
      return result;
    });
  }

  #changed(): [path: string | null, content: Uint8Array | undefined][] {
    if (this.#kept === undefined) return [];
    return this.#call((agent) => {
      const paths = JSON.parse(agent.changes()) as (string | null)[];
      if (paths.length === 0) return [];
      const held = new Set((JSON.parse(agent.files()) as AgentFile[]).map(({ path }) => path));
      return paths.map((path) => {
        if (path === null) return [path, agent.memory_file()];
        return [path, held.has(path) ? agent.read_file(path) : undefined];
      });
    });
  }

  #close(): void {
    this.#kept?.close();
    this.#call((agent) => agent.free());
  }

  #call<T>(work: (agent: Agent) => T): T {
    return this.#module.call(() => work(this.#agent));
  }
}
