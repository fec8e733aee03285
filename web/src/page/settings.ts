/** The settings form, as parameters of a request, and kept for the next visit. */

import type { BuiltInTool } from '../akio/agent/types.js';
import type { ChatCompletionParams, ChatMessage } from '../akio/index.js';
import { openDialog } from './dialogs.js';
import { byId } from './dom.js';
import { type Overflow, STORE } from './loading.js';

const form = byId('settings-form', HTMLFormElement);
const presets = byId('presets', HTMLFieldSetElement);
const switches = form.querySelectorAll<HTMLInputElement>('[name=tools]');
const reset = byId('settings-reset', HTMLButtonElement);

let toldOfTools = (): void => {};

const KEPT = `akio ${STORE} settings`;

/** Sampling that suits a purpose; by name as the form has it. */
const PRESETS: Record<string, Record<string, string>> = {
  exact: { temperature: '0', top_k: '40', top_p: '0.95', min_p: '0.05' },
  balanced: { temperature: '0.2', top_k: '40', top_p: '0.95', min_p: '0.05' },
  lively: { temperature: '0.8', top_k: '100', top_p: '0.95', min_p: '0.05' },
};

/** Whether every field holds a usable value; if not, the settings open and point at the field. */
export function settingsAreValid(): boolean {
  if (form.checkValidity()) return true;
  openDialog('settings');
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
    max_tokens: longest(),
    ...(seed !== '' && { seed: Number(seed) }),
  };
}

/** What happens when the context is full. */
export function overflow(): Overflow {
  return text('overflow') === 'stop' ? 'stop' : 'evict';
}

/** Most tokens of an answer. */
export function longest(): number {
  return Number(text('max_tokens'));
}

/** What the agent may use. */
export function tools(): BuiltInTool[] {
  return new FormData(form).getAll('tools') as BuiltInTool[];
}

/** Calls `tell` now and whenever the tools have changed. */
export function watchTools(tell: (count: number) => void): void {
  toldOfTools = () => tell(tools().length);
  toldOfTools();
}

/** Forgets the settings. */
export function removeSettings(): void {
  localStorage.removeItem(KEPT);
  form.reset();
  changed();
}

function text(name: string): string {
  return String(new FormData(form).get(name) ?? '');
}

function field(name: string): HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement | undefined {
  const found = form.elements.namedItem(name);
  return found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement || found instanceof HTMLSelectElement
    ? found
    : undefined;
}

function fill({ tools, ...values }: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    const target = field(name);
    if (target && typeof value === 'string') target.value = value;
  }
  if (Array.isArray(tools)) for (const box of switches) box.checked = tools.includes(box.value);
  changed();
}

function keep(): void {
  changed();
  if (!form.checkValidity()) return;
  try {
    localStorage.setItem(KEPT, JSON.stringify({ ...Object.fromEntries(new FormData(form)), tools: tools() }));
  } catch {
    // Where nothing can be kept they hold until the page is closed.
  }
}

function restore(kept: string | null): void {
  try {
    fill(JSON.parse(kept ?? '{}') as Record<string, unknown>);
  } catch {
    // What is damaged is not worth more than what is missing.
  }
  if (!form.checkValidity()) form.reset();
  changed();
}

function changed(): void {
  showPreset();
  toldOfTools();
}

/** Marks the preset that the fields agree with. */
function showPreset(): void {
  for (const radio of presets.querySelectorAll('input')) {
    const values = Object.entries(PRESETS[radio.value] ?? {});
    radio.checked = values.every(([name, value]) => Number(field(name)?.value || NaN) === Number(value));
  }
}

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', keep);
presets.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  fill(PRESETS[target.value] ?? {});
  keep();
});
reset.addEventListener('click', removeSettings);
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEPT) restore(newValue);
});

function stored(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

restore(stored());
