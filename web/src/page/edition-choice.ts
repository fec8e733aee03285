/** The choice between the editions of this page, in the settings; it is there where there is more than one. */

import { isStored } from '../akio/store.js';
import { announce } from './announce.js';
import { byId } from './dom.js';
import { BASE, type Edition, experience, lookAtDevice, warnings } from './editions.js';
import { EDITIONS, STORE, storeOf } from './loading.js';
import type { Model } from './model.js';

const section = byId('editions', HTMLElement);
const list = byId('edition-list', HTMLUListElement);
const settings = byId('settings', HTMLDialogElement);
const scroller = byId('scroller', HTMLElement);
const file = byId('model-file', HTMLSpanElement);

const KEPT = `akio ${STORE} edition`;

/** The edition that was chosen before; none for the one that the page is built around. */
export async function chosenEdition(): Promise<Edition | undefined> {
  const name = kept();
  if (name === undefined || name === BASE) return undefined;
  return (await EDITIONS).find((edition) => edition.name === name);
}

/** Forgets what was chosen. */
export function removeChoice(): void {
  try {
    localStorage.removeItem(KEPT);
  } catch {
    // Then nothing was kept.
  }
}

export class EditionChoice {
  readonly #model: Model;

  constructor(model: Model) {
    this.#model = model;
    settings.addEventListener('opened', () => void this.show());
    void this.show();
  }

  /** Shows the choice as it is now. */
  async show(): Promise<void> {
    const editions = await EDITIONS;
    const current = this.#model.edition?.name ?? BASE;
    const inUse = editions.find(({ name }) => name === current);
    if (inUse) file.textContent = `one file of ${megabytes(inUse)} under the licence ${inUse.license}`;
    if (editions.length < 2) return;
    const [device, ...stored] = await Promise.all([
      lookAtDevice(),
      ...editions.map((edition) => isStored(storeOf(edition), edition.published).catch(() => false)),
    ]);
    list.replaceChildren(
      ...editions.map((edition, i) => {
        const isHere = stored[i] === true;
        const isCurrent = edition === inUse;
        const notes = isCurrent ? ['In use'] : warnings(edition, device, isHere);
        const card = document.createElement('li');
        const name = document.createElement('strong');
        name.textContent = edition.model;
        card.append(name, paragraph(facts(edition, isHere)), ...notes.map((note) => paragraph(note, 'note')));
        if (!isCurrent) card.append(this.#button(edition, isHere));
        return card;
      }),
    );
    section.hidden = false;
  }

  #button(edition: Edition, isHere: boolean): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = isHere ? 'Use it' : 'Download and use it';
    button.ariaLabel = `${button.textContent}: ${edition.model}`;
    button.addEventListener('click', () => this.#take(edition));
    return button;
  }

  #take(edition: Edition): void {
    keep(edition);
    settings.close();
    // What loading says is at the top.
    scroller.scrollTo(0, 0);
    announce(`Loading ${edition.model}`);
    this.#model.change(edition.name === BASE ? undefined : edition);
    void this.show();
  }
}

/** What is known of an edition, in words. */
function facts(edition: Edition, isHere: boolean): string {
  const known = experience(edition);
  const size = isHere ? `${megabytes(edition)}, stored on this device` : `${megabytes(edition)} to download`;
  if (known === undefined) return `${size}.`;
  const { words, memory, speed } = known;
  return `${words} ${size}. Where we measured, it took ${memory} MB of memory and wrote ${speed} tokens a second.`;
}

function paragraph(text: string, className = ''): HTMLParagraphElement {
  const paragraph = document.createElement('p');
  paragraph.className = className;
  paragraph.textContent = text;
  return paragraph;
}

function megabytes({ published: { bytes } }: Edition): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function kept(): string | undefined {
  try {
    return localStorage.getItem(KEPT) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep({ name }: Edition): void {
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // Where nothing can be kept the choice holds until the page is closed.
  }
}
