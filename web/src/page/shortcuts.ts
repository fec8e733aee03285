/** What can be done by keys alone. The dialog that lists them is made from the same table. */

import { openDialog } from './dialogs.js';
import { byId } from './dom.js';

const list = byId('shortcut-list', HTMLDListElement);
const apple = /Mac|iPhone|iPad/.test(navigator.platform);

export interface ShortcutActions {
  newChat(): void;
  search(): void;
  toggleSidebar(): void;
  focusMessage(): void;
  step(by: 1 | -1): void;
  /** Stops what is being answered, or closes the drawer. */
  escape(): void;
}

interface Shortcut {
  /** As `KeyboardEvent.key` names it. `mod` is ⌘ on Apple's devices and Ctrl elsewhere. */
  key: string;
  mod?: boolean;
  shift?: boolean;
  alt?: boolean;
  what: string;
  run?: () => void;
}

export function listen(actions: ShortcutActions): void {
  const shortcuts: Shortcut[] = [
    { key: 'Enter', what: 'Send the message' },
    { key: 'Enter', shift: true, what: 'New line' },
    { key: 'ArrowUp', what: 'Edit the last question, from an empty message' },
    { key: 'Escape', what: 'Stop the answer', run: actions.escape },
    { key: 'o', mod: true, shift: true, what: 'New chat', run: actions.newChat },
    { key: 'k', mod: true, what: 'Search the conversations', run: actions.search },
    { key: 's', mod: true, shift: true, what: 'Show or hide the conversations', run: actions.toggleSidebar },
    { key: 'Escape', shift: true, what: 'Go to the message field', run: actions.focusMessage },
    { key: 'ArrowUp', alt: true, what: 'Go to the message before', run: () => actions.step(-1) },
    { key: 'ArrowDown', alt: true, what: 'Go to the next message', run: () => actions.step(1) },
    { key: ',', mod: true, what: 'Settings', run: () => openDialog('settings') },
    { key: '/', mod: true, what: 'This list', run: () => openDialog('shortcuts') },
  ];
  list.replaceChildren(...shortcuts.flatMap(describe));
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector('dialog[open], :popover-open')) return;
    const pressed = shortcuts.find(
      ({ key, mod = false, shift = false, alt = false }) =>
        event.key.toLowerCase() === key.toLowerCase() &&
        (apple ? event.metaKey : event.ctrlKey) === mod &&
        event.shiftKey === shift &&
        event.altKey === alt,
    );
    if (!pressed?.run) return;
    event.preventDefault();
    pressed.run();
  });
}

const NAMES: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

function describe({ key, mod, shift, alt, what }: Shortcut): HTMLElement[] {
  const term = document.createElement('dt');
  term.textContent = what;
  const keys = document.createElement('dd');
  const names = [
    ...(mod ? [apple ? '⌘' : 'Ctrl'] : []),
    ...(alt ? [apple ? '⌥' : 'Alt'] : []),
    ...(shift ? [apple ? '⇧' : 'Shift'] : []),
    NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key),
  ];
  keys.append(
    ...names.map((name) => {
      const element = document.createElement('kbd');
      element.textContent = name;
      return element;
    }),
  );
  return [term, keys];
}
