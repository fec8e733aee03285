import { LanguageModel } from './akio/prompt-api/index.js';

const answer = document.getElementById('answer');
const session = await LanguageModel.create({ samplingMode: 'most-predictable' });
answer.textContent = '';
for await (const piece of session.promptStreaming('What is the capital of France?')) answer.append(piece);
answer.dataset.done = '';
