// Reads cases as JSON from standard input, runs them in this process, prints the results as JSON.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { initSync, Session } from '../../dist/npm/dist/bindgen/akio.js';
import { runCases } from './run-cases.js';

const module = await readFile(new URL('../../dist/npm/dist/akio.wasm', import.meta.url));
initSync({ module });
const results = await runCases(Session, JSON.parse(await text(process.stdin)));
process.stdout.write(JSON.stringify(results));
