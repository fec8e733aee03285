/** What a person gives as files: a path and bytes. */

import type { FileInput } from './types.js';

/** The largest file that an agent takes, in bytes. */
export const MAX_FILE = 16 << 20;

/** The path of a file; of one from a chosen folder, from that folder on. */
export function pathOf(file: FileInput): string {
  return file instanceof File ? file.webkitRelativePath || file.name : file.path;
}

export function sizeOf(file: FileInput): number {
  if (file instanceof File) return file.size;
  return file.content.length;
}

/** Bytes of its own, which can be handed over. */
export async function bytesOf(file: FileInput): Promise<Uint8Array<ArrayBuffer>> {
  if (file instanceof File) return new Uint8Array(await file.arrayBuffer());
  return typeof file.content === 'string' ? new TextEncoder().encode(file.content) : new Uint8Array(file.content);
}
