/** The way to a table: which files, and which values of each. */

import { reason } from '../../akio/errors.js';
import { byId, make } from '../dom.js';
import type { Request } from '../conversation.js';
import type { Desk } from './desk.js';
import { type Field, parseSchema, type Schema, schemaOf } from './schema.js';

const dialog = byId('table', HTMLDialogElement);
const form = byId('table-form', HTMLFormElement);
const files = byId('table-files', HTMLDivElement);
const none = byId('table-none', HTMLParagraphElement);
const rows = byId('fields', HTMLOListElement);
const template = byId('field-template', HTMLTemplateElement);
const add = byId('field-add', HTMLButtonElement);
const simple = byId('table-simple', HTMLDivElement);
const schema = byId('table-schema', HTMLTextAreaElement);
const failure = byId('table-error', HTMLParagraphElement);

/** Lets the person choose; `make` gets the request and what it is in words. */
export function offerTable(desk: Desk, make: (text: string, request: Request) => void): void {
  dialog.addEventListener('opened', () => {
    failure.hidden = true;
    if (rows.childElementCount === 0) addField();
    void showFiles(desk);
  });
  add.addEventListener('click', () => addField().querySelector('input')?.focus());
  rows.addEventListener('click', ({ target }) => {
    const button = (target as Element).closest('button');
    if (!button) return;
    button.closest('li')?.remove();
    if (rows.childElementCount === 0) addField();
    rows.querySelector('input')?.focus();
  });
  form.addEventListener('change', ({ target }) => {
    if ((target as HTMLInputElement).name !== 'by') return;
    const own = bySchema();
    if (own && schema.value === '') schema.value = JSON.stringify(schemaOf(fields()), null, 2);
    simple.hidden = own;
    schema.hidden = !own;
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    try {
      const request = read();
      const values = Object.keys(request.schema.properties).join(', ');
      dialog.close();
      make(`Make a table of ${values} from ${request.files.length === 1 ? request.files[0] : `${request.files.length} files`}.`, request);
    } catch (error) {
      failure.textContent = reason(error);
      failure.hidden = false;
    }
  });
}

function bySchema(): boolean {
  return new FormData(form).get('by') === 'schema';
}

function read(): Request & { type: 'table'; schema: Schema } {
  const chosen = Array.from(files.querySelectorAll<HTMLInputElement>(':checked'), ({ value }) => value);
  if (chosen.length === 0) throw new Error('Choose a file at least.');
  if (bySchema()) return { type: 'table', files: chosen, schema: parseSchema(schema.value) };
  const named = fields();
  if (named.length === 0) throw new Error('Name a value that you look for.');
  const twice = named.find(({ name }, i) => named.findIndex((other) => other.name === name) < i);
  if (twice) throw new Error(`“${twice.name}” is there twice.`);
  return { type: 'table', files: chosen, schema: schemaOf(named) };
}

/** The rows that have a name. */
function fields(): Field[] {
  const read = (row: Element, name: string): string =>
    row.querySelector<HTMLInputElement | HTMLSelectElement>(`[name=${name}]`)?.value.trim() ?? '';
  return Array.from(rows.children, (row) => ({
    name: read(row, 'name'),
    kind: read(row, 'kind'),
    description: read(row, 'description'),
  })).filter(({ name }) => name !== '');
}

function addField(): HTMLElement {
  rows.append(template.content.cloneNode(true));
  return rows.lastElementChild as HTMLElement;
}

async function showFiles(desk: Desk): Promise<void> {
  const unwanted = new Set(Array.from(files.querySelectorAll<HTMLInputElement>('input:not(:checked)'), ({ value }) => value));
  const all = await desk.files();
  none.hidden = all.length > 0;
  files.replaceChildren(
    ...all.map(({ path }) => {
      const box = make('input');
      box.type = 'checkbox';
      box.value = path;
      box.checked = !unwanted.has(path);
      return make('label', '', box, make('span', '', path));
    }),
  );
}
