// What `akio/prompt-api` does, the same in Node and in a page. A check throws where it is not so.

import { Akio } from 'akio';
import { LanguageModel, languageModelOf } from 'akio/prompt-api';

const FRANCE = 'What is the capital of France? Answer with one word.';
const GREEDY = { samplingMode: 'most-predictable' };
const ANSWERED = [
  { role: 'user', content: FRANCE },
  { role: 'assistant', content: 'Paris' },
];
const WHICH = 'Which city did you name?';

/** The same model with a context that is soon full. */
const Small = languageModelOf((options) => Akio.load({ ...options, context: 256 }));

let worker;
/** The same model in a worker that can be ended from here. */
const Fragile = languageModelOf((options) =>
  Akio.load({
    ...options,
    worker: () =>
      (worker = new Worker(new URL('./node_modules/akio/dist/worker.js', import.meta.url), { type: 'module' })),
  }),
);

export const checks = {
  async 'a session answers, and knows what was said'() {
    const session = await LanguageModel.create({
      ...GREEDY,
      initialPrompts: [{ role: 'system', content: 'You are a parrot called Polly.' }],
    });
    ok(session instanceof LanguageModel);
    includes(await session.prompt('What is your name?'), 'Polly');
    includes(await session.prompt([{ role: 'user', content: [{ type: 'text', value: FRANCE }] }]), 'Paris');
    const before = session.contextUsage;
    includes(await session.prompt(WHICH), 'Paris');
    ok(session.contextUsage > before);
    session.destroy();
  },

  async 'a stream gives the text in pieces, the same at every time'() {
    const session = await LanguageModel.create(GREEDY);
    const clone = await session.clone();
    const pieces = [];
    const reader = session.promptStreaming(FRANCE).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
    }
    ok(pieces.length > 1);
    equal(pieces.join(''), await clone.prompt(FRANCE));
    equal(session.contextUsage, clone.contextUsage);
    session.destroy();
    clone.destroy();
  },

  async 'a clone goes its own way'() {
    const session = await LanguageModel.create(GREEDY);
    await session.append(ANSWERED);
    const clone = await session.clone();
    equal(clone.contextUsage, session.contextUsage);
    equal(clone.samplingMode, session.samplingMode);
    includes(await clone.prompt(WHICH), 'Paris');
    ok(clone.contextUsage > session.contextUsage);
    session.destroy();
    includes(await clone.prompt(FRANCE), 'Paris');
    clone.destroy();
  },

  async 'the download is told from 0 to 1'() {
    const steps = [];
    let created = false;
    const session = await LanguageModel.create({
      monitor(monitor) {
        monitor.addEventListener('downloadprogress', (event) => steps.push({ ...progress(event), created }));
      },
    });
    created = true;
    equal(steps[0].loaded, 0);
    equal(steps.at(-1).loaded, 1);
    ok(steps.every(({ loaded }, i) => i === 0 || loaded > steps[i - 1].loaded));
    ok(steps.every(({ total, lengthComputable, created }) => total === 1 && lengthComputable && !created));
    equal(await LanguageModel.availability(), 'available');
    session.destroy();
  },

  async 'usage is what was measured'() {
    const session = await LanguageModel.create();
    equal(session.contextUsage, 0);
    ok(session.contextWindow > 3900);
    const measured = await session.measureContextUsage('It rained.');
    ok(measured > 3);
    equal(await session.append('It rained.'), undefined);
    equal(session.contextUsage, measured);
    const system = [{ role: 'system', content: 'Be brief.' }];
    const other = await LanguageModel.create({ initialPrompts: system });
    equal(other.contextUsage, await session.measureContextUsage(system));
    equal(other.contextWindow, session.contextWindow);
    equal([session.inputUsage, session.inputQuota], [session.contextUsage, session.contextWindow]);
    session.destroy();
    other.destroy();
  },

  async 'an aborted prompt leaves nothing behind'() {
    const session = await LanguageModel.create(GREEDY);
    await session.prompt(FRANCE);
    const before = session.contextUsage;
    const controller = new AbortController();
    const reason = new Error('enough');
    const reader = session.promptStreaming('Tell me a long story about a ship.', { signal: controller.signal }).getReader();
    await reader.read();
    controller.abort(reason);
    equal(await rejection(readAll(reader)), reason);
    equal(session.contextUsage, before);
    throwsName('AbortError', () => session.promptStreaming('Hi', { signal: AbortSignal.abort() }));
    equal((await rejection(session.prompt('Hi', { signal: AbortSignal.abort() }))).name, 'AbortError');
    const left = session.promptStreaming('Tell me a long story about a ship.').getReader();
    await left.read();
    await left.cancel();
    includes(await session.prompt(WHICH), 'Paris');
    session.destroy();
  },

  async 'prompts of one session wait for each other'() {
    const session = await LanguageModel.create(GREEDY);
    const [, city] = await Promise.all([session.append(ANSWERED), session.prompt(WHICH)]);
    includes(city, 'Paris');
    session.destroy();
  },

  async 'a destroyed session says so'() {
    const session = await LanguageModel.create();
    const running = rejection(session.prompt('Tell me a long story about a ship.'));
    session.destroy();
    equal((await running).name, 'InvalidStateError');
    equal((await rejection(session.prompt('Hi'))).name, 'InvalidStateError');
    equal((await rejection(session.append('Hi'))).name, 'InvalidStateError');
    equal((await rejection(session.clone())).name, 'InvalidStateError');
    throwsName('InvalidStateError', () => session.promptStreaming('Hi'));
    equal(session.contextUsage, 0);
    const controller = new AbortController();
    const bound = await LanguageModel.create({ signal: controller.signal });
    const reason = new Error('closed');
    controller.abort(reason);
    equal(await rejection(bound.prompt('Hi')), reason);
  },

  async 'creation can be given up'() {
    const controller = new AbortController();
    const reason = new Error('no');
    const creating = LanguageModel.create({ signal: controller.signal });
    controller.abort(reason);
    equal(await rejection(creating), reason);
    equal(await rejection(LanguageModel.create({ signal: controller.signal })), reason);
    const thrown = new Error('monitor');
    const monitor = () => {
      throw thrown;
    };
    equal(await rejection(LanguageModel.create({ monitor })), thrown);
    const session = await LanguageModel.create();
    session.destroy();
  },

  async 'the oldest turns make room, never the initial prompts'() {
    const options = { ...GREEDY, initialPrompts: [{ role: 'system', content: 'The word of the day is banana.' }] };
    const session = await Small.create(options);
    let overflows = 0;
    session.addEventListener('contextoverflow', () => overflows++);
    session.oncontextoverflow = () => overflows++;
    const sentence = 'It rained again and nobody was surprised. ';
    await session.append([
      { role: 'user', content: sentence.repeat(14) },
      { role: 'assistant', content: 'I see.' },
    ]);
    equal(overflows, 0);
    await session.append(sentence.repeat(14));
    equal(overflows, 2);
    ok(session.contextUsage < session.contextWindow);
    const other = await Small.create(options);
    await other.append(sentence.repeat(14));
    equal(session.contextUsage, other.contextUsage);
    equal(await session.prompt('What is the word of the day?'), await other.prompt('What is the word of the day?'));
    const before = session.contextUsage;
    const long = sentence.repeat(100);
    const error = await rejection(session.append(long));
    equal([error.name, error.quota], ['QuotaExceededError', session.contextWindow]);
    ok(error.requested > (await session.measureContextUsage(long)));
    equal(session.contextUsage, before);
    const tooLong = Small.create({ initialPrompts: [{ role: 'system', content: long }] });
    equal((await rejection(tooLong)).name, 'QuotaExceededError');
    session.destroy();
    other.destroy();
  },

  async 'an answer that fills the window goes on without the oldest turns'() {
    const session = await Small.create(GREEDY);
    await session.append([
      { role: 'user', content: 'It rained again and nobody was surprised. '.repeat(15) },
      { role: 'assistant', content: 'I see.' },
    ]);
    const room = session.contextWindow - session.contextUsage;
    let overflows = 0;
    session.oncontextoverflow = () => overflows++;
    const story = await session.prompt('Tell me a long story about a ship and its captain.');
    ok(overflows > 0);
    ok((await session.measureContextUsage(story)) > room);
    session.destroy();
  },

  async 'an answer goes on from a prefix'() {
    const session = await LanguageModel.create(GREEDY);
    const rest = await session.prompt([
      { role: 'user', content: FRANCE },
      { role: 'assistant', content: 'The capital of France is', prefix: true },
    ]);
    ok(rest.startsWith(' Paris'));
    session.destroy();
  },

  async 'an answer is what a schema or an expression asks for'() {
    const session = await LanguageModel.create(GREEDY);
    const schema = {
      type: 'object',
      properties: { city: { enum: ['Paris', 'Rome'] }, inhabitants: { type: 'integer' } },
      required: ['city', 'inhabitants'],
      additionalProperties: false,
    };
    const answer = JSON.parse(await session.prompt(FRANCE, { responseConstraint: schema }));
    equal(Object.keys(answer), ['city', 'inhabitants']);
    equal([answer.city, Number.isInteger(answer.inhabitants)], ['Paris', true]);
    const year = /^\d{4}$/;
    const stream = session.promptStreaming('In which year was the French Revolution?', {
      responseConstraint: year,
      omitResponseConstraintInput: true,
    });
    const reader = stream.getReader();
    let text = '';
    for (let step = await reader.read(); !step.done; step = await reader.read()) text += step.value;
    ok(year.test(text));
    const circular = {};
    circular.self = circular;
    const before = session.contextUsage;
    const refused = [
      ['TypeError', { responseConstraint: 'json' }],
      ['TypeError', { omitResponseConstraintInput: true }],
      ['NotSupportedError', { responseConstraint: { type: 'soup' } }],
      ['NotSupportedError', { responseConstraint: circular }],
      ['NotSupportedError', { responseConstraint: /a/i }],
      ['NotSupportedError', { responseConstraint: /a(?=b)/ }],
    ];
    for (const [name, options] of refused) equal((await rejection(session.prompt(FRANCE, options))).name, name);
    equal(session.contextUsage, before);
    session.destroy();
  },

  async 'what makes no sense is refused, by the names of the standard'() {
    const { create } = LanguageModel;
    const system = { role: 'system', content: 'a' };
    const user = { role: 'user', content: 'b' };
    const creations = [
      ['TypeError', { initialPrompts: [user, system] }],
      ['TypeError', { initialPrompts: [system, system] }],
      ['TypeError', { initialPrompts: [{ role: 'robot', content: 'a' }] }],
      ['TypeError', { initialPrompts: [{ role: 'user' }] }],
      ['TypeError', { samplingMode: 'wild' }],
      ['TypeError', { samplingMode: 'balanced', topK: 3 }],
      ['RangeError', { temperature: -1 }],
      ['RangeError', { topK: 0 }],
      ['RangeError', { expectedInputs: [{ type: 'text', languages: ['en-abc-invalid'] }] }],
      ['NotSupportedError', { expectedInputs: [{ type: 'image' }] }],
      ['NotSupportedError', { expectedOutputs: [{ type: 'text', languages: ['ja'] }] }],
      ['NotSupportedError', { tools: [{}] }],
    ];
    for (const [name, options] of creations) {
      equal([(await rejection(create(options))).name, JSON.stringify(options)], [name, JSON.stringify(options)]);
    }
    equal(await LanguageModel.availability({ expectedInputs: [{ type: 'audio' }] }), 'unavailable');
    const session = await create({ topK: 1.5, temperature: 9, expectedInputs: [{ type: 'text', languages: ['EN'] }] });
    const { maxTemperature } = await LanguageModel.params();
    equal([session.topK, session.temperature, session.samplingMode], [1, maxTemperature, null]);
    await session.append('hello');
    const prompts = [
      ['TypeError', [system]],
      ['TypeError', [{ role: 'user', content: [{ type: 'text', value: 3 }] }]],
      ['TypeError', [{ role: 'user', content: [{ type: 'smell', value: '' }] }]],
      ['NotSupportedError', [{ role: 'user', content: [{ type: 'image', value: new Uint8Array() }] }]],
      ['SyntaxError', [{ role: 'user', content: 'a', prefix: true }]],
      ['SyntaxError', [{ role: 'assistant', content: 'a', prefix: true }, user]],
    ];
    for (const [name, prompt] of prompts) equal((await rejection(session.append(prompt))).name, name);
    for (const empty of ['', [], {}, null, undefined, [{ role: 'user', content: [] }]]) await session.append(empty);
    equal(typeof (await session.prompt('')), 'string');
    session.destroy();
    throwsName('TypeError', () => new LanguageModel());
  },

  async 'a lost worker is replaced, and the conversation goes on'() {
    const session = await Fragile.create(GREEDY);
    await session.append(ANSWERED);
    const running = rejection(session.prompt('Tell me a long story about a ship.'));
    worker.terminate();
    const error = await running;
    equal([error.name, error.cause.code], ['UnknownError', 'worker_failed']);
    includes(await session.prompt(WHICH), 'Paris');
    worker.terminate();
    await new Promise((resolve) => setTimeout(resolve, 300)); // until it is known
    includes(await session.prompt(`${WHICH} Repeat it.`), 'Paris');
    session.destroy();
  },
};

/** Checks that need a worker of a page. */
export const inPages = ['a lost worker is replaced, and the conversation goes on'];

function ok(value) {
  if (!value) throw new Error('a condition does not hold');
}

function equal(actual, expected) {
  if (actual === expected) return;
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value) ?? String(value));
  if (a !== b || typeof actual !== typeof expected) throw new Error(`${a} should be ${b}`);
}

function includes(text, part) {
  if (!text.includes(part)) throw new Error(`${JSON.stringify(text)} should contain ${part}`);
}

async function rejection(promise) {
  const value = await promise.then((value) => `resolved: ${value}`, (error) => error);
  if (typeof value === 'string') throw new Error(`a rejection was expected, but it ${value}`);
  return value;
}

function throwsName(name, work) {
  try {
    work();
  } catch (error) {
    return equal(error.name, name);
  }
  throw new Error(`${name} was expected`);
}

async function readAll(reader) {
  while (!(await reader.read()).done);
}

function progress({ loaded, total, lengthComputable }) {
  return { loaded, total, lengthComputable };
}
