/** A table of values as a file. */

import type { TablePart } from '../conversation.js';
import { own } from '../shape.js';

/** CSV as RFC 4180 has it. */
export function toCsv({ columns, rows }: TablePart): string {
  const lines = rows.map((row) => [
    row.file,
    ...('error' in row ? [] : columns.map((column) => textOfValue(own(row.values, column)))),
  ]);
  return [['file', ...columns], ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

export function toJson({ rows }: TablePart): string {
  const objects = rows.map((row) => ('error' in row ? row : { file: row.file, values: row.values }));
  return `${JSON.stringify(objects, null, 2)}\n`;
}

/** A value of JSON as people write it. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOfValue).join('; ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function cell(text: string): string {
  // A spreadsheet would compute what begins like this, and it comes out of somebody's document.
  const inert = /^[=+@\t\r]|^-(?![\d.,]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
