/** What the agent was asked to remember. */

import { reason } from '../../akio/errors.js';
import { announce } from '../announce.js';
import { byId, iconButton, make } from '../dom.js';
import { tools } from '../settings.js';
import type { Desk } from './desk.js';

const dialog = byId('memory', HTMLDialogElement);
const list = byId('memory-list', HTMLUListElement);
const none = byId('memory-none', HTMLParagraphElement);
const off = byId('memory-off', HTMLParagraphElement);
const form = byId('memory-form', HTMLFormElement);
const field = byId('memory-fact', HTMLInputElement);
const failure = byId('memory-error', HTMLParagraphElement);

export function offerMemory(desk: Desk): void {
  const show = async (): Promise<void> => {
    const facts = await desk.facts();
    none.hidden = facts.length > 0;
    off.hidden = ['recall', 'remember'].some((tool) => tools().includes(tool as 'recall'));
    list.replaceChildren(
      ...facts.map(({ id, time, text }) => {
        const day = make('time', '', new Intl.DateTimeFormat('en', { dateStyle: 'medium' }).format(new Date(time)));
        day.dateTime = time;
        const remove = iconButton('bin', `Forget: ${text}`, () =>
          change(async () => {
            await desk.use((agent) => agent.memory.delete(id));
            announce('Forgotten');
            field.focus();
          }),
        );
        return make('li', '', make('span', '', text), day, remove);
      }),
    );
  };
  const change = async (work: () => Promise<void>): Promise<void> => {
    failure.hidden = true;
    try {
      await work();
      await show();
    } catch (error) {
      failure.textContent = reason(error);
      failure.hidden = false;
    }
  };
  dialog.addEventListener('opened', () => change(async () => {}));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text === '') return;
    void change(async () => {
      await desk.use((agent) => agent.memory.add(text));
      field.value = '';
      announce('Remembered');
    });
  });
}
