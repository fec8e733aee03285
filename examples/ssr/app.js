// Rendered by the server, and brought to life in the page. The server imports this module too, and with
// it the package, of which nothing runs before the first question.

import { Akio } from 'akio';

export function render(question) {
  const safe = question.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return `<p id="question">${safe}</p><p id="answer" aria-live="polite"></p>`;
}

export async function hydrate(root) {
  const answer = root.querySelector('#answer');
  const akio = await Akio.load();
  const { choices } = await akio.chat.completions.create({
    messages: [{ role: 'user', content: root.querySelector('#question').textContent }],
    temperature: 0,
  });
  akio.terminate();
  answer.textContent = choices[0].message.content;
  answer.dataset.done = '';
}
