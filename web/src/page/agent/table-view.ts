/** A table of values out of files: each shows where it stands, and all of them can be saved. */

import type { Row, TablePart } from '../conversation.js';
import { make, save, textButton } from '../dom.js';
import { own } from '../shape.js';
import type { OpenPlace } from './citations-view.js';
import { textOfValue, toCsv, toJson } from './table.js';

export class TableView {
  readonly element = make('div', 'values');
  readonly #open: OpenPlace;
  readonly #body = make('tbody');
  #part: TablePart | undefined;

  constructor(open: OpenPlace) {
    this.#open = open;
  }

  show(part: TablePart): void {
    if (this.#part === undefined) this.#draw(part.columns);
    this.#part = part;
    for (const row of part.rows.slice(this.#body.childElementCount)) this.#body.append(this.#row(row, part.columns));
  }

  #draw(columns: string[]): void {
    const head = make('tr', '', ...['File', ...columns].map((name) => make('th', '', name)));
    for (const cell of head.children) (cell as HTMLTableCellElement).scope = 'col';
    const frame = make('div', 'table', make('table', '', make('thead', '', head), this.#body));
    // What scrolls sideways has to be reached by keyboard too.
    frame.tabIndex = 0;
    frame.role = 'group';
    frame.ariaLabel = 'Values in the files';
    const save = make(
      'div',
      'row',
      textButton('Save as CSV', () => this.#save('csv', toCsv), 'import'),
      textButton('Save as JSON', () => this.#save('json', toJson), 'import'),
    );
    this.element.append(frame, save);
  }

  #row(row: Row, columns: string[]): HTMLElement {
    const { file } = row;
    const head = make('th', '', this.#button(file, `Open ${file}`, () => this.#open({ file })));
    head.scope = 'row';
    if ('error' in row) {
      const cell = make('td', 'failed', `No values: ${row.error}`);
      cell.colSpan = Math.max(1, columns.length);
      return make('tr', '', head, cell);
    }
    const cells = columns.map((column) => {
      const value = textOfValue(own(row.values, column));
      const [span] = own(row.spans, column) ?? [];
      if (value === '') return make('td', 'none', '–');
      if (span === undefined) return make('td', '', value);
      const { line, text } = span;
      const open = (): void => this.#open({ file, lines: [line, line], passage: [text], text });
      return make('td', '', this.#button(value, `“${text}”, line ${line}`, open));
    });
    return make('tr', '', head, ...cells);
  }

  #button(text: string, title: string, onClick: () => void): HTMLButtonElement {
    const button = textButton(text, onClick);
    button.className = 'cell';
    button.title = title;
    return button;
  }

  #save(ending: 'csv' | 'json', write: (part: TablePart) => string): void {
    if (this.#part) save(`values.${ending}`, write(this.#part), ending === 'csv' ? 'text/csv' : 'application/json');
  }
}
