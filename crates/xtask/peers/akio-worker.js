// akio in a worker of a browser, by way of the npm package's parts.

import { Session } from '../../../dist/npm/dist/bindgen/akio.js';
import { load } from '../../../dist/npm/dist/load.js';
import { fromUrl } from '../../../dist/npm/dist/source.js';

const file = (name) => fromUrl(new URL(`../../../dist/npm/dist/${name}`, import.meta.url).href);

onmessage = async ({ data: { prompts, decode } }) => {
  await load({ module: file('akio.wasm'), plain: file('akio-plain.wasm') }, () => {});
  const session = new Session('{}');
  postMessage(prompts.map((prompt) => run(session, prompt, decode)));
};

function run(session, prompt, decode) {
  session.start(JSON.stringify({ raw: prompt, max_tokens: decode + 1, temperature: 0 }));
  const start = performance.now();
  let first;
  for (let tokens = 0; ; ) {
    const event = JSON.parse(session.next());
    if (event.type === 'text') {
      tokens += 1;
      first ??= performance.now();
    } else if (event.type === 'done') {
      const seconds = [first - start, performance.now() - first].map((ms) => ms / 1000);
      return { prefill: event.prompt_tokens / seconds[0], decode: (tokens - 1) / seconds[1] };
    }
  }
}
