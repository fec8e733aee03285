import { Session } from '../../dist/npm/dist/bindgen/akio.js';
import { load } from '../../dist/npm/dist/load.js';
import { RELAXED_SIMD_PROBE } from '../../dist/npm/dist/simd.js';
import { fromUrl } from '../../dist/npm/dist/source.js';
import { runCases } from './run-cases.js';

const file = (name) => fromUrl(new URL(`../../dist/npm/dist/${name}`, import.meta.url).href);

onmessage = async ({ data: { cases, relaxed } }) => {
  if (!relaxed) {
    // No flag of Chromium switches relaxed SIMD off.
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => bytes !== RELAXED_SIMD_PROBE && validate(bytes);
  }
  await load({ module: file('akio.wasm'), plain: file('akio-plain.wasm') }, () => {});
  postMessage(await runCases(Session, cases));
};
