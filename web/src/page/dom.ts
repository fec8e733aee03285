/** The element with this id, which the page is known to have. */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** One of the icons that index.html defines. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon, and says what it does where the pointer rests and to screen readers. */
export function iconButton(name: string, label: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'icon-button';
  button.ariaLabel = label;
  button.title = label;
  button.append(icon(name));
  button.addEventListener('click', onClick);
  return button;
}

/** An element with this class and content. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className = '',
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}

/** A button that shows its text, and an icon in front of it where one is named. */
export function textButton(text: string, onClick: () => void, iconName?: string): HTMLButtonElement {
  const button = make('button', '', ...(iconName ? [icon(iconName)] : []), text);
  button.type = 'button';
  button.addEventListener('click', onClick);
  return button;
}

/** Saves something as a file, as a link to it would. */
export function save(name: string, content: BlobPart, type = 'application/octet-stream'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
