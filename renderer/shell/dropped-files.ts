// The files of a drop, those inside dropped folders too, in the natural order of their names.

/** Files of a drop or paste; hidden ones are left out. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .map(item => item.webkitGetAsEntry?.())
    .filter(entry => entry !== null && entry !== undefined);
  const files = entries.length === 0 ? [...transfer.files] : (await Promise.all(entries.map(filesUnder))).flat();
  const order = new Intl.Collator('en', { numeric: true });
  return files.filter(({ name }) => !name.startsWith('.')).sort((a, b) => order.compare(a.name, b.name));
}

async function filesUnder(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return new Promise((resolve, reject) => (entry as FileSystemFileEntry).file(file => resolve([file]), reject));
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: File[] = [];
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return found;
    found.push(...(await Promise.all(batch.filter(({ isFile }) => isFile).map(filesUnder))).flat());
  }
}
