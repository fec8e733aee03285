// Browsers that lack vector instructions: no flag switches them off, so the worker is told that they are refused.

import { readFile } from 'node:fs/promises';

/** Overrides of a server for the page's worker, whose script has this name. */
export function withoutRelaxedSimd(worker) {
  return refusing(worker, 'bytes.at(-3) === 0x92'); // the instruction in the probe
}

export function withoutSimd(worker) {
  return refusing(worker, 'true');
}

function refusing(worker, condition) {
  const patch = `{
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => !(${condition}) && validate(bytes);
  }\n`;
  return {
    async [worker](_, response, file) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' });
      response.end(patch + (await readFile(file, 'utf8')));
    },
  };
}
