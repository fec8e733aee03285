/**
 * Markdown as elements of the page. Elements are made one by one from the parser's tokens and text is only
 * ever set as text, so that nothing in an answer can become markup, a script or a request.
 */

import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { icon } from './dom.js';
import { copyButton } from './copy.js';

/** What a link of an answer may open. */
const PROTOCOLS = ['http:', 'https:', 'mailto:'];

/** A text that grows. Only what has changed since the last time is made anew. */
export class MarkdownView {
  readonly element = document.createElement('div');
  #text = '';
  #blocks: string[] = [];
  #definitions = 0;

  constructor() {
    this.element.className = 'text markdown';
  }

  show(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    const tokens = lex(text);
    // A definition gives a target to links that were written before it.
    const definitions = Object.keys(tokens.links).length;
    const blocks = tokens.filter(({ type }) => type !== 'space' && type !== 'def');
    const raw = blocks.map((block) => block.raw);
    let same = 0;
    if (definitions === this.#definitions) {
      while (same < raw.length && raw[same] === this.#blocks[same]) same++;
    }
    for (const old of [...this.element.children].slice(same)) old.remove();
    this.element.append(...blocks.slice(same).map(build));
    this.#blocks = raw;
    this.#definitions = definitions;
  }
}

/** What is nested deeper than the stack is shown as it was written. */
function lex(text: string) {
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text);
  } catch {
    return Object.assign([{ type: 'html', raw: text }] as Token[], { links: {} });
  }
}

function build(token: Token): HTMLElement {
  try {
    return block(token);
  } catch {
    return fill(document.createElement('p'), [token.raw]);
  }
}

function block(token: Token): HTMLElement {
  const known = token as MarkedToken;
  switch (known.type) {
    case 'heading':
      // The page has two levels of its own.
      return fill(document.createElement(`h${Math.min(known.depth + 2, 6)}`), inline(known.tokens));
    case 'code':
      return code(known);
    case 'blockquote':
      return fill(document.createElement('blockquote'), blocks(known.tokens));
    case 'list':
      return list(known);
    case 'table':
      return table(known);
    case 'hr':
      return document.createElement('hr');
    case 'paragraph':
    case 'text':
      return fill(document.createElement('p'), inline(known.tokens ?? [known]));
    default:
      return fill(document.createElement('p'), [token.raw.trimEnd()]);
  }
}

function blocks(tokens: Token[]): HTMLElement[] {
  return tokens.filter(({ type }) => type !== 'space' && type !== 'def').map(block);
}

function code({ text, lang }: Tokens.Code): HTMLElement {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const language = document.createElement('span');
  language.textContent = /^\S*/.exec(lang ?? '')?.[0] || 'text';
  caption.append(language, copyButton('Copy code', () => text));
  const pre = document.createElement('pre');
  // What scrolls sideways has to be reached by keyboard too.
  pre.tabIndex = 0;
  pre.append(fill(document.createElement('code'), [text]));
  figure.append(caption, pre);
  return figure;
}

function list({ ordered, start, items, loose }: Tokens.List): HTMLElement {
  const element = document.createElement(ordered ? 'ol' : 'ul');
  if (element instanceof HTMLOListElement && typeof start === 'number' && start !== 1) element.start = start;
  for (const { tokens, task, checked } of items) {
    const item = document.createElement('li');
    if (task) item.append(box(checked === true));
    for (const token of tokens) {
      if (token.type === 'space' || token.type === 'checkbox') continue;
      const flat = !loose && (token.type === 'text' || token.type === 'paragraph');
      if (flat) item.append(...inline((token as Tokens.Text).tokens ?? [token]));
      else item.append(block(token));
    }
    element.append(item, '\n');
  }
  return element;
}

function box(checked: boolean): HTMLElement {
  const box = document.createElement('span');
  box.className = 'task';
  box.role = 'img';
  box.ariaLabel = checked ? 'done' : 'to do';
  box.append(icon(checked ? 'checked' : 'unchecked'));
  return box;
}

function table({ header, rows, align }: Tokens.Table): HTMLElement {
  const row = (cells: Tokens.TableCell[], name: 'th' | 'td') =>
    fill(
      document.createElement('tr'),
      cells.map(({ tokens }, column) => {
        const cell = fill(document.createElement(name), inline(tokens));
        cell.style.textAlign = align[column] ?? '';
        return cell;
      }),
    );
  const frame = document.createElement('div');
  frame.className = 'table';
  frame.role = 'region';
  frame.ariaLabel = 'Table';
  frame.tabIndex = 0;
  frame.append(
    fill(document.createElement('table'), [
      fill(document.createElement('thead'), [row(header, 'th')]),
      fill(document.createElement('tbody'), rows.map((cells) => row(cells, 'td'))),
    ]),
  );
  return frame;
}

function inline(tokens: Token[]): (Node | string)[] {
  return tokens.flatMap((token): (Node | string)[] => {
    const known = token as MarkedToken;
    switch (known.type) {
      case 'strong':
      case 'em':
      case 'del':
        return [fill(document.createElement(known.type), inline(known.tokens))];
      case 'codespan':
        return [fill(document.createElement('code'), [known.text])];
      case 'br':
        // The line is also one for what reads the text alone.
        return [document.createElement('br'), '\n'];
      case 'link':
        return [link(known.href, inline(known.tokens))];
      case 'image':
        // An image would ask another host for itself.
        return [link(known.href, [known.text || known.href])];
      case 'text':
        return known.tokens ? inline(known.tokens) : [decode(known.text)];
      case 'escape':
        return [known.text];
      default:
        return [token.raw];
    }
  });
}

/** A link, or only its text where it leads to something that is not to be opened. */
function link(href: string, content: (Node | string)[]): HTMLElement {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url === undefined || !PROTOCOLS.includes(url.protocol)) return fill(document.createElement('span'), content);
  const element = fill(document.createElement('a'), content);
  element.href = url.href;
  element.target = '_blank';
  element.rel = 'noopener noreferrer';
  // The text may say another place than the one that opens.
  element.title = url.href;
  return element;
}

/** Replaces character references, such as `&copy;`: each is read by itself, in a document without life. */
function decode(text: string): string {
  return text.replace(
    /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][\da-zA-Z]{1,31});/g,
    (reference) => new DOMParser().parseFromString(reference, 'text/html').body.textContent ?? reference,
  );
}

function fill<T extends HTMLElement>(element: T, content: (Node | string)[]): T {
  element.append(...content);
  return element;
}
