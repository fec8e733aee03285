/** The files that a browser gives each origin, as workers may open them. */

/** What TypeScript's types for pages leave out, because only workers have it. */
export interface FileAccess {
  read(target: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

declare global {
  interface FileSystemFileHandle {
    createSyncAccessHandle(): Promise<FileAccess>;
  }
}

/** Whether there are such files, and locks for them. */
export function hasPrivateFiles(): boolean {
  return typeof globalThis.navigator?.storage?.getDirectory === 'function' && navigator.locks !== undefined;
}

/** Opens a file of a folder, which is made if it is not there. */
export async function access(folder: FileSystemDirectoryHandle, name: string): Promise<FileAccess> {
  const file = await folder.getFileHandle(name, { create: true });
  for (let tries = 20; ; tries--) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      // A worker that was ended a moment ago may still be letting go of the file.
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Writes all of the bytes, or throws the error of a full disk: Chromium returns a large number there. */
export function write(file: FileAccess, bytes: Uint8Array, at: number): void {
  if (file.write(bytes, { at }) !== bytes.length) throw new DOMException('no room', 'QuotaExceededError');
}
