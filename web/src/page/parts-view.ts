/** An answer as the page shows it: its parts one below the other, each in the view of its type. */

import type { Part } from './conversation.js';
import { MarkdownView } from './markdown.js';

export class PartsView {
  readonly element = document.createElement('div');
  #views: MarkdownView[] = [];

  constructor() {
    this.element.className = 'parts';
  }

  /** Parts are only ever added, and the last one grows. */
  show(parts: Part[]): void {
    parts.forEach((part, i) => {
      const view = this.#views[i] ?? this.#add(part);
      view.show(part.text);
    });
  }

  #add(part: Part): MarkdownView {
    const view = viewOf(part);
    this.#views.push(view);
    this.element.append(view.element);
    return view;
  }
}

function viewOf({ type }: Part): MarkdownView {
  switch (type) {
    case 'text':
      return new MarkdownView();
  }
}
