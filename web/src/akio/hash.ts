/** The host's own sha256, in hex. Browsers give it to pages from HTTPS and from the machine itself only. */

export const CAN_HASH = globalThis.crypto?.subtle !== undefined;

export async function sha256(bytes: Uint8Array): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', unshared(bytes))));
}

/** The host hashes no memory that threads share: of that it gets a copy. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
