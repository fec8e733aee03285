/** An answer as the page shows it: its parts one below the other, each in the view of its type. */

import { CitationsView, type OpenPlace } from './agent/citations-view.js';
import { StepView } from './agent/step-view.js';
import { TableView } from './agent/table-view.js';
import type { Part, TextPart } from './conversation.js';
import { MarkdownView } from './markdown/view.js';

/** Shows a part, also when it has grown or changed. */
export interface PartView<P extends Part> {
  readonly element: HTMLElement;
  show(part: P): void;
}

export class PartsView {
  readonly element = document.createElement('div');
  readonly #open: OpenPlace;
  readonly #views: PartView<Part>[] = [];

  constructor(open: OpenPlace) {
    this.#open = open;
    this.element.className = 'parts';
  }

  /** Parts are only ever added. */
  show(parts: Part[]): void {
    parts.forEach((part, i) => {
      const view = this.#views[i] ?? this.#add(part);
      view.show(part);
    });
  }

  #add(part: Part): PartView<Part> {
    const view = viewOf(part, this.#open) as PartView<Part>;
    this.#views.push(view);
    this.element.append(view.element);
    return view;
  }
}

function viewOf({ type }: Part, open: OpenPlace): PartView<never> {
  switch (type) {
    case 'text':
      return new TextView();
    case 'step':
      return new StepView(open);
    case 'citations':
      return new CitationsView(open);
    case 'table':
      return new TableView(open);
  }
}

class TextView implements PartView<TextPart> {
  readonly #markdown = new MarkdownView();
  readonly element = this.#markdown.element;

  show({ text }: TextPart): void {
    this.#markdown.show(text);
  }
}
