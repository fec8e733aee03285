/** Where an answer stands: a button for each place, which opens it. */

import { type CitationsPart, placeOf } from '../conversation.js';
import { make, textButton } from '../dom.js';

/** A place in one of the person's files. */
export interface Place {
  file: string;
  /** Lines that are marked, from 1; all of the file is shown without them. */
  lines?: [number, number];
  /** The lines as they were, for when the file is there no longer. */
  passage?: string[];
  /** What of the lines is meant, where it is not all of them. */
  text?: string;
}

export type OpenPlace = (place: Place) => void;

export class CitationsView {
  readonly element = make('ul', 'citations');
  readonly #open: OpenPlace;

  constructor(open: OpenPlace) {
    this.#open = open;
    this.element.ariaLabel = 'Where this stands';
  }

  show({ citations }: CitationsPart): void {
    for (const citation of citations.slice(this.element.childElementCount)) {
      const { file, start_line, end_line, passage } = citation;
      const open = (): void => this.#open({ file, lines: [start_line, end_line], passage });
      const button = textButton(placeOf({ ...citation, file: file.replace(/^.*\//, '') }), open, 'file');
      button.title = placeOf(citation);
      this.element.append(make('li', '', button));
    }
  }
}
