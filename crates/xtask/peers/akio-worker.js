// akio in a worker of a browser, by way of the npm package's parts.

import { Session } from '../../../dist/npm/dist/bindgen/akio.js';
import { load } from '../../../dist/npm/dist/load.js';
import { fromUrl } from '../../../dist/npm/dist/source.js';
import { runs, text } from './words.js';

onmessage = async ({ data: work }) => {
  if (work.build === 'plain') {
    // The instruction in the probe for relaxed SIMD is refused, as engines without it do.
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => bytes.at(-3) !== 0x92 && validate(bytes);
  }
  await load({ module: fromUrl(work.model), plain: fromUrl(work.plain) }, () => {});
  const session = new Session('{}');
  const count = (text) => session.count_tokens(text);
  const results = [];
  for (const run of runs(work)) {
    const context = await text(run, work.context, count);
    const behind = await text(run, work.context + work.prefill, count);
    results.push({ decode: decode(session, context, work.decode), prefill: prefill(session, behind) });
  }
  postMessage({ threads: 1, results });
};

/** Tokens a second behind a context. */
function decode(session, raw, max) {
  let begin;
  const { completion_tokens } = answer(session, raw, max + 1, () => (begin ??= performance.now()));
  return (completion_tokens - 1) / ((performance.now() - begin) / 1000);
}

/** The same of the part of a text that is not cached. */
function prefill(session, raw) {
  let first;
  const begin = performance.now();
  const { prompt_tokens, cached_tokens } = answer(session, raw, 1, () => (first ??= performance.now()));
  return (prompt_tokens - cached_tokens) / ((first - begin) / 1000);
}

function answer(session, raw, max_tokens, onToken) {
  session.start(JSON.stringify({ raw, max_tokens, temperature: 0 }));
  for (;;) {
    const event = JSON.parse(session.next());
    if (event.type === 'text') onToken();
    if (event.type === 'done') {
      onToken();
      return event;
    }
  }
}
