/** The dialogs of the page: each has a button that opens it, and is closed by its own, Escape or a click beside it. */

import { byId } from './dom.js';

const question = byId('question', HTMLDialogElement);
const questionTitle = byId('question-title', HTMLHeadingElement);
const questionText = byId('question-text', HTMLParagraphElement);
const questionYes = byId('question-yes', HTMLButtonElement);

for (const dialog of document.querySelectorAll('dialog')) {
  dialog.addEventListener('click', ({ target }) => {
    const inside = target instanceof Element && target !== dialog;
    if (!inside || target.closest('[data-close]')) dialog.close();
  });
}

for (const button of document.querySelectorAll<HTMLButtonElement>('[data-opens]')) {
  button.addEventListener('click', () => {
    button.closest('dialog')?.close();
    openDialog(button.dataset['opens'] ?? '');
    const place = document.getElementById(button.dataset['focus'] ?? '');
    place?.scrollIntoView({ block: 'center' });
    place?.querySelector('input')?.focus({ preventScroll: true });
  });
}

/** Opens a dialog, which hears of it by the event `opened`. */
export function openDialog(id: string): void {
  const dialog = byId(id, HTMLDialogElement);
  if (document.querySelector('dialog[open]')) return;
  dialog.showModal();
  dialog.dispatchEvent(new Event('opened'));
}

/** Asks a question that `yes` answers; everything else is a no. */
export function confirmed(title: string, text: string, yes: string): Promise<boolean> {
  questionTitle.textContent = title;
  questionText.textContent = text;
  questionYes.textContent = yes;
  question.returnValue = '';
  question.showModal();
  return new Promise((resolve) =>
    question.addEventListener('close', () => resolve(question.returnValue === 'yes'), { once: true }),
  );
}

questionYes.addEventListener('click', (event) => {
  event.stopPropagation();
  question.close('yes');
});
