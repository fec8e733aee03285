// Reads cases as JSON from standard input, runs them in this process, prints the results as JSON.

import { text } from 'node:stream/consumers';
import { Session } from '../../dist/npm/dist/bindgen/akio.js';
import { fromFile } from '../../dist/npm/dist/file.js';
import { load } from '../../dist/npm/dist/load.js';
import { runCases } from './run-cases.js';

const file = (name) => fromFile(new URL(`../../dist/npm/dist/${name}`, import.meta.url));
await load({ module: file('akio.wasm'), plain: file('akio-plain.wasm') }, () => {});
const results = await runCases(Session, JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(results));
