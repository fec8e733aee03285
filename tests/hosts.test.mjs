// The same module, prompt and seed give the same tokens and the same text on every host. Needs
// `cargo xtask build`; run by `cargo xtask test`.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { launch, openPage } from '../web/test/support/chromium.mjs';
import { serve } from '../web/test/support/server.mjs';
import { commands, output, root } from './hosts/run.mjs';

const system = 'You are a helpful assistant.';
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
async function runCommand(command) {
  const results = [];
  for (const { prompt, system, max_tokens, ...sampling } of cases) {
    const flags = Object.entries(sampling).flatMap(([name, value]) => [`--${name.replace('_', '-')}`, value]);
    const args = ['--json', '-s', system, '-n', max_tokens, ...flags, '--', prompt];
    const { text, tokens } = JSON.parse(await output([...command, ...args]));
    results.push({ text, tokens });
  }
  return results;
}

async function runChromium() {
  const server = await serve(root);
  const browser = await launch();
  try {
    const { page } = await openPage(browser);
    await page.goto(`${server.url}tests/hosts/page.html`);
    return await page.evaluate((cases) => window.runCases(cases), cases);
  } finally {
    await browser.close();
    await server.close();
  }
}

const hosts = {
  'wasmtime dist/akio.wasm': () => runCommand(commands['wasmtime dist/akio.wasm']),
  'dist/akio': () => runCommand(commands['dist/akio']),
  Node: async () =>
    JSON.parse(await output([process.execPath, 'tests/hosts/node.mjs'], { input: JSON.stringify(cases) })),
  Chromium: runChromium,
};

const results = {};
before(async () => {
  // Two at a time: one command line host beside one engine host.
  const [a, b, c, d] = Object.keys(hosts);
  for (const pair of [[a, c], [b, d]]) {
    await Promise.all(pair.map(async (name) => (results[name] = await hosts[name]())));
  }
});

const [first, ...others] = Object.keys(hosts);

test(`${first} answers every case`, () => {
  assert.equal(results[first].length, cases.length);
  for (const { text, tokens } of results[first]) {
    assert.ok(text.length > 0 && tokens.length > 0 && tokens.length <= 128);
  }
  const long = results[first].filter(({ tokens }) => tokens.length === 128);
  assert.ok(long.length >= 5, `only ${long.length} answers reach 128 tokens`);
  assert.match(results[first][0].text, /Paris/);
  const [greedy, sampled] = [0, 1].map((odd) => results[first].filter((_, i) => i % 2 === odd));
  assert.notDeepEqual(greedy, sampled);
});

for (const host of others) {
  test(`${host} gives the same tokens and the same text as ${first}`, () => {
    cases.forEach(({ prompt, temperature }, i) => {
      const label = `${JSON.stringify(prompt.slice(0, 40))}, temperature ${temperature}`;
      assert.deepEqual(results[host][i].tokens, results[first][i].tokens, label);
      assert.equal(results[host][i].text, results[first][i].text, label);
    });
  });
}
