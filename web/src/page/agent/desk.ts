/** The agent of the page: on the model of the moment, with the tools that the settings grant. */

import { Agent } from '../../akio/agent/index.js';
import type { AgentFile, Call, Fact } from '../../akio/agent/types.js';
import type { Akio } from '../../akio/index.js';
import { STORE } from '../loading.js';
import type { Model } from '../model.js';
import { longest, tools } from '../settings.js';

export type Approve = (call: Call, signal: AbortSignal) => Promise<boolean>;

interface Opened {
  akio: Akio;
  /** What it was opened with. */
  options: string;
  agent: Promise<Agent>;
}

export class Desk {
  readonly #model: Model;
  #opened: Opened | undefined;
  /** Who is asked about calls that change something; nobody, unless a task is being done. */
  approve: Approve = async () => false;
  /** Hears that other files or facts are there. */
  onChange: () => void = () => {};

  constructor(model: Model) {
    this.#model = model;
  }

  /** The agent on this model, for a task: with the tools that are granted now. */
  async on(akio: Akio): Promise<Agent> {
    const granted = { tools: tools(), maxTokens: longest() };
    const options = JSON.stringify(granted);
    const before = this.#opened;
    if (before?.akio === akio && before.options === options) return before.agent;
    const open = async (): Promise<Agent> => {
      // Its model may be gone already.
      await before?.agent.then((agent) => agent.close()).catch(() => {});
      return Agent.open(akio, {
        ...granted,
        permission: 'ask',
        approve: (call, { signal }) => this.approve(call, signal),
        store: STORE,
      });
    };
    const opened = { akio, options, agent: open() };
    this.#opened = opened;
    opened.agent.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened.agent;
  }

  /** The agent for everything else: whatever tools it has. */
  async now(): Promise<Agent> {
    const akio = await this.#model.loaded;
    return this.#opened?.akio === akio ? this.#opened.agent : this.on(akio);
  }

  async files(): Promise<AgentFile[]> {
    return (await this.now()).files();
  }

  async read(path: string): Promise<Uint8Array> {
    return (await this.now()).readFile(path);
  }

  async add(files: File[]): Promise<Awaited<ReturnType<Agent['addFiles']>>> {
    const result = await (await this.now()).addFiles(files);
    this.onChange();
    return result;
  }

  async remove(path: string): Promise<void> {
    await (await this.now()).deleteFile(path);
    this.onChange();
  }

  async removeAll(): Promise<void> {
    await (await this.now()).clearFiles();
    this.onChange();
  }

  async facts(): Promise<Fact[]> {
    return (await this.now()).memory.list();
  }

  /** Deletes all files and facts. */
  async forget(): Promise<void> {
    const agent = await this.now();
    await agent.clearFiles();
    for (const { id } of await agent.memory.list()) await agent.memory.delete(id);
    this.onChange();
  }
}
