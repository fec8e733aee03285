import { Akio } from 'akio';

const phases = new Set();
const akio = await Akio.load({ onProgress: ({ phase }) => phases.add(phase) });
const stream = await akio.chat.completions.create({
  messages: [{ role: 'user', content: 'What is the capital of France?' }],
  temperature: 0,
  max_tokens: 16,
  stream: true,
});
const answer = document.getElementById('answer');
for await (const chunk of stream) answer.append(chunk.choices[0].delta.content ?? '');
akio.terminate();
answer.dataset.done = [...phases].join(' ');
