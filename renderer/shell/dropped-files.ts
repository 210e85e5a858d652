// The files of a drop or a choice in the order of their names; of a folder those directly in it.

/** A file and the folder it was dropped or chosen with; '' for one that came alone. */
export interface FoundFile {
  readonly file: File;
  readonly folder: string;
}

/** Files of a drop or paste. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .map(item => item.webkitGetAsEntry?.())
    .filter(entry => entry !== null && entry !== undefined);
  if (entries.length === 0) return framesOf([...transfer.files].map(file => ({ file, folder: '' })));
  return framesOf((await Promise.all(entries.map(entry => filesUnder(entry, '')))).flat());
}

/** Files of an input element; those of folders inside the chosen one are left out. */
export function chosenFiles(files: Iterable<File>): File[] {
  const found = [...files].map(file => ({ file, path: file.webkitRelativePath.split('/') }));
  return framesOf(
    found
      .filter(({ path }) => path.length <= 2)
      .map(({ file, path }) => ({ file, folder: path.length === 2 ? path[0] : '' })),
  );
}

/** In natural order and without hidden ones; files of the same name in several folders are told apart by these. */
export function framesOf(found: readonly FoundFile[]): File[] {
  const visible = found.filter(({ file }) => !file.name.startsWith('.'));
  const clash = new Set(visible.map(({ file }) => file.name)).size < visible.length;
  const order = new Intl.Collator('en', { numeric: true });
  return visible
    .map(({ file, folder }) =>
      clash && folder !== '' ? new File([file], `${folder}-${file.name}`, { type: file.type }) : file,
    )
    .sort((a, b) => order.compare(a.name, b.name));
}

async function filesUnder(entry: FileSystemEntry, folder: string): Promise<FoundFile[]> {
  if (entry.isFile) {
    return new Promise((resolve, reject) =>
      (entry as FileSystemFileEntry).file(file => resolve([{ file, folder }]), reject),
    );
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FoundFile[] = [];
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return found;
    const files = batch.filter(({ isFile }) => isFile);
    found.push(...(await Promise.all(files.map(file => filesUnder(file, entry.name)))).flat());
  }
}
