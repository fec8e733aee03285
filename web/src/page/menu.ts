/** Menus that open beside their buttons. */

/** How far a menu stays from the edge of the window, in pixels. */
const EDGE = 8;

/** Opens `menu` below `opener`, or above it where there is no room; the focus goes to its first button. */
export function openMenu(menu: HTMLElement, opener: HTMLElement): void {
  menu.showPopover();
  opener.ariaExpanded = 'true';
  menu.addEventListener(
    'beforetoggle',
    () => {
      opener.ariaExpanded = 'false';
    },
    { once: true },
  );
  const { bottom, top, left, right } = opener.getBoundingClientRect();
  const below = bottom + menu.offsetHeight < innerHeight;
  menu.style.top = `${below ? bottom : top - menu.offsetHeight}px`;
  // With the side of the button that has more room on its other side.
  const start = left + menu.offsetWidth < innerWidth ? left : right - menu.offsetWidth;
  menu.style.left = `${Math.max(EDGE, start)}px`;
  menu.querySelector('button')?.focus();
}
