/** What stands in a line of Markdown: emphasis, code, links. The rules are CommonMark's, with GitHub's strikethrough and bare links. */

export type Inline =
  /** Text, with character references in it. */
  | string
  | { type: 'break' }
  | { type: 'code'; text: string }
  | { type: 'strong' | 'em' | 'del'; content: Inline[] }
  | { type: 'link'; href: string; content: Inline[] };

/** Targets of links that are defined elsewhere, by their names. */
export type Definitions = Map<string, string>;

/** A run of marks that may open or close emphasis. */
interface Run {
  type: 'run';
  mark: string;
  /** How many are left. */
  count: number;
  /** How many there were. */
  length: number;
  opens: boolean;
  closes: boolean;
}

/** A bracket that may begin a link. */
interface Bracket {
  node: number;
  /** Where the text behind it begins. */
  at: number;
  image: boolean;
}

type Node = Inline | Run;

const ESCAPABLE = /[!-/:-@[-`{-~]/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
/** Everything that is not plain text begins with one of these. */
const PLAIN = /[^\\`*_~[\]!<\nhw]+|[hw]/y;
const AUTOLINK = /<([a-z][a-z\d+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[a-z\d](?:[a-z\d.-]*[a-z\d])?)>/iy;
/** A tag is text like any other, but nothing in it is a mark. */
const TAG = /<\/?[a-z][\w-]*(?:\s[^<>]*)?>/iy;
const BARE = /(?:https?:\/\/|www\.)[^\s<]+/iy;
const TARGET = /\(\s*(?:<([^<>\n]*)>|([^\s()<]*(?:\([^\s()]*\)[^\s()]*)*))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/y;
const LABEL = /\[([^[\]]{0,999})\]/y;
/** Longest name of a definition. */
const MOST_LABEL = 999;

export function inline(text: string, definitions: Definitions): Inline[] {
  return new Line(text.trim(), definitions).parse();
}

/** The name of a definition without differences that do not count. */
export function nameOf(label: string): string {
  return label.trim().replace(/\s+/g, ' ').toLowerCase();
}

class Line {
  readonly #text: string;
  readonly #definitions: Definitions;
  readonly #nodes: Node[] = [];
  #brackets: Bracket[] = [];
  /** Lengths of backtick runs for which there is no other from here on. */
  readonly #lonely = new Set<number>();
  #at = 0;

  constructor(text: string, definitions: Definitions) {
    this.#text = text;
    this.#definitions = definitions;
  }

  parse(): Inline[] {
    while (this.#at < this.#text.length) this.#step();
    return emphasis(this.#nodes, 0);
  }

  #step(): void {
    const character = this.#text.charAt(this.#at);
    switch (character) {
      case '\\':
        return this.#escape();
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
        return this.#run(character);
      case '!':
      case '[':
        return this.#open(character === '!');
      case ']':
        return this.#close();
      case '\n':
        return this.#break();
      case '<':
        return this.#angle();
      case 'h':
      case 'w':
        if (this.#bare()) return;
        break;
    }
    this.#push(this.#match(PLAIN)?.[0] ?? character);
  }

  /** Adds text that was read. */
  #push(text: string): void {
    this.#at += text.length;
    this.#add(text);
  }

  #add(text: string): void {
    const last = this.#nodes.length - 1;
    const before = this.#nodes[last];
    // A bracket is a node of its own.
    if (typeof before === 'string' && this.#brackets.at(-1)?.node !== last) this.#nodes[last] = before + text;
    else this.#nodes.push(text);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }

  #escape(): void {
    const next = this.#text.charAt(this.#at + 1);
    if (next !== '\n' && !ESCAPABLE.test(next)) return this.#push('\\');
    this.#at += next === '\n' ? 1 : 2;
    if (next === '\n') this.#break();
    else this.#add(literal(next));
  }

  #code(): void {
    const length = run(this.#text, this.#at);
    const start = this.#at + length;
    for (let at = start; !this.#lonely.has(length); ) {
      at = this.#text.indexOf('`', at);
      if (at < 0) break;
      const other = run(this.#text, at);
      if (other === length) {
        const text = this.#text.slice(start, at).replaceAll('\n', ' ');
        this.#nodes.push({ type: 'code', text: /^ .* $/.test(text) && text.trim() !== '' ? text.slice(1, -1) : text });
        this.#at = at + length;
        return;
      }
      at += other;
    }
    this.#lonely.add(length);
    this.#push(this.#text.slice(this.#at, start));
  }

  #run(mark: string): void {
    const length = run(this.#text, this.#at);
    const before = [...this.#text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? ' ';
    const [after = ' '] = this.#text.slice(this.#at + length, this.#at + length + 2);
    if (mark === '~' && length > 2) return this.#push(mark.repeat(length));
    const left = !/\s/.test(after) && (!PUNCTUATION.test(after) || /\s/.test(before) || PUNCTUATION.test(before));
    const right = !/\s/.test(before) && (!PUNCTUATION.test(before) || /\s/.test(after) || PUNCTUATION.test(after));
    const inWord = mark === '_';
    this.#nodes.push({
      type: 'run',
      mark,
      count: length,
      length,
      opens: left && (!inWord || !right || PUNCTUATION.test(before)),
      closes: right && (!inWord || !left || PUNCTUATION.test(after)),
    });
    this.#at += length;
  }

  #break(): void {
    const last = this.#nodes.length - 1;
    const before = this.#nodes[last];
    if (typeof before === 'string') this.#nodes[last] = before.trimEnd();
    this.#at++;
    while (this.#text.charAt(this.#at) === ' ') this.#at++;
    this.#nodes.push({ type: 'break' });
  }

  #open(image: boolean): void {
    const text = image ? '![' : '[';
    if (!this.#text.startsWith(text, this.#at)) return this.#push('!');
    this.#brackets.push({ node: this.#nodes.length, at: this.#at + text.length, image });
    this.#nodes.push(text);
    this.#at += text.length;
  }

  #close(): void {
    const bracket = this.#brackets.pop();
    const end = this.#at++;
    const href = bracket && this.#target(bracket.at, end);
    if (bracket === undefined || href === undefined) {
      this.#at = end + 1;
      return this.#add(']');
    }
    const content = emphasis(this.#nodes.splice(bracket.node), 1);
    // An image would ask another host for itself: its description is the text of a link.
    this.#nodes.push({ type: 'link', href, content: content.length > 0 ? content : [literal(href)] });
    // A link has no link in it.
    if (!bracket.image) this.#brackets = this.#brackets.filter(({ image }) => image);
  }

  /** Where the link leads whose text is from `start` to `end`, if it is one; what says so is read. */
  #target(start: number, end: number): string | undefined {
    const [whole, angled, plain] = this.#match(TARGET) ?? [];
    if (whole !== undefined) {
      this.#at += whole.length;
      return unescape(angled ?? plain ?? '');
    }
    const label = this.#match(LABEL);
    const name = label?.[1]?.trim() || (end - start <= MOST_LABEL ? this.#text.slice(start, end) : '');
    const href = this.#definitions.get(nameOf(name));
    if (href !== undefined && label) this.#at += label[0].length;
    return href;
  }

  #angle(): void {
    const [whole, target] = this.#match(AUTOLINK) ?? [];
    if (whole === undefined || target === undefined) {
      const text = this.#match(TAG)?.[0] ?? '<';
      this.#at += text.length;
      return this.#add(literal(text));
    }
    this.#at += whole.length;
    this.#nodes.push({ type: 'link', href: /^[a-z][a-z\d+.-]*:/i.test(target) ? target : `mailto:${target}`, content: [literal(target)] });
  }

  /** A link without any marks around it. */
  #bare(): boolean {
    const before = this.#text.charAt(this.#at - 1);
    const found = this.#match(BARE)?.[0];
    if (found === undefined || /[\p{L}\p{N}_/:]/u.test(before)) return false;
    let url = found.replace(/[?!.,:*_~'"]+$/, '');
    // A bracket at the end belongs to it only if it was opened in it.
    while (url.endsWith(')') && url.split(')').length > url.split('(').length) url = url.slice(0, -1).replace(/[?!.,:*_~'"]+$/, '');
    this.#at += url.length;
    this.#nodes.push({ type: 'link', href: /^www/i.test(url) ? `http://${url}` : url, content: [literal(url)] });
    return true;
  }
}

/** The same nodes from `start` on, with what is between two runs inside of emphasis. */
function emphasis(nodes: Node[], start: number): Inline[] {
  const done: Node[] = [];
  /** Where in `done` runs that may open something are. */
  const openers: number[] = [];
  for (const node of nodes.slice(start)) {
    if (!isRun(node)) {
      done.push(node);
      continue;
    }
    while (node.closes && node.count > 0) {
      const found = openers.findLastIndex((at) => fits(done[at] as Run, node));
      const at = openers[found];
      if (at === undefined) break;
      const opener = done[at] as Run;
      const used = node.mark === '~' ? node.count : Math.min(2, opener.count, node.count);
      const content = emphasis(done.splice(at + 1), 0);
      const type = node.mark === '~' ? 'del' : used === 2 ? 'strong' : 'em';
      opener.count -= used;
      node.count -= used;
      openers.length = opener.count > 0 ? found + 1 : found;
      if (opener.count === 0) done.pop();
      done.push({ type, content });
    }
    if (node.count === 0) continue;
    if (node.opens) openers.push(done.length);
    done.push(node);
  }
  return done.map((node) => (isRun(node) ? node.mark.repeat(node.count) : node));
}

function fits(opener: Run, closer: Run): boolean {
  if (opener.mark !== closer.mark) return false;
  if (opener.mark === '~') return opener.count === closer.count;
  const both = opener.closes || closer.opens;
  return !(both && (opener.length + closer.length) % 3 === 0 && (opener.length % 3 !== 0 || closer.length % 3 !== 0));
}

function isRun(node: Node): node is Run {
  return typeof node === 'object' && node.type === 'run';
}

/** How many of the same character stand at a place. */
function run(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end++;
  return end - at;
}

/** Text in which nothing is a character reference. */
function literal(text: string): string {
  return text.replaceAll('&', '&amp;');
}

function unescape(text: string): string {
  return text.replace(/\\([!-/:-@[-`{-~])/g, '$1');
}
