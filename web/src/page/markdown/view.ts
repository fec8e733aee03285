/**
 * Markdown as elements of the page. Elements are made one by one from what was parsed and text is only
 * ever set as text, so that nothing in an answer can become markup, a script or a request.
 */

import { copyButton } from '../copy.js';
import { icon } from '../dom.js';
import { type Block, blocks, type Item } from './blocks.js';
import { type Definitions, inline, type Inline } from './inline.js';

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
    const definitions: Definitions = new Map();
    const parsed = blocks(text, definitions);
    let same = 0;
    // A definition gives a target to links that were written before it.
    if (definitions.size === this.#definitions) {
      while (same < parsed.length && parsed[same]?.raw === this.#blocks[same]) same++;
    }
    const draw = new Drawing(definitions);
    for (const old of [...this.element.children].slice(same)) old.remove();
    this.element.append(...parsed.slice(same).map(({ block }) => draw.block(block)));
    this.#blocks = parsed.map(({ raw }) => raw);
    this.#definitions = definitions.size;
  }
}

/** Makes the elements of one text. */
class Drawing {
  readonly #definitions: Definitions;

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  block(block: Block): HTMLElement {
    switch (block.type) {
      case 'heading':
        // The page has two levels of its own.
        return fill(document.createElement(`h${Math.min(block.depth + 2, 6)}`), this.#line(block.text));
      case 'code':
        return code(block);
      case 'quote':
        return fill(document.createElement('blockquote'), block.blocks.map((inner) => this.block(inner)));
      case 'list':
        return this.#list(block);
      case 'table':
        return this.#table(block);
      case 'rule':
        return document.createElement('hr');
      case 'paragraph':
        return fill(document.createElement('p'), this.#line(block.text));
    }
  }

  #line(text: string): (Node | string)[] {
    return inline(text, this.#definitions).flatMap(draw);
  }

  #list({ start, loose, items }: Block & { type: 'list' }): HTMLElement {
    const element = document.createElement(start === undefined ? 'ul' : 'ol');
    if (element instanceof HTMLOListElement && start !== undefined && start !== 1) element.start = start;
    for (const item of items) element.append(this.#item(item, loose), '\n');
    return element;
  }

  #item({ blocks, checked }: Item, loose: boolean): HTMLElement {
    const element = document.createElement('li');
    for (const block of blocks) {
      if (!loose && block.type === 'paragraph') element.append(...this.#line(block.text));
      else element.append(this.block(block));
    }
    const [first] = element.children;
    const line = loose && first instanceof HTMLParagraphElement ? first : element;
    if (checked !== undefined) line.prepend(box(checked));
    return element;
  }

  #table({ header, rows, align }: Block & { type: 'table' }): HTMLElement {
    const row = (cells: string[], name: 'th' | 'td') =>
      fill(
        document.createElement('tr'),
        cells.map((text, column) => {
          const cell = fill(document.createElement(name), this.#line(text));
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
}

function code({ text, language: name }: Block & { type: 'code' }): HTMLElement {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const language = document.createElement('span');
  language.textContent = name || 'text';
  caption.append(language, copyButton('Copy code', () => text));
  const pre = document.createElement('pre');
  // What scrolls sideways has to be reached by keyboard too.
  pre.tabIndex = 0;
  pre.append(fill(document.createElement('code'), [text]));
  figure.append(caption, pre);
  return figure;
}

function box(checked: boolean): HTMLElement {
  const box = document.createElement('span');
  box.className = 'task';
  box.role = 'img';
  box.ariaLabel = checked ? 'done' : 'to do';
  box.append(icon(checked ? 'checked' : 'unchecked'));
  return box;
}

function draw(node: Inline): (Node | string)[] {
  if (typeof node === 'string') return [decode(node)];
  switch (node.type) {
    case 'strong':
    case 'em':
    case 'del':
      return [fill(document.createElement(node.type), node.content.flatMap(draw))];
    case 'code':
      return [fill(document.createElement('code'), [node.text])];
    case 'break':
      // The line is also one for what reads the text alone.
      return [document.createElement('br'), '\n'];
    case 'link':
      return [link(node.href, node.content.flatMap(draw))];
  }
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
