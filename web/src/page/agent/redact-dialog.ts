/** Masks for what is personal in a text of the person's, or in one of the files. */

import { reason } from '../../akio/errors.js';
import { copyButton } from '../copy.js';
import { byId, make, save, textButton } from '../dom.js';
import { decode } from './passage.js';
import type { Desk } from './desk.js';

const dialog = byId('redact', HTMLDialogElement);
const source = byId('redact-source', HTMLSelectElement);
const field = byId('redact-text', HTMLTextAreaElement);
const result = byId('redact-result', HTMLPreElement);
const summary = byId('redact-summary', HTMLOutputElement);
const tools = byId('redact-tools', HTMLDivElement);

/** How long a person rests before what was typed is read, in milliseconds. */
const REST = 250;

export function offerRedaction(desk: Desk): void {
  let masked = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn = 0;
  const redact = async (): Promise<void> => {
    const now = ++turn;
    try {
      const text = field.value;
      const redaction = await desk.use((agent) => agent.redact(text));
      if (now !== turn) return;
      masked = redaction.text;
      const content: (Node | string)[] = [];
      let at = 0;
      for (const { kind, start, end } of redaction.spans) {
        content.push(text.slice(at, start), make('mark', '', `[${kind.toUpperCase()}]`));
        at = end;
      }
      result.replaceChildren(...content, text.slice(at));
      const count = redaction.spans.length;
      summary.value = text === '' ? '' : `${count} ${count === 1 ? 'place' : 'places'} masked. Rules overlook things: read it before you pass it on.`;
      result.hidden = tools.hidden = text === '';
    } catch (error) {
      summary.value = reason(error);
    }
  };
  tools.append(
    copyButton('Copy the masked text', () => masked),
    textButton('Save as a file', () => save(source.value === '' ? 'masked.txt' : `masked-${source.value.replace(/^.*\//, '')}`, masked, 'text/plain'), 'import'),
  );
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void redact(), REST);
  });
  source.addEventListener('change', async () => {
    field.value = source.value === '' ? '' : decode(await desk.read(source.value));
    await redact();
  });
  dialog.addEventListener('opened', async () => {
    const files = await desk.files();
    const [own] = source.options;
    source.replaceChildren(...(own ? [own] : []), ...files.map(({ path }) => new Option(path)));
  });
}
