import { existsSync } from 'node:fs';
import { launch as start } from 'puppeteer-core';

/** A headless Firefox with a fresh profile. */
export async function launch() {
  const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  if (!existsSync(executablePath)) {
    throw new Error(`there is no Firefox at ${executablePath}; install it or set FIREFOX`);
  }
  // A case of the hosts' test may take a while, and the protocol must not give up on it.
  return start({ browser: 'firefox', executablePath, headless: true, protocolTimeout: 600_000 });
}
