/**
 * The editions of this page: the same akio with another model inside. The page is built around one of them;
 * which others lie beside it stands in `editions.json`, which the build writes.
 */

import { list, number, object, type Of, type Shape, text } from './shape.js';

/** The edition that the page is built around. */
export const BASE = 'akio';

const hash = matching(/^[0-9a-f]{64}$/);

const File = list(
  object({
    /** Of its files, without their endings. */
    name: matching(/^[\w-]+$/),
    model: matching(/./),
    license: matching(/./),
    /** Of the packed model, as `akio info` says it. */
    sha256: hash,
    published: object({ bytes: number, code: hash, plain: hash }),
  }),
);

export type Edition = Of<typeof File>[number];

/** The editions in the text of `editions.json`. */
export function editionsFrom(content: string): Edition[] {
  return File(JSON.parse(content), 'editions');
}

function matching(pattern: RegExp): Shape<string> {
  return (value, path) => {
    const given = text(value, path);
    if (!pattern.test(given)) throw new Error(`${path} should match ${pattern}`);
    return given;
  };
}

/** What is known of an edition from use. */
export interface Experience {
  words: string;
  /** Megabytes of the process that has the page, and tokens a second: measured in Chromium, docs/benchmarks.md. */
  memory: number;
  speed: number;
}

const EXPERIENCE: Record<string, Experience> = {
  [BASE]: { words: 'Quick, for talking, rewriting and simple questions.', memory: 378, speed: 196 },
  'akio-agent': { words: 'Slower, and trained on code. How much better it answers we have not measured.', memory: 763, speed: 56 },
};

export function experience({ name }: Edition): Experience | undefined {
  return EXPERIENCE[name];
}

/** What this device has for a model, where the browser says it. */
export interface Device {
  /** Gigabytes of memory, as browsers round them. */
  memory: number | undefined;
  /** Bytes that the page may still store. */
  room: number | undefined;
}

export async function lookAtDevice(): Promise<Device> {
  const { deviceMemory, storage } = navigator as Navigator & { deviceMemory?: number; storage?: StorageManager };
  const { quota, usage } = (await storage?.estimate().catch(() => undefined)) ?? {};
  return { memory: deviceMemory, room: quota === undefined ? undefined : quota - (usage ?? 0) };
}

/** Bytes that a page takes beside its model. */
const BESIDE = 250e6;

/** A page may have this part of a device's memory before a browser is likely to close it. */
const PART = 1 / 4;

/** What to warn of before an edition is downloaded, or loaded where it is stored already. */
export function warnings({ published: { bytes } }: Edition, { memory, room }: Device, isHere: boolean): string[] {
  const needed = Math.ceil((bytes + BESIDE) / PART / 1e9);
  const found = [];
  if (memory === undefined) {
    found.push(`This browser does not say how much memory there is. With less than ${needed} GB the model may not start.`);
  } else if (memory < needed) {
    found.push(`This device has ${memory} GB of memory, and with less than ${needed} GB the model may not start.`);
  }
  if (isHere) return found;
  if (room === undefined) found.push('This browser does not say whether there is room to store it.');
  else if (room < bytes) found.push('There is no room to store it, so that each visit would download it again.');
  return found;
}
