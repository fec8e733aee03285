// The page's reader of Markdown beside `marked`: the same HTML for what answers look like, and for much that they do not.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Marked } from 'marked';
import { createServer } from 'vite';

const marked = new Marked({ gfm: true, breaks: true });

let server, blocks, inline;
before(async () => {
  server = await createServer({ root: join(import.meta.dirname, '..'), configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
  ({ blocks } = await server.ssrLoadModule('/src/page/markdown/blocks.ts'));
  ({ inline } = await server.ssrLoadModule('/src/page/markdown/inline.ts'));
});
after(() => server.close());

const SAME = {
  paragraphs: ['One.', 'One\ntwo', 'One  \ntwo\n\nthree', '\n\n  indented a little\n', 'a\r\nb\r\n\r\nc', 'Ends with a backslash\\\nhere'],
  headings: ['# One', '## Two ##', '### Three\ntext', '#not', '####### seven', 'Title\n=====\n\ntext', 'Title\n---\ntext', '#', '## A *b* `c`'],
  rules: ['a\n\n---\n\nb', '***', '- - -', '___\ntext'],
  emphasis: [
    '*a* **b** ***c*** _d_ __e__ ~~f~~ ~g~', 'a*b*c a_b_c', '**bold *inside* it**', '*it **inside** it*', '** not**', 'a * b * c', '2 * 3 * 4 = 24', 'snake_case_name and __init__',
    '**Note:** this', '**"quoted"** text', '*a*b', '**a**b', '**unclosed', '*a **b* c**', '***a** b*', '***a* b**', '****a****', '**a\nb**', 'Is *this*? Yes, **that**!', '~~a *b* c~~', '~~~a', '1*2*3', '"*a*"', '(**b**)', '**中文**字', '*a `*` b*',
  ],
  code: ['`a`', '`` a`b ``', '` a `', '`a', '``', 'x `a *b* c` y', '`a\nb`', '`<b>`', '`\\`', '```js\nlet a = 1;\n```', '```\na\n\n\nb\n```\nafter', '~~~\n```\n~~~', '````md\n```\nx\n```\n````', '```\nunclosed\n', '    indented\n    code', 'text\n```\ncode\n```', '  ```\n  a\n    b\n  ```', '```python title="x"\n1\n```', '- a\n\n      code'],
  lists: [
    '- a\n- b', '* a\n* b', '+ a', '1. a\n2. b', '3. a\n4. b', '1) a\n2) b', '- a\n\n- b', '- a\n- b\n\n- c', '- a\n  - b\n    - c\n- d', '1. a\n   - b\n   - c\n2. d', '- a\n\n  b\n- c', '- a\n  b\n  c', '- a\nlazy',
    'text\n- a\n- b', 'text\n1. a\n2. b', 'text\n2. not', '- a\n* b', '1. a\n\n   ```js\n   x\n   ```\n2. b', '- [ ] todo\n- [x] done', '- [ ]\n- [x]no', '-', '- \n- b', '- a\n\n\n- b', '- a\n\ntext', '1. **A**: b\n2. **C**: d', '* **A**\n    * b\n    * c\n* d', '- > quote\n- # head', '10. a\n11. b', '- a\n-b', '1. a\n1. b\n1. c', '- a\n  1. b\n  2. c\n- d\n\nend', '- a\n\n  - b\n\n- c', '-  two spaces\n-  here', '- ---\n- x',
  ],
  quotes: ['> a', '> a\n> b', '> a\nlazy', '> a\n\n> b', '> > a', '> - a\n> - b', '> ```\n> x\n> ```', '>a', '> # h\n> text', 'text\n> quote\n\nafter', '> a\n\nb'],
  tables: [
    '| a | b |\n|---|---|\n| 1 | 2 |', 'a | b\n--- | ---\n1 | 2', '| a | b |\n|:--|--:|\n| 1 | 2 |\n| 3 |', '| a |\n|---|\n| *x* |', '| a | b |\n|---|---|\n| `x` | **y** |\n\nafter', '| a \\| b | c |\n|---|---|\n| 1 | 2 |', 'text\n\n| a | b |\n|:-:|---|\n| 1 | 2 | 3 |', '| a | b |\n| 1 | 2 |', '| a | b |\n|---|\n', '| a | b |\n|---|---|\n| 1 | 2 |\n> q', '| a | b |\n|---|---|\n| | x |',
  ],
  links: [
    '[a](https://e.com)', '[a](https://e.com "t")', '[a *b*](https://e.com)', '[a](<https://e.com/x y>)', '[a](https://e.com/(x))', '[a]', '[a](', '[a] (b)', '<https://e.com>', '<a@e.com>', 'https://e.com/a?b=c', 'see https://e.com.', '(https://e.com)', 'https://e.com/a_b_c', 'www.e.com', '**https://e.com**', '[a][b]\n\n[b]: https://e.com', '[a][]\n\n[a]: <https://e.com> "t"', '[a]\n\n[A]: https://e.com', '[[a](https://e.com)](https://f.com)', '[a [b] c](https://e.com)', 'a [b](c) d [e](f)', '[a](x)(y)', '[1] and [2]', 'array[0](x)', '[a`](b)`', '[a](javascript:x)',
  ],
  escapes: ['\\*a\\*', '\\# a', '\\[a\\](b)', '\\\\', 'a\\b', '&copy; &amp; &x;', '\\&copy;', '1\\. a', '5 < 6 > 4', 'a & b'],
  answers: [
    'The capital of France is **Paris**.\n\nSome facts:\n\n1. **Population**: about 2 million\n2. **River**: the Seine\n   - *left bank*\n   - *right bank*\n\nAnything else?',
    'Here is the code:\n\n```python\ndef add(a, b):\n    """Add."""\n    return a + b\n```\n\nIt adds `a` and `b`.\n\n| a | b | sum |\n|--:|--:|----:|\n| 1 | 2 | 3 |\n\n> Note: *no overflow*.',
    '### Steps\n\n- First, `npm install`\n- Then:\n  ```sh\n  npm test\n  ```\n- Done!\n\n---\n\nSee [the docs](https://example.com/docs?q=1&r=2).',
    'Zutaten:\n\n* 2 Eier\n* 1/2 Tasse Milch\n\nZubereitung:\n\n1. Eier schlagen\n\n2. Milch dazu\n\n3. Backen',
  ],
};

for (const [name, texts] of Object.entries(SAME)) {
  test(`${name} as marked reads them`, () => {
    const other = texts.flatMap((text) => {
      const [own, theirs] = [html(text), normal(marked.parse(text))];
      return own === theirs ? [] : [`${JSON.stringify(text)}\n  here    ${own}\n  marked  ${theirs}`];
    });
    assert.equal(other.join('\n'), '');
  });
}

test('nothing that is written stops it, or takes it long', () => {
  const pieces = ['*', '**', '_', '`', '```', '\n', '\n\n', '[', ']', '(', ')', '![', '> ', '- ', '1. ', '# ', '|', '|---|', ' ', '    ', 'a', '\\', '<', '&amp;', '~~', 'https://e.com', '\t', 'é', '😀'];
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  for (let round = 0; round < 3000; round++) html(Array.from({ length: 1 + random(30) }, () => pieces[random(pieces.length)]).join(''));
  for (const deep of ['>', '[', '*a ', '- ', '`', '|', '![', '~~', '_a', '**a*', '](', '<', '> - ', '\\', '[a](', '`a``b', '**a', 'a**', '*a_', '1. ', '\n>', 'h', '\t- ']) {
    const started = performance.now();
    html(deep.repeat(20_000 / deep.length));
    assert.ok(performance.now() - started < 2000, `${JSON.stringify(deep)}: ${performance.now() - started} ms`);
  }
});

function html(text) {
  const definitions = new Map();
  const parsed = blocks(text, definitions);
  const escape = (text) => text.replace(/&(?!#?\w+;)/g, '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  const line = (text) => inline(text, definitions).map(node).join('');
  const node = (node) => {
    if (typeof node === 'string') return escape(node);
    if (node.type === 'break') return '<br>';
    if (node.type === 'code') return `<code>${escape(node.text.replaceAll('&', '&amp;'))}</code>`;
    if (node.type === 'link') return `<a href="${encodeURI(node.href).replaceAll('%25', '%').replaceAll('&', '&amp;')}">${node.content.map(nodeOf).join('')}</a>`;
    return `<${node.type}>${node.content.map(nodeOf).join('')}</${node.type}>`;
  };
  const nodeOf = (inner) => node(inner);
  const block = (block) => {
    switch (block.type) {
      case 'paragraph':
        return `<p>${line(block.text)}</p>`;
      case 'heading':
        return `<h${block.depth}>${line(block.text)}</h${block.depth}>`;
      case 'code':
        return `<pre><code>${escape(block.text.replaceAll('&', '&amp;'))}</code></pre>`;
      case 'quote':
        return `<blockquote>${block.blocks.map(block_).join('')}</blockquote>`;
      case 'rule':
        return '<hr>';
      case 'list': {
        const name = block.start === undefined ? 'ul' : 'ol';
        const items = block.items.map(({ blocks, checked }) => {
          const box = checked === undefined ? '' : checked ? '[x]' : '[ ]';
          return `<li>${box}${blocks.map((inner) => (inner.type === 'paragraph' && !block.loose ? line(inner.text) : block_(inner))).join('')}</li>`;
        });
        return `<${name}${block.start > 1 ? ` start="${block.start}"` : ''}>${items.join('')}</${name}>`;
      }
      case 'table': {
        const row = (cells, name) => `<tr>${cells.map((cell, i) => `<${name}${block.align[i] ? ` align="${block.align[i]}"` : ''}>${line(cell)}</${name}>`).join('')}</tr>`;
        return `<table><thead>${row(block.header, 'th')}</thead>${block.rows.length ? `<tbody>${block.rows.map((cells) => row(cells, 'td')).join('')}</tbody>` : ''}</table>`;
      }
    }
  };
  const block_ = (inner) => block(inner);
  return normal(parsed.map(({ block: each }) => block(each)).join(''));
}

/** HTML without what makes no difference on the page. */
function normal(html) {
  return html
    .replace(/<input checked="" disabled="" type="checkbox">\s*/g, '[x]')
    .replace(/<input disabled="" type="checkbox">\s*/g, '[ ]')
    .replace(/ (class|title)="[^"]*"/g, '')
    .replace(/&#39;/g, "'")
    .replace(/\s*(<\/?(?:p|h\d|ul|ol|li|blockquote|pre|table|thead|tbody|tr|th|td|hr|br)\b[^>]*>)\s*/g, '$1')
    .replace(/\s+<\/code><\/pre>/g, '</code></pre>');
}
