/** The dedicated worker: one engine behind messages. */

import { MODULE_BYTES } from './bindgen/size.js';
import { Engine } from './engine.js';
import { AkioError, reason } from './errors.js';
import { compile } from './module.js';
import type {
  FromWorker,
  GenerateRequest,
  LoadProgress,
  ModuleSource,
  SessionOptions,
  ToWorker,
} from './protocol.js';

let engine: Engine | undefined;
const running = new Map<number, AbortController>();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case 'load':
      void answer(undefined, () => load(data.source, data.options));
      break;
    case 'run':
      void answer(data.id, () => run(data.id, data.request));
      break;
    case 'stop':
      running.get(data.id)?.abort();
      break;
    case 'count':
      void answer(data.id, async () => {
        post({ type: 'result', id: data.id, value: await loaded().countTokens(data.text) });
      });
      break;
  }
});

async function load(source: ModuleSource | undefined, options: SessionOptions): Promise<void> {
  const module =
    source === undefined
      ? await compile(new URL('./akio.wasm', import.meta.url).href, progress, MODULE_BYTES)
      : await compile(source, progress);
  engine = await Engine.open(module, options, nextTask());
  post({ type: 'ready', info: engine.info });
}

async function run(id: number, request: GenerateRequest): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    await loaded().run(request, (event) => post({ type: 'event', id, event }), controller.signal);
  } catch (error) {
    // Who aborts has stopped listening.
    if (!controller.signal.aborted) throw error;
  } finally {
    running.delete(id);
  }
}

/** Does one message's work; what it throws becomes the answer to `id`. */
async function answer(id: number | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = error instanceof AkioError ? error.code : 'worker_failed';
    post({ type: 'error', id, code, message: reason(error) });
  }
}

function loaded(): Engine {
  if (engine === undefined) throw new AkioError('bad_request', 'the module is not loaded');
  return engine;
}

function progress(progress: LoadProgress): void {
  post({ type: 'progress', progress });
}

function post(message: FromWorker): void {
  postMessage(message);
}

/** A message to oneself queues behind those already sent: the quickest way to let a stop in. */
function nextTask(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  let resume = (): void => {};
  port1.onmessage = () => resume();
  return () =>
    new Promise((resolve) => {
      resume = resolve;
      port2.postMessage(undefined);
    });
}
