import { Akio } from 'akio';

const akio = await Akio.load();
const stream = await akio.chat.completions.create({
  messages: [{ role: 'user', content: process.argv[2] ?? 'What is the capital of France?' }],
  temperature: 0,
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
process.stdout.write('\n');
akio.terminate();
