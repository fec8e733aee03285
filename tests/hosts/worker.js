import { Session } from '../../dist/npm/dist/bindgen/akio.js';
import { instantiate } from '../../dist/npm/dist/engine.js';
import { compile, RELAXED_SIMD_PROBE } from '../../dist/npm/dist/module.js';
import { runCases } from './run-cases.js';

const url = (name) => new URL(`../../dist/npm/dist/${name}`, import.meta.url).href;

onmessage = async ({ data: { cases, relaxed } }) => {
  if (!relaxed) {
    // No flag of Chromium switches relaxed SIMD off.
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => bytes !== RELAXED_SIMD_PROBE && validate(bytes);
  }
  await instantiate(await compile(url('akio.wasm'), () => url('akio-plain.wasm'), () => {}));
  postMessage(await runCases(Session, cases));
};
