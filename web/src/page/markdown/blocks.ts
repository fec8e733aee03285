/** The blocks of a Markdown text: paragraphs, headings, lists, code, quotes, tables. The rules are CommonMark's, with GitHub's tables and tasks. */

import { type Definitions, nameOf } from './inline.js';

export type Block =
  | { type: 'paragraph'; text: string }
  | { type: 'heading'; depth: number; text: string }
  | { type: 'code'; text: string; language: string }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; start: number | undefined; loose: boolean; items: Item[] }
  | { type: 'table'; header: string[]; rows: string[][]; align: string[] }
  | { type: 'rule' };

export interface Item {
  blocks: Block[];
  /** Of a task, whether it is done. */
  checked: boolean | undefined;
}

/** A block with the lines that it was made of. */
export interface Source {
  block: Block;
  raw: string;
}

/** What is nested deeper is shown as it was written. */
const DEEPEST = 16;

const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*(\S*)/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const QUOTE = /^ {0,3}>/;
const MARKER = /^( {0,3})([-*+]|(\d{1,9})([.)]))(?=[ \t]|$)/;
const UNDERLINE = /^ {0,3}(=+|-+)[ \t]*$/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const INDENTED = /^(?: {4}| {0,3}\t)/;
const DEFINITION = /^ {0,3}\[((?:[^[\]\\]|\\.){1,999})\]:[ \t]*(?:<([^<>]*)>|(\S+))(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/;

/** The blocks of a text. What links are named is put into `definitions`. */
export function blocks(text: string, definitions: Definitions): Source[] {
  return parse(text.replace(/\r\n?/g, '\n').split('\n'), definitions, 0);
}

function parse(lines: string[], definitions: Definitions, depth: number): Source[] {
  const found: Source[] = [];
  for (let at = 0; at < lines.length; ) {
    if (isBlank(lines[at])) {
      at++;
      continue;
    }
    const [block, end] = next(lines, at, definitions, depth);
    if (block) found.push({ block, raw: lines.slice(at, end).join('\n') });
    at = end;
  }
  return found;
}

/** The block that begins with a line, and the line behind it. */
function next(lines: string[], at: number, definitions: Definitions, depth: number): [block: Block | undefined, end: number] {
  const line = lines[at] ?? '';
  if (depth > DEEPEST) return [{ type: 'paragraph', text: lines.slice(at).join('\n') }, lines.length];
  if (INDENTED.test(line)) return indented(lines, at);
  if (FENCE.test(line)) return fenced(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [{ type: 'heading', depth: heading[1]?.length ?? 1, text: heading[2] ?? '' }, at + 1];
  if (RULE.test(line)) return [{ type: 'rule' }, at + 1];
  if (QUOTE.test(line)) return quote(lines, at, definitions, depth);
  if (MARKER.test(line)) return list(lines, at, definitions, depth);
  if (isTable(lines, at)) return table(lines, at);
  const [, label, angled, plain] = DEFINITION.exec(line) ?? [];
  if (label !== undefined) {
    const name = nameOf(label);
    if (!definitions.has(name)) definitions.set(name, angled ?? plain ?? '');
    return [undefined, at + 1];
  }
  return paragraph(lines, at);
}

function indented(lines: string[], at: number): [Block, number] {
  let end = at;
  for (let i = at; i < lines.length && (isBlank(lines[i]) || INDENTED.test(lines[i] ?? '')); i++) {
    if (!isBlank(lines[i])) end = i + 1;
  }
  const text = lines.slice(at, end).map((line) => outdent(line, 4)).join('\n');
  return [{ type: 'code', text, language: '' }, end];
}

function fenced(lines: string[], at: number): [Block, number] {
  const [, space = '', fence = '', language = ''] = FENCE.exec(lines[at] ?? '') ?? [];
  const closing = new RegExp(`^ {0,3}${fence[0]}{${fence.length},}[ \\t]*$`);
  const end = lines.findIndex((line, i) => i > at && closing.test(line));
  const last = end < 0 ? lines.length : end;
  const text = lines.slice(at + 1, last).map((line) => outdent(line, space.length)).join('\n');
  return [{ type: 'code', text, language }, last + 1];
}

function quote(lines: string[], at: number, definitions: Definitions, depth: number): [Block, number] {
  let end = at + 1;
  // A line that only goes on with a paragraph needs no mark.
  while (end < lines.length && (QUOTE.test(lines[end] ?? '') || goesOn(lines, end))) end++;
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}>[ \t]?/, ''));
  return [{ type: 'quote', blocks: parse(inner, definitions, depth + 1).map(({ block }) => block) }, end];
}

function list(lines: string[], at: number, definitions: Definitions, depth: number): [Block, number] {
  const [, , sign = '', number, delimiter] = MARKER.exec(lines[at] ?? '') ?? [];
  const items: Item[] = [];
  let loose = false;
  let gap = false;
  while (at < lines.length) {
    const [marker, , own, , ownDelimiter] = MARKER.exec(lines[at] ?? '') ?? [];
    if (marker === undefined || (delimiter ?? sign) !== (ownDelimiter ?? own) || RULE.test(lines[at] ?? '')) break;
    loose ||= gap;
    const first = (lines[at] ?? '').slice(marker.length);
    const spaces = /^[ \t]*/.exec(first)?.[0].length ?? 0;
    const width = marker.length + (spaces > 4 || spaces === first.length ? 1 : spaces);
    const inner = [first.slice(width - marker.length)];
    let end = at + 1;
    for (; end < lines.length; end++) {
      const line = lines[end] ?? '';
      if (isBlank(line)) inner.push('');
      else if (indentOf(line) >= width) inner.push(outdent(line, width));
      else if (!isBlank(lines[end - 1]) && goesOn(lines, end)) inner.push(line);
      else break;
    }
    gap = isBlank(lines[end - 1]);
    while (inner.length > 1 && isBlank(inner.at(-1))) inner.pop();
    const [task, mark] = /^\[([ xX])\](?=[ \t])[ \t]+/.exec(inner[0] ?? '') ?? [];
    if (task !== undefined) inner[0] = inner[0]?.slice(task.length) ?? '';
    const sources = parse(inner, definitions, depth + 1);
    // Blank lines inside of code or of a list below do not count.
    loose ||= sources.slice(1).some(({ raw }, i) => !inner.join('\n').includes(`${sources[i]?.raw}\n${raw}`));
    items.push({ blocks: sources.map(({ block }) => block), checked: task === undefined ? undefined : mark !== ' ' });
    at = end;
  }
  return [{ type: 'list', start: number === undefined ? undefined : Number(number), loose, items }, at];
}

function isTable(lines: string[], at: number): boolean {
  const [header = '', delimiters = ''] = lines.slice(at, at + 2);
  return header.includes('|') && delimiters.includes('|') && DELIMITERS.test(delimiters) && cells(header).length === cells(delimiters).length;
}

function table(lines: string[], at: number): [Block, number] {
  const header = cells(lines[at] ?? '');
  const align = cells(lines[at + 1] ?? '').map((cell) => {
    if (cell.endsWith(':')) return cell.startsWith(':') ? 'center' : 'right';
    return cell.startsWith(':') ? 'left' : '';
  });
  let end = at + 2;
  while (end < lines.length && !isBlank(lines[end]) && !begins(lines, end)) end++;
  const rows = lines.slice(at + 2, end).map((line) => {
    const row = cells(line);
    return header.map((_, column) => row[column] ?? '');
  });
  return [{ type: 'table', header, rows, align }, end];
}

/** The cells of a row: what is between bars that are not escaped. */
function cells(line: string): string[] {
  const inner = line.trim().replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

function paragraph(lines: string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end])) {
    const underline = UNDERLINE.exec(lines[end] ?? '')?.[1];
    if (underline !== undefined) {
      return [{ type: 'heading', depth: underline.startsWith('=') ? 1 : 2, text: textOf(lines, at, end) }, end + 1];
    }
    if (begins(lines, end)) break;
    end++;
  }
  return [{ type: 'paragraph', text: textOf(lines, at, end) }, end];
}

function textOf(lines: string[], start: number, end: number): string {
  return lines.slice(start, end).map((line) => line.trimStart()).join('\n');
}

/** Whether a line begins a block even where a paragraph could go on. */
function begins(lines: string[], at: number): boolean {
  const line = lines[at] ?? '';
  const [, , , number] = MARKER.exec(line) ?? [];
  const isItem = MARKER.test(line) && (number === undefined || number === '1') && !/^ *\S+[ \t]*$/.test(line);
  return isItem || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || isTable(lines, at);
}

/** Whether a line can only be more of the paragraph before it. */
function goesOn(lines: string[], at: number): boolean {
  return !isBlank(lines[at]) && !isBlank(lines[at - 1]) && !begins(lines, at) && !MARKER.test(lines[at] ?? '') && !INDENTED.test(lines[at] ?? '') && !/^[ >]*(?:`{3}|~{3})/.test(lines[at - 1] ?? '');
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}

function indentOf(line: string): number {
  return /^[ \t]*/.exec(line)?.[0].replaceAll('\t', '    ').length ?? 0;
}

/** A line without so many spaces at its beginning. */
function outdent(line: string, spaces: number): string {
  const own = /^[ \t]*/.exec(line)?.[0].replaceAll('\t', '    ') ?? '';
  return own.slice(Math.min(spaces, own.length)) + line.trimStart();
}
