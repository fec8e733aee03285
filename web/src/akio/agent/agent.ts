/** An agent: a model with tools, files and a memory, in the worker of an `Akio`. */

import { type Client, remoteOf } from '../client.js';
import { AkioError, type AkioErrorCode, reason } from '../errors.js';
import type { ChatMessage } from '../protocol.js';
import type { AgentCallOptions, Remote } from '../remote.js';
import { bytesOf, MAX_FILE, pathOf, sizeOf } from './files.js';
import { Memory } from './memory.js';
import type { AgentCall, AgentMessage, ModuleAgentOptions, Progress, Provided } from './protocol.js';
import { AgentRun } from './run.js';
import type {
  Added,
  AddOptions,
  AgentFile,
  AgentOptions,
  Answer,
  Call,
  Extraction,
  FileInput,
  Permission,
  Redaction,
  ToolDefinition,
  WorkOptions,
} from './types.js';

/** Why a file is left out rather than an error. */
const LEFT_OUT: AkioErrorCode[] = ['bad_path', 'not_text', 'too_large'];

export class Agent implements AsyncDisposable {
  /** Facts that the person asked to keep. */
  readonly memory: Memory;
  readonly #remote: Remote;
  readonly #agent: number;
  readonly #approve: AgentOptions['approve'];
  /** Tools that are done here. */
  readonly #tools: Map<string, ToolDefinition>;
  /** Aborted when the agent is closed. */
  readonly #end = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(
    remote: Remote,
    agent: number,
    approve: AgentOptions['approve'],
    tools: Map<string, ToolDefinition>,
  ) {
    this.#remote = remote;
    this.#agent = agent;
    this.#approve = approve;
    this.#tools = tools;
    this.memory = new Memory((call) => this.#call(call));
  }

  /** Opens an agent that works with the model of this `Akio`, in a conversation of its own. */
  static async open(akio: Client, options: AgentOptions = {}): Promise<Agent> {
    const remote = remoteOf(akio);
    const { tools = [], permission = 'ask', approve, maxSteps, maxTokens, store } = options;
    const own = tools.filter((tool) => typeof tool !== 'string');
    const told: ModuleAgentOptions = {
      tools: tools.map((tool) => (typeof tool === 'string' ? tool : described(tool))),
      permission: permission === 'ask' && approve === undefined ? 'deny' : permission,
      ...(maxSteps !== undefined && { max_steps: maxSteps }),
      ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    };
    const agent = await remote.agent(undefined, { do: 'open', options: told, store: store || undefined });
    return new Agent(remote, agent as number, approve, new Map(own.map((tool) => [tool.name, tool])));
  }

  /**
   * Adds files, or replaces those with the same paths. What is not text or too large is left out, with
   * the reason.
   */
  async addFiles(files: Iterable<FileInput>, { signal, onProgress }: AddOptions = {}): Promise<Added> {
    const all = [...files];
    const result: Added = { added: [], left_out: [] };
    for (const [done, file] of all.entries()) {
      const path = pathOf(file);
      onProgress?.({ done, total: all.length, path });
      try {
        result.added.push(await this.#add(path, file, signal));
      } catch (error) {
        if (!(error instanceof AkioError && LEFT_OUT.includes(error.code))) throw error;
        result.left_out.push({ path, reason: reason(error) });
      }
    }
    return result;
  }

  async files(): Promise<AgentFile[]> {
    return (await this.#call({ do: 'files' })) as AgentFile[];
  }

  async readFile(path: string): Promise<Uint8Array> {
    return (await this.#call({ do: 'read_file', path })) as Uint8Array;
  }

  async deleteFile(path: string): Promise<void> {
    await this.#call({ do: 'delete_file', path });
  }

  async clearFiles(): Promise<void> {
    await this.#call({ do: 'clear_files' });
  }

  /** Does a task with the tools that it needs. Tasks wait for each other. */
  run(task: string, { signal }: { signal?: AbortSignal } = {}): AgentRun {
    return new AgentRun(async (emit, signal) => {
      const failed = new AbortController();
      const together = AbortSignal.any([signal, failed.signal]);
      const onEvent = (event: AgentMessage, reply: (value: unknown) => void): void => {
        switch (event.type) {
          case 'execute':
            void this.#execute(event.call, together).then(reply);
            break;
          case 'approval':
            emit(event);
            this.#asked(event.call, together).then(reply, (error: unknown) => failed.abort(error));
            break;
          default:
            // Progress of a task has no phase.
            emit(event as Parameters<typeof emit>[0]);
        }
      };
      await this.#call({ do: 'run', task }, { signal: together, onEvent });
    }, signal);
  }

  /** Answers a question from the files, to the letter and with the place, or says that they do not tell. */
  async ask(question: string, options: WorkOptions = {}): Promise<Answer> {
    return (await this.#work({ do: 'ask', question }, options)) as Answer;
  }

  /** Reads the values of a JSON Schema out of a file. */
  async extract(path: string, schema: object, options: WorkOptions = {}): Promise<Extraction> {
    return (await this.#work({ do: 'extract', path, schema }, options)) as Extraction;
  }

  /** Puts masks in the place of what is personal in a text. Rules do this, and rules overlook things. */
  async redact(text: string): Promise<Redaction> {
    return (await this.#call({ do: 'redact', text })) as Redaction;
  }

  /** What was said, up to the last task that is done. */
  async conversation(): Promise<ChatMessage[]> {
    return (await this.#call({ do: 'conversation' })) as ChatMessage[];
  }

  /** Goes on with another conversation. */
  async setConversation(messages: ChatMessage[]): Promise<void> {
    await this.#call({ do: 'set_conversation', messages });
  }

  /** Makes permissions stricter; looser ones than those that hold change nothing. */
  async restrict(permission: Permission): Promise<void> {
    await this.#call({ do: 'restrict', permission });
  }

  /** Stops what is in progress, and frees the memory. What is in a store stays there. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** For `await using`: {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#end.abort(new AkioError('terminated', 'this agent was closed'));
    // With its worker the agent is gone too.
    if (this.#remote.fault === undefined) await this.#remote.agent(this.#agent, { do: 'close' });
  }

  async #add(path: string, file: FileInput, signal: AbortSignal | undefined): Promise<AgentFile> {
    if (sizeOf(file) > MAX_FILE) {
      throw new AkioError('too_large', `${path} is larger than ${MAX_FILE >> 20} MiB`);
    }
    const content = await bytesOf(file);
    const bytes = content.length;
    const options = { signal, transfer: [content.buffer] };
    return { path: (await this.#call({ do: 'add_file', path, content }, options)) as string, bytes };
  }

  #work(call: AgentCall, { signal, onProgress }: WorkOptions): Promise<unknown> {
    const onEvent = (event: AgentMessage): void => {
      const { phase, done, total } = event as Progress;
      onProgress?.({ phase, done, total });
    };
    return this.#call(call, { signal, onEvent });
  }

  async #execute(call: Call, signal: AbortSignal): Promise<Provided> {
    try {
      const result = await this.#tools.get(call.tool)?.execute(call.arguments, { signal });
      return { result: typeof result === 'string' ? result : (JSON.stringify(result) ?? 'done') };
    } catch (error) {
      return { error: reason(error) };
    }
  }

  async #asked(call: Call, signal: AbortSignal): Promise<boolean> {
    return (await this.#approve?.(call, { signal })) === true;
  }

  #call(call: AgentCall, { signal, ...options }: AgentCallOptions = {}): Promise<unknown> {
    const together = AbortSignal.any([this.#end.signal, ...(signal ? [signal] : [])]);
    return this.#remote.agent(this.#agent, call, { signal: together, ...options });
  }
}

function described({ name, description, inputSchema, examples, sideEffect = true }: ToolDefinition) {
  return {
    name,
    description,
    parameters: inputSchema,
    side_effect: sideEffect,
    ...(examples && { examples }),
  };
}
