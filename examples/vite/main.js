import { Akio } from 'akio';

const form = document.querySelector('form');
const answer = document.getElementById('answer');
/** Loaded with the first question. */
let akio;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  answer.textContent = '…';
  delete answer.dataset.done;
  akio ??= Akio.load();
  const { chat } = await akio;
  const stream = await chat.completions.create({
    messages: [{ role: 'user', content: form.question.value }],
    temperature: 0,
    stream: true,
  });
  answer.textContent = '';
  for await (const chunk of stream) answer.append(chunk.choices[0]?.delta.content ?? '');
  answer.dataset.done = '';
});
