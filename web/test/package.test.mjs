// The package in dist/npm as a stranger gets it: packed, installed, then used in Node and in a Vite app.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { checkPackage, Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'vite';

import { launch, openPage } from './support/chromium.mjs';
import { newFolder } from './support/project.mjs';
import { serve } from './support/server.mjs';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const FRANCE = [{ role: 'user', content: 'What is the capital of France?' }];
const STORY = [{ role: 'user', content: 'Tell me a long story about a ship.' }];
const LONG = [{ role: 'user', content: 'It rained again and nobody was surprised. '.repeat(120) }];
const GREEDY = { temperature: 0, max_tokens: 16 };
const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', maxLength: 40 } },
      required: ['city'],
      additionalProperties: false,
    },
    examples: ['What is the weather like in Oslo?', 'Is it raining in Madrid?', 'How warm is it in Rome today?'],
  },
};
const CLOCK = {
  type: 'function',
  function: { name: 'set_alarm', description: 'Set an alarm clock.', examples: ['Wake me at seven', 'Set an alarm for 6:30'] },
};

/** The part of the package that is not named by a pattern. */
const FILES = [
  'LICENSE-APACHE',
  'LICENSE-MIT',
  'NOTICE.txt',
  'README.md',
  'dist/akio-plain.wasm',
  'dist/akio-threads.wasm',
  'dist/akio.wasm',
  'package.json',
];

const project = await newFolder();
let packed;
before(async () => {
  await cp(join(import.meta.dirname, 'consumer'), project, { recursive: true });
  const { stdout } = await run('npm', ['pack', join(root, 'dist/npm'), '--json'], { cwd: project });
  const [{ filename, files }] = JSON.parse(stdout);
  packed = files.map(({ path }) => path).sort();
  await run('npm', ['install', '--offline', '--no-package-lock', filename], { cwd: project });
});

test('publint has nothing to say', async () => {
  const pkgDir = join(project, 'node_modules/akio');
  const { messages } = await publint({ pkgDir, pack: false, strict: true });
  const pkg = JSON.parse(await readFile(join(pkgDir, 'package.json'), 'utf8'));
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('arethetypeswrong has nothing to say of what resolves ES modules', async () => {
  const folder = join(project, 'node_modules/akio');
  const contents = packed.map(async (path) => {
    // Nothing reads the modules.
    const text = path.endsWith('.wasm') ? '' : await readFile(join(folder, path), 'utf8');
    return [`/node_modules/akio/${path}`, text];
  });
  const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const files = Object.fromEntries(await Promise.all(contents));
  const { problems, entrypoints } = await checkPackage(new Package(files, name, version), {
    excludeEntrypoints: [/wasm$/, /json$/],
  });
  assert.deepEqual(Object.keys(entrypoints), ['.', './agent', './prompt-api', './worker']);
  // The package is ES modules alone, and Node 10 knew no exports.
  const met = problems.filter(({ kind, resolutionKind }) => kind !== 'CJSResolvesToESM' && resolutionKind !== 'node10');
  assert.deepEqual(met, []);
});

test('the package holds its scripts, their types, the modules and the licences, and nothing else', () => {
  const scripts = packed.filter((path) => /^dist\/.*\.(js|d\.ts)$/.test(path));
  assert.deepEqual(packed.filter((path) => !scripts.includes(path)), FILES);
  const typed = scripts.filter((path) => path.endsWith('.js')).map((path) => path.replace(/js$/, 'd.ts'));
  assert.deepEqual(typed.filter((path) => !scripts.includes(path)), []);
});

test('the types hold under strict TypeScript, for Node and for bundlers', async () => {
  const tsc = join(root, 'node_modules/.bin/tsc');
  const strict = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom'];
  for (const [module, resolution] of [['node16', 'node16'], ['nodenext', 'nodenext'], ['esnext', 'bundler']]) {
    for (const [file, types] of [['types.ts', ''], ['agent.ts', ''], ['prompt-api.ts', 'dom-chromium-ai']]) {
      const kind = ['--module', module, '--moduleResolution', resolution, '--types', types];
      await run(tsc, [...strict, ...kind, file], { cwd: project }).catch(({ stdout }) => assert.fail(stdout));
    }
  }
});

test('the entries for browsers can be imported where there is no browser', async () => {
  for (const name of ['index.js', 'agent/index.js', 'prompt-api/index.js']) {
    await import(pathToFileURL(join(project, 'node_modules/akio/dist', name)).href);
  }
});

for (const readme of ['README.md', 'web/package/README.md']) {
  const examples = [...(await readFile(join(root, readme), 'utf8')).matchAll(/```js\n(.*?)```/gs)];
  for (const [i, [, example]] of examples.entries()) {
    test(`${readme} is true: its example ${i + 1} answers in Node as it is printed`, async () => {
      await writeFile(join(project, 'readme.js'), example);
      const { stdout } = await run(process.execPath, ['readme.js'], { cwd: project });
      assert.match(stdout.replaceAll('\n', ''), /Paris/);
    });
  }
}

test('the codes of errors are those that the package and its module give', async () => {
  const source = (path) => readFile(join(root, path), 'utf8');
  const found = (text, pattern) => [...text.matchAll(pattern)].map(([, code]) => code);
  const declared = found(await source('web/src/akio/errors.ts'), /^  \| '(\w+)'/gm);
  const folder = 'web/src/akio';
  const scripts = (await readdir(join(root, folder), { recursive: true })).filter((name) => name.endsWith('.ts'));
  const given = await Promise.all([
    ...scripts.map(async (name) => found(await source(`${folder}/${name}`), /AkioError\(\s*'(\w+)'/g)),
    ...['crates/akio/src/web/errors.rs', 'crates/akio-agent/src/error.rs'].map(async (path) =>
      found(await source(path), /"([a-z]+(?:_[a-z]+)+)"/g),
    ),
  ]);
  assert.deepEqual(declared.toSorted(), [...new Set(given.flat())].sort());
});

test('every test file is named where the tests are run', async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.test.mjs')).sort();
  const { scripts } = JSON.parse(await readFile(join(root, 'web/package.json'), 'utf8'));
  assert.deepEqual(scripts.test.match(/\S+\.test\.mjs/g), files.map((name) => `test/${name}`));
});

describe('in Node', () => {
  let akio;
  let AkioError;
  before(async () => {
    const { Akio, ...rest } = await import(pathToFileURL(join(project, 'akio.js')).href);
    AkioError = rest.AkioError;
    const progress = [];
    akio = await Akio.load({ onProgress: (step) => progress.push(step) });
    const { total } = progress[0];
    const steps = progress.map(({ phase, loaded, total }) => ({ phase, loaded, total }));
    assert.deepEqual(steps[0], { phase: 'fetch', loaded: 0, total });
    assert.deepEqual(steps.at(-2), { phase: 'fetch', loaded: total, total });
    assert.deepEqual(steps.at(-1), { phase: 'start', loaded: total, total });
    assert.ok(steps.every(({ loaded }, i) => i === 0 || loaded >= steps[i - 1].loaded));
  });
  after(() => akio.terminate());

  test('info names the model', () => {
    assert.equal(akio.info.name, 'SmolLM2-135M-Instruct');
    assert.equal(akio.info.license, 'Apache-2.0');
    assert.match(akio.info.sha256, /^[0-9a-f]{64}$/);
  });

  test('a whole answer has the shape that OpenAI clients expect', async () => {
    const completion = await akio.chat.completions.create({ messages: FRANCE, ...GREEDY });
    assert.equal(completion.object, 'chat.completion');
    const [{ message, finish_reason }] = completion.choices;
    assert.equal(message.role, 'assistant');
    assert.match(message.content, /Paris/);
    assert.match(finish_reason, /^(stop|length)$/);
    const { prompt_tokens, completion_tokens, total_tokens } = completion.usage;
    assert.ok(prompt_tokens > 10 && completion_tokens > 0 && completion_tokens <= 16);
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
    assert.ok(completion.timings.predicted_per_second > 0);
  });

  test('a stream gives the same text in pieces, then why it ended, then usage', async () => {
    const whole = await akio.chat.completions.create({ messages: FRANCE, ...GREEDY });
    const stream = await akio.chat.completions.create({
      messages: FRANCE,
      ...GREEDY,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
    assert.equal(text, whole.choices[0].message.content);
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.equal(chunks.at(-2).choices[0].finish_reason, whole.choices[0].finish_reason);
    assert.deepEqual(chunks.at(-1).choices, []);
    const { prompt_tokens_details, ...usage } = chunks.at(-1).usage;
    assert.ok(prompt_tokens_details.cached_tokens > 0, 'the prompt was in the cache');
    assert.equal(usage.total_tokens, whole.usage.total_tokens);
  });

  test('a seed repeats an answer, and a stop string is not part of it', async () => {
    const params = { messages: FRANCE, max_tokens: 16, temperature: 1.2, seed: 7 };
    const [first, second] = await Promise.all([
      akio.chat.completions.create(params),
      akio.chat.completions.create(params),
    ]);
    assert.equal(first.choices[0].message.content, second.choices[0].message.content);
    const cut = await akio.chat.completions.create({ messages: FRANCE, ...GREEDY, stop: 'Paris' });
    assert.doesNotMatch(cut.choices[0].message.content, /Paris/);
    assert.equal(cut.choices[0].finish_reason, 'stop');
  });

  test('response_format keeps an answer to a schema, members in its order', async () => {
    const properties = {
      country: { enum: ['France', 'Italy'] },
      capital: { type: 'string', maxLength: 16 },
      big: { type: 'boolean' },
    };
    const schema = { type: 'object', properties, required: ['country', 'capital', 'big'] };
    const response_format = { type: 'json_schema', json_schema: { name: 'capital', strict: true, schema } };
    for (const temperature of [0, 1]) {
      const { choices } = await akio.chat.completions.create({
        messages: FRANCE,
        response_format,
        temperature,
        max_tokens: 64,
      });
      const answer = JSON.parse(choices[0].message.content);
      assert.deepEqual(Object.keys(answer), Object.keys(properties));
      assert.equal(typeof answer.big, 'boolean');
      assert.equal(choices[0].finish_reason, 'stop');
    }
    const any = await akio.chat.completions.create({
      messages: FRANCE,
      response_format: { type: 'json_object' },
      temperature: 0,
      max_tokens: 40,
    });
    assert.equal(typeof JSON.parse(any.choices[0].message.content), 'object');
    const chosen = await akio.chat.completions.create({
      messages: FRANCE,
      response_format: { type: 'choice', choices: ['Lyon', 'Paris'] },
      temperature: 0,
    });
    assert.equal(chosen.choices[0].message.content, 'Paris');
  });

  test('a function is asked for in the place of an answer, and what it says is in the answer', async () => {
    const messages = [{ role: 'user', content: 'What is the weather in Paris?' }];
    const request = { messages, tools: [WEATHER], temperature: 0, max_tokens: 64 };
    const { choices, usage } = await akio.chat.completions.create(request);
    const [{ message, finish_reason }] = choices;
    assert.equal(finish_reason, 'tool_calls');
    const [call] = message.tool_calls;
    assert.equal(call.function.name, 'get_weather');
    assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ['city']);
    assert.match(call.function.arguments, /Paris/);
    assert.ok(usage.prompt_tokens > 0 && usage.completion_tokens > 0);
    const said = { role: 'tool', tool_call_id: call.id, content: '17 degrees<|im_end|>, light rain' };
    const answered = await akio.chat.completions.create({ ...request, messages: [...messages, message, said] });
    assert.equal(answered.choices[0].finish_reason, 'stop');
    assert.match(answered.choices[0].message.content, /17|rain/);
    const chunks = [];
    for await (const chunk of await akio.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
    const deltas = chunks.map(({ choices }) => choices[0].delta);
    assert.deepEqual(deltas.find(({ tool_calls }) => tool_calls).tool_calls[0].function, call.function);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'tool_calls');
  });

  test('whether a function is asked for follows from the request, or from tool_choice', async () => {
    const request = { tools: [WEATHER, CLOCK], temperature: 0, max_tokens: 16 };
    const asked = async (content, tool_choice) => {
      const messages = [{ role: 'user', content }];
      const { choices } = await akio.chat.completions.create({ ...request, messages, ...(tool_choice && { tool_choice }) });
      return choices[0].message.tool_calls?.[0].function.name;
    };
    assert.equal(await asked('Good morning!'), undefined);
    assert.equal(await asked('What is the weather in Paris?', 'none'), undefined);
    assert.ok(await asked('Good morning!', 'required'));
    const named = { type: 'function', function: { name: 'set_alarm' } };
    assert.equal(await asked('What is the weather in Paris?', named), 'set_alarm');
    const failing = [
      ['bad_tool', { messages: FRANCE, tool_choice: { type: 'function', function: { name: 'fly' } } }],
      ['bad_tool', { messages: FRANCE, tools: [{ ...WEATHER, function: { ...WEATHER.function, name: 'a b' } }] }],
      ['bad_request', { messages: [...FRANCE, { role: 'tool', tool_call_id: 'none', content: '' }] }],
    ];
    for (const [code, params] of failing) {
      await assert.rejects(akio.chat.completions.create({ ...request, ...params }), (error) => {
        assert.ok(error instanceof AkioError, String(error));
        assert.equal(error.code, code, error.message);
        return true;
      });
    }
  });

  test('runTools calls the functions and ends with the answer', async () => {
    const run = (get) => {
      const tool = { ...WEATHER, function: { ...WEATHER.function, function: get, parse: JSON.parse } };
      return akio.chat.completions.runTools({
        messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
        tools: [tool],
        temperature: 0,
        max_tokens: 64,
      });
    };
    const heard = [];
    const runner = run(({ city }) => ({ city, degrees: 17 })).on('message', ({ role }) => heard.push(role));
    assert.match(await runner.finalContent(), /17/);
    assert.deepEqual(heard, ['assistant', 'tool', 'assistant']);
    assert.equal(runner.messages.length, 4);
    assert.match(runner.messages[2].content, /17/);
    const failed = run(() => Promise.reject(new TypeError('no network')));
    await assert.rejects(failed.finalContent(), TypeError);
  });

  test('an abort stops an answer, while the prompt is read and while text comes', async () => {
    for (const [messages, until] of [[LONG, 'prefill'], [STORY, 'text']]) {
      const controller = new AbortController();
      const stream = await akio.chat.completions.create(
        { messages, temperature: 0, max_tokens: 512, stream: true },
        {
          signal: controller.signal,
          onNotice: ({ type }) => type === until && controller.abort(),
        },
      );
      let text = '';
      await assert.rejects(
        async () => {
          for await (const { choices } of stream) {
            text += choices[0].delta.content ?? '';
            if (text && until === 'text') controller.abort();
          }
        },
        { name: 'AbortError' },
      );
      assert.equal(text !== '', until === 'text');
    }
  });

  test('leaving the loop frees the model for the next request', async () => {
    const stream = await akio.chat.completions.create({ messages: FRANCE, max_tokens: 512, stream: true });
    for await (const _ of stream) break;
    const next = await akio.chat.completions.create({ messages: FRANCE, ...GREEDY });
    assert.match(next.choices[0].message.content, /Paris/);
  });

  test('errors have codes', async () => {
    const { create } = akio.chat.completions;
    const failing = [
      ['bad_request', { messages: FRANCE, temperatur: 1 }],
      ['bad_request', { messages: FRANCE, temperature: -1 }],
      ['bad_request', { messages: [{ role: 'robot', content: 'hi' }] }],
      ['prompt_too_long', { messages: [{ role: 'user', content: 'word '.repeat(20_000) }] }],
    ];
    for (const [code, params] of failing) {
      await assert.rejects(create.call(akio.chat.completions, params), (error) => {
        assert.ok(error instanceof AkioError, String(error));
        assert.equal(error.code, code, error.message);
        return true;
      });
    }
  });

  test('a schema that cannot be kept to is an error with its JSON pointer', async () => {
    const schema = { type: 'object', properties: { a: { not: {} } } };
    const format = (schema) => ({ type: 'json_schema', json_schema: { schema } });
    for (const [pointer, params] of [
      ['/properties/a/not', { response_format: format(schema) }],
      [undefined, { response_format: format({ type: 'string', minLength: 50 }), max_tokens: 20 }],
    ]) {
      await assert.rejects(
        akio.chat.completions.create({ messages: FRANCE, ...params }),
        (error) => {
          assert.ok(error instanceof AkioError, String(error));
          assert.equal(error.code, 'bad_constraint', error.message);
          assert.equal(error.pointer, pointer);
          return true;
        },
      );
    }
  });

  test('tokens are counted', async () => {
    assert.equal(await akio.countTokens(''), 0);
    assert.ok((await akio.countTokens('Hello, world')) >= 3);
  });
});

test('a Vite app builds with the package and answers in Chromium', async (t) => {
  const outDir = join(project, 'site');
  await build({ root: project, base: './', logLevel: 'error', build: { outDir, target: 'es2022' } });
  const server = await serve(outDir, { path: '/app/' });
  const browser = await launch();
  t.after(() => Promise.all([browser.close(), server.close()]));
  const { page, requests, problems } = await openPage(browser);
  await page.goto(server.url);
  const answer = page.locator('#answer[data-done]');
  await answer.waitFor({ timeout: 120_000 });
  assert.match(await answer.textContent(), /Paris/);
  assert.equal(await answer.getAttribute('data-done'), 'fetch start');
  assert.deepEqual(requests.filter((url) => !url.startsWith(server.url)), []);
  assert.deepEqual(problems, []);
});
