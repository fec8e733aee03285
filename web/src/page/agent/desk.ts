/** The agent of the page: on the model of the moment, with the tools that the settings grant. */

import { Agent, deleteStoredAgent, storedAgentBytes } from '../../akio/agent/index.js';
import type { Added, AgentFile, AgentOptions, Call, Fact } from '../../akio/agent/types.js';
import { type Akio, AkioError, type AkioErrorCode } from '../../akio/index.js';
import { STORE } from '../loading.js';
import type { Model } from '../model.js';
import { longest, tools } from '../settings.js';

export type Approve = (call: Call, signal: AbortSignal) => Promise<boolean>;

/** Where a browser keeps no files for the page they live as long as the page does. */
const UNKEPT: AkioErrorCode[] = ['storage_failed', 'unsupported'];

const IN_USE = 'Your files are in use in another tab of this page. Try again when it is done.';

interface Opened {
  akio: Akio;
  /** What it was opened with. */
  granted: string;
  agent: Promise<Agent>;
}

export class Desk {
  readonly #model: Model;
  /** Asks other tabs to let go of the files, which one agent has at a time. */
  readonly #channel = new BroadcastChannel(`akio desk ${STORE}`);
  #opened: Opened | undefined;
  readonly #works = new Set<Promise<unknown>>();
  #users = 0;
  #wantedElsewhere = false;
  /** Whether files and memory stay when the page is closed. */
  kept = true;
  /** Who is asked about calls that change something; nobody, unless a task is being done. */
  approve: Approve = async () => false;
  /** Hears that other files or facts are there. */
  onChange: () => void = () => {};

  constructor(model: Model) {
    this.#model = model;
    this.#channel.onmessage = () => {
      this.#wantedElsewhere = true;
      this.#letGo();
    };
  }

  /** Does `work` with the agent on this model and the tools that are granted now. */
  taskOn<T>(akio: Akio, work: (agent: Agent) => Promise<T>): Promise<T> {
    return this.#use(() => this.#open(akio), work);
  }

  /** Does `work` with the agent, whatever tools it has. */
  use<T>(work: (agent: Agent) => Promise<T>): Promise<T> {
    return this.#use(async () => {
      const akio = await this.#model.loaded;
      return this.#opened?.akio === akio ? this.#opened.agent : this.#open(akio);
    }, work);
  }

  /** Bytes that are kept on this device. */
  storedBytes(): Promise<number> {
    return storedAgentBytes(STORE);
  }

  files(): Promise<AgentFile[]> {
    return this.use((agent) => agent.files());
  }

  read(path: string): Promise<Uint8Array> {
    return this.use((agent) => agent.readFile(path));
  }

  add(files: File[]): Promise<Added> {
    return this.#change((agent) => agent.addFiles(files));
  }

  remove(path: string): Promise<void> {
    return this.#change((agent) => agent.deleteFile(path));
  }

  removeAll(): Promise<void> {
    return this.#change((agent) => agent.clearFiles());
  }

  facts(): Promise<Fact[]> {
    return this.use((agent) => agent.memory.list());
  }

  /** Deletes all files and the memory. */
  async forget(): Promise<void> {
    await this.#close();
    this.#channel.postMessage('wanted');
    await deleteStoredAgent(STORE);
    this.onChange();
  }

  async #change<T>(work: (agent: Agent) => Promise<T>): Promise<T> {
    try {
      return await this.use(work);
    } finally {
      this.onChange();
    }
  }

  async #use<T>(open: () => Promise<Agent>, work: (agent: Agent) => Promise<T>): Promise<T> {
    this.#users++;
    let doing: Promise<T> | undefined;
    try {
      doing = work(await open());
      this.#works.add(doing);
      return await doing;
    } finally {
      if (doing) this.#works.delete(doing);
      this.#users--;
      this.#letGo();
    }
  }

  #open(akio: Akio): Promise<Agent> {
    const options: AgentOptions = { tools: tools(), maxTokens: longest() };
    const granted = JSON.stringify(options);
    const before = this.#opened;
    if (before?.akio === akio && before.granted === granted) return before.agent;
    const open = async (): Promise<Agent> => {
      await Promise.allSettled(this.#works);
      const agent = await this.#openAs(akio, { ...options, approve: (call, { signal }) => this.approve(call, signal) }, before);
      await closed(before);
      return agent;
    };
    const opened: Opened = { akio, granted, agent: open() };
    this.#opened = opened;
    opened.agent.catch(() => {
      if (this.#opened === opened) this.#opened = undefined;
    });
    return opened.agent;
  }

  /** Opens an agent that has what the one before had. */
  async #openAs(akio: Akio, options: AgentOptions, before: Opened | undefined): Promise<Agent> {
    if (this.kept) {
      await closed(before);
      this.#channel.postMessage('wanted');
      try {
        return await Agent.open(akio, { ...options, store: STORE });
      } catch (error) {
        if (!(error instanceof AkioError)) throw error;
        if (error.code === 'store_in_use') throw new Error(IN_USE, { cause: error });
        if (!UNKEPT.includes(error.code)) throw error;
        this.kept = false;
      }
    }
    const agent = await Agent.open(akio, options);
    // With its worker the one before has lost everything.
    await before?.agent.then((other) => move(other, agent)).catch(() => {});
    return agent;
  }

  /** Lets another tab have the files, unless something is done with them. */
  #letGo(): void {
    if (!this.#wantedElsewhere || this.#users > 0) return;
    this.#wantedElsewhere = false;
    // What lives as long as the page is nobody else's.
    if (this.kept) void this.#close();
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await closed(opened);
  }
}

/** Closes an agent, whose model may be gone already. */
async function closed(opened: Opened | undefined): Promise<void> {
  await opened?.agent.then((agent) => agent.close()).catch(() => {});
}

/** Gives one agent what another has. */
async function move(from: Agent, to: Agent): Promise<void> {
  for (const { path } of await from.files()) await to.addFiles([{ path, content: await from.readFile(path) }]);
  for (const { text } of await from.memory.list()) await to.memory.add(text);
}
