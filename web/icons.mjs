// Makes the icons of the installed page, in public/, from public/logo.svg.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { launch } from './test/support/chromium.mjs';

const folder = join(import.meta.dirname, 'public');
const PAPER = '#faf8f3';

/** `logo` is the share of the icon's width; systems cut a maskable icon and the one for iOS to shapes of their own. */
const icons = [
  { name: 'icon-192', size: 192, logo: 1 },
  { name: 'icon-512', size: 512, logo: 1 },
  { name: 'icon-maskable-512', size: 512, logo: 0.6, paper: PAPER },
  { name: 'apple-touch-icon', size: 180, logo: 0.72, paper: PAPER },
];

const svg = await readFile(join(folder, 'logo.svg'), 'base64');
const browser = await launch();
try {
  for (const { name, size, logo, paper = 'transparent' } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(`
      <body style="margin: 0; height: 100vh; display: grid; place-content: center; background: ${paper}">
        <img src="data:image/svg+xml;base64,${svg}" width="${size * logo}" height="${size * logo}" style="display: block">`);
    await page.screenshot({ path: join(folder, `${name}.png`), omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
