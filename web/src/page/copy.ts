/** Copying to the clipboard. */

import { announce } from './announce.js';
import { icon, iconButton } from './dom.js';

/** How long a button says that it has copied, in milliseconds. */
const CONFIRMED = 1500;

/** A button that copies what `text` gives when it is pressed. */
export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = iconButton('copy', label, async () => {
    const copied = await navigator.clipboard?.writeText(text()).then(
      () => true,
      () => false,
    );
    announce(copied ? 'Copied' : 'The browser did not allow to copy');
    button.replaceChildren(icon(copied ? 'check' : 'cross'));
    setTimeout(() => button.replaceChildren(icon('copy')), CONFIRMED);
  });
  return button;
}
