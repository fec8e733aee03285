import init, { Session } from '../../dist/npm/dist/bindgen/akio.js';
import { runCases } from './run-cases.js';

onmessage = async ({ data: cases }) => {
  await init({ module_or_path: new URL('../../dist/npm/dist/akio.wasm', import.meta.url) });
  postMessage(await runCases(Session, cases));
};
