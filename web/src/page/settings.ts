/** The settings form, as parameters of a request. */

import type { ChatCompletionParams, ChatMessage } from '../akio/index.js';
import { byId } from './dom.js';

const details = byId('settings', HTMLDetailsElement);
const form = byId('settings-form', HTMLFormElement);

/** Whether every field holds a usable value; if not, the form opens and points at the field. */
export function settingsAreValid(): boolean {
  if (form.checkValidity()) return true;
  details.open = true;
  return form.reportValidity();
}

/** The system prompt as the start of a conversation: empty for the model's own. */
export function systemMessages(): ChatMessage[] {
  const content = text('system').trim();
  return content === '' ? [] : [{ role: 'system', content }];
}

/** Sampling as the person set it; without a seed every answer is drawn anew. */
export function sampling(): Omit<ChatCompletionParams, 'messages'> {
  const seed = text('seed');
  return {
    temperature: Number(text('temperature')),
    top_k: Number(text('top_k')),
    top_p: Number(text('top_p')),
    min_p: Number(text('min_p')),
    max_tokens: Number(text('max_tokens')),
    ...(seed !== '' && { seed: Number(seed) }),
  };
}

function text(name: string): string {
  return String(new FormData(form).get(name) ?? '');
}
