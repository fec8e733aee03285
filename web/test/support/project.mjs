// A project that uses the package, without the time that packing its 98 MB takes.

import { cp, link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';

const npm = join(import.meta.dirname, '../../../dist/npm');
/** From here the tools of this folder are found. */
const place = join(import.meta.dirname, '../../dist');

/**
 * A new folder with the files of `source`, and the package of dist/npm in its node_modules. It is removed
 * after the test, or after all of them where it is made outside.
 */
export async function projectFrom(source) {
  const folder = await newFolder();
  await cp(source, folder, { recursive: true });
  await installInto(join(folder, 'node_modules/akio'));
  return folder;
}

/** An empty folder in which the tools of this repository are found, removed in the same way. */
export async function newFolder() {
  await mkdir(place, { recursive: true });
  const folder = await mkdtemp(join(place, 'project-'));
  after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Copies the package, with second names for its modules where the file system allows that. */
export async function installInto(target) {
  await mkdir(target, { recursive: true });
  await cp(npm, target, { recursive: true, filter: (source) => !source.endsWith('.wasm') });
  for (const name of ['dist/akio.wasm', 'dist/akio-plain.wasm', 'dist/akio-threads.wasm']) {
    await link(join(npm, name), join(target, name)).catch(() => cp(join(npm, name), join(target, name)));
  }
}
