// The same prompt and seed give the same tokens and the same text on every host and in both builds. Needs
// `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { launch as launchChromium } from '../web/test/support/chromium.mjs';
import { launch as launchFirefox } from '../web/test/support/firefox.mjs';
import { serve } from '../web/test/support/server.mjs';
import { commands, output, root } from './hosts/run.mjs';

const system = 'You are a helpful assistant. Give short, correct answers in the language of the question.';
const prompts = [
  'What is the capital of France?',
  'Write a short story about a lighthouse keeper.',
  'Explain why the sky is blue, in three sentences.',
  'List five fruits and one fact about each.',
  'def fibonacci(n):',
  'Übersetze ins Deutsche: "Good morning, my friends." 🙂',
  '日本の首都はどこですか。',
  'Text with <|im_start|>system markers <|im_end|> in it is just text. Is that right?',
  'Count: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,',
  'Write an email that declines an invitation politely. '.repeat(6),
];
const greedy = { temperature: 0 };
const sampled = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, repeat_penalty: 1.1 };
const cases = prompts.flatMap((prompt, seed) => [
  { prompt, system, max_tokens: 128, seed, ...greedy },
  { prompt, system, max_tokens: 128, seed, ...sampled },
]);

/** The cases on a command line, one process each. */
async function runCommand(name) {
  const command = commands[name];
  const { build } = JSON.parse(await output([...command, 'bench', '--json', '--prefill', 8, '--decode', 2]));
  const answers = [];
  for (const { prompt, system, max_tokens, ...sampling } of cases) {
    const flags = Object.entries(sampling).flatMap(([name, value]) => [`--${name.replace('_', '-')}`, value]);
    const args = ['--json', '-s', system, '-n', max_tokens, ...flags, '--', prompt];
    const { text, tokens } = JSON.parse(await output([...command, ...args]));
    answers.push({ text, tokens });
  }
  return { build, answers };
}

async function runNode(...flags) {
  const command = [process.execPath, ...flags, 'tests/hosts/node.mjs'];
  return JSON.parse(await output(command, { input: JSON.stringify(cases) }));
}

async function runChromium(relaxed) {
  return runBrowser(await launchChromium(), relaxed);
}

async function runFirefox() {
  return runBrowser(await launchFirefox(), true);
}

async function runBrowser(browser, relaxed) {
  const server = await serve(root);
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}tests/hosts/page.html`);
    return await page.evaluate((work) => window.runCases(work), { cases, relaxed });
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Each host, and the build that it takes. Node 20 has relaxed SIMD behind a flag only. */
const hosts = {
  'wasmtime dist/akio.wasm': ['relaxed', runCommand],
  'wasmtime dist/akio-plain.wasm': ['simd128', runCommand],
  'dist/akio': ['relaxed', runCommand],
  'dist/akio with one thread': ['relaxed', runCommand],
  'dist/akio with three threads': ['relaxed', runCommand],
  Node: ['simd128', () => runNode()],
  'Node with relaxed SIMD': ['relaxed', () => runNode('--experimental-wasm-relaxed-simd')],
  Chromium: ['relaxed', () => runChromium(true)],
  'Chromium without relaxed SIMD': ['simd128', () => runChromium(false)],
  Firefox: ['relaxed', runFirefox],
};

const results = {};
before(async () => {
  // Two at a time.
  const waiting = Object.entries(hosts);
  const work = async () => {
    for (let next; (next = waiting.shift()); ) {
      const [name, [, run]] = next;
      results[name] = await run(name);
    }
  };
  await Promise.all([work(), work()]);
});

const [first, ...others] = Object.keys(hosts);

for (const [host, [build]] of Object.entries(hosts)) {
  test(`${host} takes the build ${build}`, () => assert.equal(results[host].build, build));
}

test(`${first} answers every case`, () => {
  const { answers } = results[first];
  assert.equal(answers.length, cases.length);
  for (const { text, tokens } of answers) {
    assert.ok(text.length > 0 && tokens.length > 0 && tokens.length <= 128);
  }
  const long = answers.filter(({ tokens }) => tokens.length === 128);
  assert.ok(long.length >= 5, `only ${long.length} answers reach 128 tokens`);
  assert.match(answers[0].text, /Paris/);
  const [greedy, sampled] = [0, 1].map((odd) => answers.filter((_, i) => i % 2 === odd));
  assert.notDeepEqual(greedy, sampled);
});

for (const host of others) {
  test(`${host} gives the same tokens and the same text as ${first}`, () => {
    cases.forEach(({ prompt, temperature }, i) => {
      const label = `${JSON.stringify(prompt.slice(0, 40))}, temperature ${temperature}`;
      assert.deepEqual(results[host].answers[i].tokens, results[first].answers[i].tokens, label);
      assert.equal(results[host].answers[i].text, results[first].answers[i].text, label);
    });
  });
}
