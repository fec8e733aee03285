/** The page: conversations with the model in the worker. */

import { isAsking } from './agent/approval.js';
import { Desk } from './agent/desk.js';
import { FilesPanel } from './agent/files-panel.js';
import { offerMemory } from './agent/memory-dialog.js';
import { Passage } from './agent/passage.js';
import { offerRedaction } from './agent/redact-dialog.js';
import { offerTable } from './agent/table-dialog.js';
import { writeWith } from './agent/write.js';
import { announce } from './announce.js';
import { Chat, type ChatView, type Progress } from './chat.js';
import { Composer } from './composer.js';
import { Database } from './database.js';
import { openDialog } from './dialogs.js';
import { byId } from './dom.js';
import { chosenEdition, EditionChoice, removeChoice } from './edition-choice.js';
import { Files } from './files.js';
import { STORE } from './loading.js';
import { Model } from './model.js';
import { goOffline } from './offline.js';
import { countRequests } from './privacy.js';
import { overflow } from './settings.js';
import { listen } from './shortcuts.js';
import { Sidebar } from './sidebar.js';
import { clearMessage, clearProgress, showDone, showError, showProgress } from './status.js';
import { measureStorage, offerDeletion, showStorage } from './storage.js';
import { Thread } from './thread.js';

const welcome = byId('welcome', HTMLElement);
const modelName = byId('model', HTMLParagraphElement);
const examples = byId('examples', HTMLUListElement);
const privacy = byId('privacy', HTMLDialogElement);
const TITLE = document.title;
/** A task has the model until it has its answer. */
const WAITING: Progress = { type: 'doing', what: 'Waiting: a task in another conversation asks for a yes or no' };

const database = new Database(STORE);
const composer = new Composer({
  maySend: (mode) => {
    const may = mode !== 'files' || filesPanel.count !== 0;
    if (!may) openDialog('files');
    return may;
  },
  send: (text, mode) => act(() => chat.send(text, mode === 'chat' ? undefined : { type: mode })),
  stop: () => chat.stop(),
  editLast: () => thread.editLast(),
});
const model = new Model(
  goOffline(() => composer.isEmpty && chat.path.length === 0).then(chosenEdition),
  overflow(),
  {
    ready({ info, storage, threads }) {
      void showStorage(storage);
      modelName.textContent = [info.name, info.license, ...(threads > 1 ? [`${threads} threads`] : [])].join(' · ');
      document.documentElement.dataset['ready'] = '';
      countRequests();
      // What is wrong with them is said to who uses them.
      filesPanel.refresh().catch(() => {});
      void choice.show();
    },
    gaveUp({ model }, why) {
      removeChoice();
      void choice.show();
      showError(`${model} did not start, so the smaller model is used again: ${why}.`);
    },
  },
);
const choice = new EditionChoice(model);
const desk = new Desk(model);
const passage = new Passage(desk, (text) => composer.insert(text));
const view: ChatView = {
  changed: showChat,
  grew: (message) => thread.grow(message),
  progress: (progress) => showProgress(progress.type === 'waiting' && isAsking() ? WAITING : progress),
  failed: showError,
  returned: (question) => composer.restore(question),
};
const chat = new Chat(model, database, view, writeWith(desk));
const thread = new Thread({
  edit: (message, text) => act(() => chat.edit(message, text)),
  answer: (question) => act(() => chat.answer(question)),
  show: (version) => act(() => chat.show(version)),
  open: (place) => void passage.open(place),
});
const files = new Files(database, { add: addFiles, done: showDone, failed: showError });
const filesPanel = new FilesPanel(desk, {
  open: (place) => void passage.open(place),
  take: (chosen) => files.take(chosen),
  done: showDone,
  failed: showError,
});
const sidebar = new Sidebar(database, { export: (id) => void files.export(id), failed: showError });

/** Does what the person asked for; what was said about something before is said no longer. */
function act(work: () => Promise<void>): void {
  clearMessage();
  work().catch(showError);
}

/** Who adds files wants to ask about them. */
async function addFiles(added: File[]): Promise<void> {
  if ((await filesPanel.add(added)) > 0 && composer.mode === 'chat') composer.mode = 'files';
}

function showChat(): void {
  thread.show(chat);
  composer.setAnswering(chat.isAnswering());
  welcome.classList.toggle('compact', chat.path.length > 0);
  document.title = chat.title === undefined ? TITLE : `${chat.title} · ${TITLE}`;
  sidebar.mark(chat.id, (id) => chat.isAnswering(id));
  // The address names the conversation, so that a reload and the browser's own buttons lead back to it.
  const address = chat.id ?? '';
  if (address !== location.hash.slice(1)) {
    const url = address === '' ? location.pathname + location.search : `#${address}`;
    if (location.hash === '') history.pushState(null, '', url);
    else history.replaceState(null, '', url);
  }
}

async function openAddress(): Promise<void> {
  const id = location.hash.slice(1);
  if (id !== '' && id === chat.id) return;
  clearMessage();
  clearProgress();
  if (!(await chat.open(id === '' ? undefined : id))) showError('This conversation is not on this device.');
  const last = chat.path.findLast(({ role }) => role === 'user');
  if (last) composer.mode = last.request?.type === 'task' ? 'task' : last.request ? 'files' : 'chat';
}

function newChat(): void {
  sidebar.close();
  history.pushState(null, '', location.pathname + location.search);
  act(openAddress);
  composer.focus();
}

for (const button of document.querySelectorAll('.new-chat')) button.addEventListener('click', newChat);
addEventListener('popstate', () => act(openAddress));

examples.addEventListener('click', ({ target }) => {
  if (target instanceof HTMLButtonElement) composer.submit(target.textContent ?? '');
});

database.onChange = (change, elsewhere) => {
  void sidebar.refresh();
  chat.take(change, elsewhere).catch(showError);
};

desk.onChange = () => filesPanel.refresh().catch(showError);
offerTable(desk, (text, request) => act(() => chat.send(text, request)));
offerRedaction(desk);
offerMemory(desk);

privacy.addEventListener('opened', () => void measureStorage(database, desk));
offerDeletion(database, desk);

listen({
  newChat: () => {
    newChat();
    announce('New chat');
  },
  search: () => sidebar.focusSearch(),
  toggleSidebar: () => sidebar.toggle(),
  focusMessage: () => composer.focus(),
  step: (by) => thread.step(by),
  escape: () => {
    if (chat.isAnswering()) chat.stop();
    else sidebar.close();
  },
});

act(openAddress);
