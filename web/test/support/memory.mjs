// How much memory a Chromium holds.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

/** Memory of the renderer processes, as Linux counts it. */
export async function megabytes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sizes = renderers.map(async ({ id }) => {
    const status = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
    return Number(/^Pss: +(\d+) kB$/m.exec(status)[1]) / 1000;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Waits until it is no more than `limit`: the browser may take a moment. */
export async function fallsTo(browser, limit) {
  let now;
  for (let tries = 0; tries < 50; tries++) {
    now = await megabytes(browser);
    if (now <= limit) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.fail(`memory stays at ${now} MB, above ${limit} MB`);
}
