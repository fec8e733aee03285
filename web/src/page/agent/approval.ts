/** Steps that wait for a yes or no of the person. */

import { announce } from '../announce.js';
import type { StepPart } from '../conversation.js';
import { wish } from './words.js';

const waiting = new Map<StepPart, (yes: boolean) => void>();

/** Waits until the person has decided about the call, which nobody does once `signal` is aborted. */
export function approval(step: StepPart, signal: AbortSignal): Promise<boolean> {
  announce(`The agent asks: ${wish(step)}`);
  return new Promise((resolve) => {
    const decide = (yes: boolean): void => {
      waiting.delete(step);
      resolve(yes);
    };
    waiting.set(step, decide);
    signal.addEventListener('abort', () => decide(false), { once: true });
  });
}

/** What a decision about this step is told to, while one is waited for. */
export function decisionOf(step: StepPart): ((yes: boolean) => void) | undefined {
  return waiting.get(step);
}

/** Whether the person is asked for a decision, in this conversation or in another. */
export function isAsking(): boolean {
  return waiting.size > 0;
}
