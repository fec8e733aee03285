// Reads cases as JSON from standard input, runs them in this process, prints the results as JSON.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Session } from '../../dist/npm/dist/bindgen/akio.js';
import { instantiate } from '../../dist/npm/dist/engine.js';
import { compile } from '../../dist/npm/dist/module.js';
import { runCases } from './run-cases.js';

const read = (name) => readFile(new URL(`../../dist/npm/dist/${name}`, import.meta.url));
await instantiate(await compile(await read('akio.wasm'), () => read('akio-plain.wasm'), () => {}));
const results = await runCases(Session, JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(results));
