/** The worker's side, the same in a page's worker and in a thread of Node: engine and agents behind messages. */

import { AgentHost, type Running as AgentRunning } from './agent/host.js';
import type { AgentCall, AgentMessage } from './agent/protocol.js';
import { Engine } from './engine.js';
import { AkioError, reason } from './errors.js';
import { live } from './life.js';
import type { Placed } from './load.js';
import { Module } from './module.js';
import type { EngineEvent, FromWorker, LoadProgress, ToWorker } from './protocol.js';
import { helpWith, type Shared } from './threads.js';

export type LoadMessage = Extract<ToWorker, { type: 'load' }>;

/** Instantiates the module from its source, or from the place where this host has it. */
export type Load = (
  message: LoadMessage,
  onProgress: (progress: LoadProgress) => void,
  /** Gets others to help, where that is wanted. */
  share: ((shared: Shared) => void) | undefined,
) => Promise<Placed>;

/** What the work for a request has to do with the page. */
interface Running extends AgentRunning {
  emit(event: EngineEvent | AgentMessage): void;
}

/** A request in progress. */
interface Job {
  readonly controller: AbortController;
  /** Takes what it has asked the page for. */
  reply(value: unknown): void;
}

/** Returns what to do with each message that arrives; answers go to `post`. */
export function serve(
  load: Load,
  post: (message: FromWorker, transfer?: MessagePort[]) => void,
): (message: ToWorker) => void {
  const module = new Module();
  let engine: Engine | undefined;
  let context: number | undefined;
  const agents = new Map<number, AgentHost>();
  let lastAgent = 0;
  const jobs = new Map<number, Job>();

  function share({ threads }: LoadMessage): ((shared: Shared) => void) | undefined {
    if (threads === 1) return undefined;
    return (shared) => {
      const channels = Array.from({ length: threads - 1 }, () => new MessageChannel());
      for (const { port1 } of channels) port1.postMessage(shared);
      const ports = channels.map(({ port2 }) => port2);
      post({ type: 'share', ports }, ports);
    };
  }

  function loaded(): Engine {
    if (engine === undefined) throw new AkioError('bad_request', 'the module is not loaded');
    return engine;
  }

  /** Does one message's work; what it returns or throws becomes the answer to `id`. */
  async function answer(id: number, work: (running: Running) => unknown): Promise<void> {
    const controller = new AbortController();
    const job: Job = { controller, reply() {} };
    jobs.set(id, job);
    const { signal } = controller;
    const emit = (event: EngineEvent | AgentMessage): void => post({ type: 'event', id, event });
    const ask = (event: AgentMessage): Promise<unknown> =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        job.reply = resolve;
        emit(event);
      });
    try {
      post({ type: 'result', id, value: await work({ signal, emit, ask }) });
    } catch (error) {
      // Who aborts has stopped listening.
      if (!signal.aborted) post(failed(id, error));
    } finally {
      jobs.delete(id);
    }
  }

  async function ofAgent(number: number | undefined, call: AgentCall, running: Running): Promise<unknown> {
    loaded();
    if (call.do === 'open') {
      const options = context === undefined ? call.options : { context, ...call.options };
      const agent = await AgentHost.open(module, options, call.store);
      agents.set(++lastAgent, agent);
      return lastAgent;
    }
    const agent = number === undefined ? undefined : agents.get(number);
    if (number === undefined || agent === undefined) throw new AkioError('bad_request', 'there is no such agent');
    if (call.do === 'close') agents.delete(number);
    return agent.answer(call, running);
  }

  return (message) => {
    switch (message.type) {
      case 'load':
        live(message.life)
          .then(() => load(message, (progress) => post({ type: 'progress', progress }), share(message)))
          .then(({ storage, shared }) => {
            engine = Engine.open(module, message.options);
            ({ context } = message.options);
            post({ type: 'ready', loaded: { info: engine.info, storage, threads: shared ? message.threads : 1 } });
          })
          .catch((error: unknown) => post(failed(undefined, error)));
        break;
      case 'help':
        void live(message.life).then(() => {
          post({ type: 'helping' });
          // What goes wrong there is an error of the worker, of which its maker hears.
          message.port.onmessage = ({ data }: MessageEvent<Shared>) => helpWith(data);
        });
        break;
      case 'run':
        void answer(message.id, ({ signal, emit }) => loaded().run(message.request, message.call, emit, signal));
        break;
      case 'count':
        void answer(message.id, () => loaded().countTokens(message.input));
        break;
      case 'agent':
        void answer(message.id, (running) => ofAgent(message.agent, message.call, running));
        break;
      case 'reply':
        jobs.get(message.id)?.reply(message.value);
        break;
      case 'stop':
        jobs.get(message.id)?.controller.abort();
        break;
    }
  };
}

function failed(id: number | undefined, error: unknown): FromWorker {
  const { code, pointer } =
    error instanceof AkioError ? error : new AkioError('worker_failed', reason(error));
  return { type: 'error', id, code, message: reason(error), pointer };
}
