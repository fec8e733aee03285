/** A call of a tool: what was done, with what, and what came of it; before that, the question whether it may be. */

import type { StepPart } from '../conversation.js';
import { icon, make, textButton } from '../dom.js';
import { decisionOf } from './approval.js';
import type { OpenPlace } from './citations-view.js';
import { deed, details, wish } from './words.js';

/** Tools after which there is a file to be opened. */
const WRITERS = ['edit_file', 'write_file'];

export class StepView {
  readonly element = make('div', 'step');
  readonly #open: OpenPlace;
  #shown = '';

  constructor(open: OpenPlace) {
    this.#open = open;
  }

  show(step: StepPart): void {
    const decide = decisionOf(step);
    const shown = JSON.stringify([step, decide !== undefined]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    if (decide) return this.#ask(step, decide);
    const hadFocus = this.element.contains(document.activeElement);
    const { path } = step.arguments;
    const wrote = WRITERS.includes(step.tool) && step.failed === false && typeof path === 'string';
    this.element.replaceChildren(
      done(step),
      ...(wrote ? [textButton(`Open ${path}`, () => this.#open({ file: path }), 'file')] : []),
    );
    if (hadFocus) this.element.querySelector<HTMLElement>('summary')?.focus();
  }

  #ask(step: StepPart, decide: (yes: boolean) => void): void {
    const question = make('p', 'question', wish(step));
    const yes = textButton('Yes', () => decide(true));
    const no = textButton('No', () => decide(false));
    yes.className = 'primary';
    const card = make('div', 'approval', question, list(step), make('div', 'row', yes, no));
    card.role = 'group';
    card.ariaLabel = wish(step);
    card.tabIndex = -1;
    this.element.replaceChildren(card);
    requestAnimationFrame(() => {
      const { activeElement } = document;
      const isWriting = activeElement instanceof HTMLTextAreaElement && activeElement.value !== '';
      // Not onto a button that Enter would press.
      if (!isWriting) card.focus();
    });
  }
}

function done(step: StepPart): HTMLElement {
  const { decision, failed, result, milliseconds } = step;
  const state = decision === undefined ? 'open' : failed ? 'failed' : 'done';
  const remark = { open: 'not done', failed: decision === 'denied' ? 'refused' : 'failed', done: '' }[state];
  const time = milliseconds === undefined || decision === 'denied' ? '' : duration(milliseconds);
  const summary = make(
    'summary',
    '',
    icon(state === 'done' ? 'check' : state === 'failed' ? 'cross' : 'more'),
    make('span', 'deed', deed(step, state === 'done')),
    make('small', '', [remark, time].filter((text) => text !== '').join(' · ')),
  );
  const details = make('details', '', summary, list(step));
  details.dataset['state'] = state;
  if (result !== undefined) {
    const text = make('pre', '', result);
    text.tabIndex = 0;
    text.ariaLabel = 'Result';
    text.role = 'group';
    details.append(text);
  }
  return details;
}

function list(step: StepPart): HTMLElement {
  return make(
    'dl',
    '',
    ...details(step).flatMap(([name, value]) => [make('dt', '', name), make('dd', '', value)]),
  );
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
