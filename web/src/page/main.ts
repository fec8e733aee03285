/** The page: one conversation with the model in the worker. */

import type { Akio, ChatMessage, Notice } from '../akio/index.js';
import { byId } from './dom.js';
import { loadModel } from './loading.js';
import { clearMessages, Turn } from './messages.js';
import { goOffline } from './offline.js';
import { sampling, settingsAreValid, systemMessages } from './settings.js';
import { showStorage } from './storage.js';

const welcome = byId('welcome', HTMLElement);
const model = byId('model', HTMLParagraphElement);
const composer = byId('composer', HTMLFormElement);
const prompt = byId('prompt', HTMLTextAreaElement);
const send = byId('send', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const error = byId('error', HTMLParagraphElement);
const status = byId('status', HTMLParagraphElement);
const examples = byId('examples', HTMLUListElement);
const newChat = byId('new-chat', HTMLButtonElement);

const loading = goOffline(() => prompt.value === '' && history.length === 0 && !answering).then(loadModel);
/** The conversation so far; a new chat starts a new list. */
let history: ChatMessage[] = [];
/** Present while an answer is being made. */
let answering: AbortController | undefined;

async function ask(question: string): Promise<void> {
  const conversation = history;
  const controller = new AbortController();
  setAnswering(controller);
  welcome.classList.add('compact');
  error.hidden = true;
  const turn = new Turn(question);
  try {
    status.textContent = 'Waiting for the model';
    const akio = await unlessAborted(loading, controller.signal);
    const messages = [...conversation, { role: 'user' as const, content: question }];
    turn.finish(await answer(akio, turn, messages, controller.signal));
  } catch (failure) {
    status.textContent = '';
    if (!controller.signal.aborted) showError(failure);
    turn.finish('Stopped.');
  }
  if (answering === controller) setAnswering(undefined);
  if (turn.answer !== '') {
    conversation.push(
      { role: 'user', content: question },
      { role: 'assistant', content: turn.answer },
    );
  } else if (conversation === history) {
    // Nothing was said: the question goes back to where it can be changed.
    turn.remove();
    prompt.value ||= question;
  }
}

/** Streams the answer into `turn`; returns a remark if it was cut at a limit. */
async function answer(
  akio: Akio,
  turn: Turn,
  conversation: ChatMessage[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const messages = [...systemMessages(), ...conversation];
  const stream = await akio.chat.completions.create(
    { messages, ...sampling(), stream: true, stream_options: { include_usage: true } },
    { signal, onNotice: showNotice },
  );
  let remark: string | undefined;
  for await (const { choices, usage, timings } of stream) {
    const [choice] = choices;
    if (choice?.delta.content) {
      turn.append(choice.delta.content);
      status.textContent = 'Answering';
    }
    if (choice?.finish_reason === 'length') remark = 'The answer was cut at its limit.';
    if (usage && timings) {
      const speed = `${timings.predicted_per_second.toFixed(1)} tokens/s`;
      const context = `${usage.total_tokens} of ${akio.info.context} tokens`;
      status.textContent = `${speed} · ${context}`;
    }
  }
  return remark;
}

function showNotice(notice: Notice): void {
  status.textContent =
    notice.type === 'prefill'
      ? `Reading: ${notice.done} of ${notice.total} tokens`
      : 'The oldest messages no longer fit and were left out';
}

function showError(failure: unknown): void {
  error.textContent = failure instanceof Error ? failure.message : String(failure);
  error.hidden = false;
}

function setAnswering(controller: AbortController | undefined): void {
  const hadFocus = document.activeElement === stop || document.activeElement === send;
  answering = controller;
  send.hidden = controller !== undefined;
  stop.hidden = controller === undefined;
  if (hadFocus) prompt.focus();
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

composer.addEventListener('submit', (event) => {
  event.preventDefault();
  const question = prompt.value.trim();
  if (question === '' || answering || !settingsAreValid()) return;
  prompt.value = '';
  void ask(question);
});

prompt.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

stop.addEventListener('click', () => answering?.abort());

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') answering?.abort();
});

examples.addEventListener('click', ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  prompt.value = target.textContent ?? '';
  composer.requestSubmit();
});

newChat.addEventListener('click', () => {
  history = [];
  answering?.abort();
  clearMessages();
  welcome.classList.remove('compact');
  status.textContent = '';
  error.hidden = true;
  prompt.focus();
});

void loading.then(({ info, storage }) => {
  void showStorage(storage);
  model.textContent = `${info.name} · ${info.license}`;
  document.documentElement.dataset['ready'] = '';
});
