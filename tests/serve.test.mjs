// The server of dist/akio with the clients that people use: OpenAI's own for Node and for Python. Needs
// `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { output, root } from './hosts/run.mjs';

const FRANCE = { role: 'user', content: 'What is the capital of France?' };
const PARIS = 'The capital of France is Paris.';
const GREEDY = { model: 'akio', temperature: 0, max_tokens: 24 };
const KEY = 'a key for this test';

let server;
let client;
before(async () => {
  server = await serve('--api-key', KEY, '--web', 'dist/web');
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: KEY, maxRetries: 0 });
});
after(() => server.stop());

test('a conversation, whose second message reads only what is new', async () => {
  const messages = [FRANCE];
  const first = await client.chat.completions.create({ ...GREEDY, messages });
  assert.equal(first.choices[0].message.content, PARIS);
  assert.equal(first.choices[0].finish_reason, 'stop');
  // The system prompt alone, which the model brings.
  const brought = first.usage.prompt_tokens_details.cached_tokens;
  assert.ok(brought > 15 && brought < first.usage.prompt_tokens - 5, `${brought} tokens`);
  assert.equal(first.usage.total_tokens, first.usage.prompt_tokens + first.usage.completion_tokens);

  messages.push(first.choices[0].message, { role: 'user', content: 'And of Italy?' });
  const second = await client.chat.completions.create({ ...GREEDY, messages });
  assert.match(second.choices[0].message.content, /Rome/);
  assert.ok(second.usage.prompt_tokens_details.cached_tokens >= first.usage.prompt_tokens);
});

test('a stream is the same text, with usage when asked', async () => {
  const messages = [FRANCE];
  const stream = await client.chat.completions.create({
    ...GREEDY, messages, stream: true, stream_options: { include_usage: true },
  });
  let text = '';
  let usage;
  let reason;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    reason = chunk.choices[0]?.finish_reason ?? reason;
    usage = chunk.usage ?? usage;
  }
  assert.deepEqual([text, reason], [PARIS, 'stop']);
  assert.ok(usage.completion_tokens > 0);
});

test('the parameters do what they say', async () => {
  const ask = async (parameters) => {
    const answer = await client.chat.completions.create({ model: 'x', messages: [FRANCE], ...parameters });
    return answer.choices[0];
  };
  const { message } = await ask({ ...GREEDY, stop: ' Paris' });
  assert.equal(message.content, 'The capital of France is');
  const cut = await ask({ temperature: 0, max_completion_tokens: 3 });
  assert.equal(cut.finish_reason, 'length');
  assert.ok(PARIS.startsWith(cut.message.content));
  const random = { temperature: 1.5, top_p: 0.95, seed: 7, max_tokens: 24 };
  assert.deepEqual(await ask(random), await ask(random));
  await assert.rejects(ask({ temperature: -1 }), { status: 400 });
  await assert.rejects(ask({ n: 2 }), { status: 400 });
});

test('a tool is chosen, called by the client, and answered from', async () => {
  const tools = [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Tells the weather in a city.',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string', maxLength: 40 } },
          required: ['city'],
          additionalProperties: false,
        },
        examples: ['What is the weather in Oslo?', 'Is it raining in Lima today?', 'How warm is it in Cairo?'],
      },
    },
  ];
  const messages = [{ role: 'user', content: 'What is the weather in Lisbon today?' }];
  const first = await client.chat.completions.create({ ...GREEDY, max_tokens: 64, messages, tools });
  const [{ finish_reason, message }] = first.choices;
  assert.equal(finish_reason, 'tool_calls');
  assert.equal(message.tool_calls[0].function.name, 'get_weather');
  assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: 'Lisbon' });

  const stream = await client.chat.completions.create({ ...GREEDY, max_tokens: 64, messages, tools, stream: true });
  const calls = [];
  for await (const { choices } of stream) calls.push(...(choices[0]?.delta.tool_calls ?? []));
  assert.deepEqual(calls.map((call) => call.function), [message.tool_calls[0].function]);

  const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: '21 degrees and sunny' };
  const second = await client.chat.completions.create({ ...GREEDY, messages: [...messages, message, result], tools });
  assert.match(second.choices[0].message.content, /21|sunny/);

  const none = { ...GREEDY, tools, tool_choice: 'none', messages: [FRANCE] };
  assert.equal((await client.chat.completions.create(none)).choices[0].message.content, PARIS);
  const bad = [{ type: 'function', function: { name: 'a b' } }];
  await assert.rejects(client.chat.completions.create({ ...GREEDY, messages, tools: bad }), { status: 400 });
});

test('JSON follows its schema', async () => {
  const schema = { type: 'object', properties: { city: { type: 'string', maxLength: 20 } }, required: ['city'] };
  const format = { type: 'json_schema', json_schema: { name: 'city', schema } };
  const ask = { ...GREEDY, max_tokens: 48, messages: [FRANCE], response_format: format };
  const { choices } = await client.chat.completions.create(ask);
  assert.equal(typeof JSON.parse(choices[0].message.content).city, 'string');
});

test('a text is continued, whole and as a stream', async () => {
  const request = { ...GREEDY, max_tokens: 8, prompt: 'The capital of France is' };
  const whole = await client.completions.create(request);
  const stream = await client.completions.create({ ...request, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0].text;
  assert.equal(text, whole.choices[0].text);
  assert.match(text, /Paris/);
});

test('models, errors and keys are as the client expects them', async () => {
  const { data } = await client.models.list();
  assert.deepEqual(data.map(({ id }) => id), ['SmolLM2-135M-Instruct']);
  assert.equal((await client.models.retrieve(data[0].id)).license, 'Apache-2.0');
  const long = { role: 'user', content: 'word '.repeat(9000) };
  await assert.rejects(client.chat.completions.create({ model: 'x', messages: [long] }), {
    status: 400,
    code: 'context_length_exceeded',
  });
  const stranger = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
  await assert.rejects(stranger.models.list(), { status: 401, code: 'invalid_api_key' });
});

test('leaving a stream ends its instance', async () => {
  const messages = [{ role: 'user', content: 'Count from one to a thousand.' }];
  const stream = await client.chat.completions.create({ ...GREEDY, max_tokens: 4000, messages, stream: true });
  for await (const _ of stream) break;
  for (let tries = 0; (await metric('akio_instances_busy')) > 0; tries++) {
    assert.ok(tries < 500, 'it computes on');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok((await metric('akio_answers_cancelled_total')) >= 1);
});

test('64 clients at once: nobody is lost, and all get the same', async () => {
  const ask = (number) => client.chat.completions.create({
    ...GREEDY,
    max_tokens: 8,
    stream: false,
    messages: [{ role: 'system', content: `You talk to client ${number}.` }, FRANCE],
  });
  const alone = (await ask(0)).choices[0].message.content;
  const answers = await Promise.all(Array.from({ length: 64 }, () => ask(0)));
  assert.deepEqual(new Set(answers.map(({ choices }) => choices[0].message.content)), new Set([alone]));
});

test('the page is at / and isolated', async () => {
  const page = await fetch(`${server.url}/`);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('cross-origin-opener-policy'), 'same-origin');
  assert.equal(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
  assert.match(await page.text(), /<title>/);
  const module = await fetch(`${server.url}/akio.wasm`, { method: 'HEAD' });
  assert.equal(module.headers.get('content-type'), 'application/wasm');
});

test('instances share the weights', { skip: process.platform !== 'linux' }, async () => {
  const one = await client.chat.completions.create({ ...GREEDY, messages: [FRANCE] });
  assert.equal(one.choices[0].message.content, PARIS);
  // What each idle conversation has of its own is far less than the 98 MB that it uses.
  const sizes = await Promise.all((await server.instances()).map(ownMegabytes));
  assert.ok(sizes.length > 0);
  for (const size of sizes) assert.ok(size < 64, `${size} MB of its own`);
});

const PYTHON = `
import os
from openai import OpenAI, BadRequestError

client = OpenAI(base_url=os.environ["URL"] + "/v1", api_key=os.environ["KEY"], max_retries=0)
ask = dict(model="akio", temperature=0, max_tokens=24, messages=[{"role": "user", "content": "What is the capital of France?"}])
answer = client.chat.completions.create(**ask)
print(answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.completion_tokens > 0)
stream = client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True})
chunks = list(stream)
print("".join(c.choices[0].delta.content or "" for c in chunks if c.choices), chunks[-1].usage.total_tokens > 0)
print(client.completions.create(model="x", prompt="The capital of France is", temperature=0, max_tokens=4).object)
print([model.id for model in client.models.list()])
try:
    client.chat.completions.create(model="x", messages=[])
except BadRequestError as error:
    print(error.status_code, error.code)
`;

test("OpenAI's client for Python", { skip: !process.env.PYTHON_PACKAGES && 'PYTHON_PACKAGES is not set' }, async () => {
  const env = { ...process.env, PYTHONPATH: process.env.PYTHON_PACKAGES, URL: server.url, KEY };
  const printed = await output(['python3', '-c', PYTHON], { env });
  assert.deepEqual(printed.trim().split('\n'), [
    `${PARIS} stop True`,
    `${PARIS} True`,
    'text_completion',
    "['SmolLM2-135M-Instruct']",
    '400 empty_prompt',
  ]);
});

async function metric(name) {
  const response = await fetch(`${server.url}/metrics`, { headers: { Authorization: `Bearer ${KEY}` } });
  const [, value] = new RegExp(`^${name} (.+)$`, 'm').exec(await response.text());
  return Number(value);
}

/** A server on a free port. */
async function serve(...args) {
  const process = spawn(join(root, 'dist/akio'), ['serve', '--port', '0', ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exit = new Promise((resolve) => process.on('close', resolve));
  let log = '';
  const url = await new Promise((resolve, reject) => {
    process.stderr.on('data', (data) => {
      log += data;
      const listening = /listening on (http:\S+)\n/.exec(log);
      if (listening) resolve(listening[1]);
    });
    exit.then(() => reject(new Error(`the server ended: ${log}`)));
  });
  return {
    url,
    instances: async () => (await output(['pgrep', '-P', process.pid])).trim().split('\n'),
    async stop() {
      process.kill('SIGTERM');
      assert.equal(await exit, 0);
    },
  };
}

/** Memory that a process shares with no other, in MB. */
async function ownMegabytes(id) {
  const rollup = await output(['cat', `/proc/${id}/smaps_rollup`]);
  const kilobytes = [...rollup.matchAll(/^Private_\w+: +(\d+) kB/gm)].map(([, size]) => Number(size));
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1000;
}
