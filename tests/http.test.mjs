// The HTTP component under `wasmtime serve`, with OpenAI's client: each request in an instance of its own. Needs
// `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { root, wasmtime } from './hosts/run.mjs';

const FRANCE = { role: 'user', content: 'What is the capital of France?' };
const PARIS = 'The capital of France is Paris.';
const GREEDY = { model: 'akio', temperature: 0, max_tokens: 24 };

let server;
let url;
let client;
before(async () => {
  const component = join(root, 'dist/akio-http.wasm');
  server = spawn(wasmtime, ['serve', '-S', 'cli', '--addr', '127.0.0.1:0', component]);
  for await (const line of createInterface(server.stderr)) {
    url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url) break;
  }
  assert.ok(url, 'the server did not say where it listens');
  server.stderr.resume();
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => server.kill());

test('an answer, and the conversation goes on from what the client sends', async () => {
  const messages = [FRANCE];
  const first = await client.chat.completions.create({ ...GREEDY, messages });
  assert.equal(first.choices[0].message.content, PARIS);
  assert.equal(first.choices[0].finish_reason, 'stop');
  assert.equal(first.usage.total_tokens, first.usage.prompt_tokens + first.usage.completion_tokens);
  messages.push(first.choices[0].message, { role: 'user', content: 'And of Italy?' });
  const second = await client.chat.completions.create({ ...GREEDY, messages });
  assert.match(second.choices[0].message.content, /Rome/);
});

test('a stream is the same text, with usage when asked', async () => {
  const stream = await client.chat.completions.create({
    ...GREEDY, messages: [FRANCE], stream: true, stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), PARIS);
  assert.ok(chunks.length > 5, 'it came in one piece');
  assert.ok(chunks.at(-1).usage.completion_tokens > 0);
});

test('JSON under a schema, and a text that is continued', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string', maxLength: 20 } }, required: ['city'] };
  const { choices } = await client.chat.completions.create({
    ...GREEDY, max_tokens: 48, messages: [FRANCE],
    response_format: { type: 'json_schema', json_schema: { name: 'city', schema } },
  });
  assert.equal(typeof JSON.parse(choices[0].message.content).city, 'string');
  const text = await client.completions.create({ ...GREEDY, max_tokens: 8, prompt: 'The capital of France is' });
  assert.match(text.choices[0].text, /Paris/);
});

test('eight clients at once get the same, and nothing of each other', async () => {
  const ask = () => client.chat.completions.create({ ...GREEDY, messages: [FRANCE] });
  const answers = await Promise.all(Array.from({ length: 8 }, ask));
  assert.deepEqual(new Set(answers.map(({ choices }) => choices[0].message.content)), new Set([PARIS]));
  // No instance knows another's conversation; each has the system prompt, which the model brings.
  const cached = answers.map(({ usage }) => usage.prompt_tokens_details.cached_tokens);
  assert.ok(cached[0] > 15 && cached.every((tokens) => tokens === cached[0]), `${cached}`);
});

test('models, health, and errors as the client expects them', async () => {
  const { data } = await client.models.list();
  assert.deepEqual(data.map(({ id }) => id), ['SmolLM2-135M-Instruct']);
  assert.equal((await client.models.retrieve(data[0].id)).license, 'Apache-2.0');
  await assert.rejects(client.models.retrieve('another'), { status: 404, code: 'model_not_found' });
  assert.equal((await (await fetch(`${url}/health`)).json()).status, 'ok');
  const post = (body, type = 'application/json') =>
    fetch(`${url}/v1/chat/completions`, { method: 'POST', body, headers: { 'content-type': type } });
  assert.equal((await post('{"messages":[]', 'text/plain')).status, 415);
  for (const body of ['', '[]', '{}', '{"messages":5}', '{"messages":[],"temperature":-1}', '\xff']) {
    assert.equal((await post(body)).status, 400, body);
  }
  assert.equal((await post('x'.repeat(5 << 20))).status, 413);
  assert.equal((await fetch(`${url}/v1/chat/completions`)).status, 405);
  assert.equal((await fetch(`${url}/nothing`)).status, 404);
  const long = { role: 'user', content: 'word '.repeat(9000) };
  await assert.rejects(client.chat.completions.create({ model: 'x', messages: [long] }), {
    status: 400,
    code: 'context_length_exceeded',
  });
});

test('a client that leaves a stream leaves the server as it was', async () => {
  const messages = [{ role: 'user', content: 'Count from one to a thousand.' }];
  const stream = await client.chat.completions.create({ ...GREEDY, max_tokens: 4000, messages, stream: true });
  for await (const _ of stream) break;
  const { choices } = await client.chat.completions.create({ ...GREEDY, messages: [FRANCE] });
  assert.equal(choices[0].message.content, PARIS);
});
