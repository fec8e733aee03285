import { LanguageModel } from 'akio/prompt-api';

const answer = document.getElementById('answer');
const session = await LanguageModel.create({
  samplingMode: 'most-predictable',
  monitor(monitor) {
    monitor.addEventListener('downloadprogress', ({ loaded }) => {
      answer.textContent = `Loading ${Math.round(100 * loaded)} %`;
    });
  },
});
answer.textContent = await session.prompt('What is the capital of France?');
answer.dataset.done = '';
session.destroy();
