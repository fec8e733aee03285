/**
 * A browser that runs out of memory may end the whole page without a word, and load it again. So that it is not
 * ended for the same reason again, the tab notes what it is loading, and finds the note where it could not remove it.
 */

import { STORE } from './loading.js';

const NOTE = `akio ${STORE} loading`;

export function noteAttempt(edition: string): void {
  try {
    sessionStorage.setItem(NOTE, edition);
  } catch {
    // Where nothing can be kept, nothing is found.
  }
}

export function endAttempt(): void {
  try {
    sessionStorage.removeItem(NOTE);
  } catch {
    // As above.
  }
}

/** The edition whose loading has ended the page, if that is how it ended. */
export function lostAttempt(): string | undefined {
  try {
    return sessionStorage.getItem(NOTE) ?? undefined;
  } catch {
    return undefined;
  } finally {
    endAttempt();
  }
}

// Who leaves or reloads the page is no loss of memory.
addEventListener('pagehide', endAttempt);
