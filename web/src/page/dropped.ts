/** What was dropped onto the page, with the files of dropped folders. */

/** All files, each with its path in the folder that was dropped. */
export async function filesOf({ items }: DataTransfer): Promise<File[]> {
  // The list is empty as soon as the event is over.
  const dropped = Array.from(items, (item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const files: File[] = [];
  for (const each of dropped) {
    if (each instanceof File) files.push(each);
    else if (each !== null) await walk(each, files);
  }
  return files;
}

async function walk(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    // As a folder that was chosen has it; of one that was dropped browsers leave it empty.
    Object.defineProperty(file, 'webkitRelativePath', { value: entry.fullPath.slice(1) });
    files.push(file);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await walk(each, files);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}
