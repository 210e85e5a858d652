// The files of a drop or a choice in the order of their names; of a folder those directly in it, of a scene all of them.

import { isSceneIndex } from '../../src/formats/pose-scene.ts';

/** A file and where it lay in what was dropped or chosen: 'folder/inner/name', or the name of one that came alone. */
export interface FoundFile {
  readonly file: File;
  readonly path: string;
}

/** What lies below the folder of such a file belongs together. */
const isIndex = ({ name }: { readonly name: string }) => isSceneIndex(name);

/** Files of a drop or paste. */
export async function filesOf(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .map(item => item.webkitGetAsEntry?.())
    .filter(entry => entry !== null && entry !== undefined);
  if (entries.length === 0) return inputFiles([...transfer.files].map(file => ({ file, path: file.name })));
  return inputFiles((await Promise.all(entries.map(entry => filesUnder(entry, '', 'own')))).flat());
}

/** Files of an input element. */
export function chosenFiles(files: Iterable<File>): File[] {
  return inputFiles([...files].map(file => ({ file, path: file.webkitRelativePath || file.name })));
}

/**
 * In natural order and without hidden ones. Of a scene all files, named by their path in its folder; else those of the
 * folders that were dropped themselves, told apart by these where two have the same name.
 */
export function inputFiles(found: readonly FoundFile[]): File[] {
  const visible = found.filter(({ path }) => !path.split('/').some(part => part.startsWith('.')));
  const order = new Intl.Collator('en', { numeric: true });
  const index = visible.find(({ file, path }) => path.split('/').length <= 2 && isIndex(file));
  if (index !== undefined) {
    const folder = index.path.slice(0, -index.file.name.length);
    return visible
      .filter(({ path }) => path.startsWith(folder))
      .map(({ file, path }) => named(file, path.slice(folder.length), path))
      .sort((a, b) => order.compare(a.name, b.name));
  }
  const frames = visible.filter(({ path }) => path.split('/').length <= 2);
  const clash = new Set(frames.map(({ file }) => file.name)).size < frames.length;
  return frames
    .map(({ file, path }) => (clash ? named(file, path.replace('/', '-'), path) : file))
    .sort((a, b) => order.compare(a.name, b.name));
}

/** `path`: where it lay, which tells the name of its folder. */
function named(file: File, name: string, path: string): File {
  const renamed = new File([file], name, { type: file.type });
  return Object.defineProperty(renamed, 'webkitRelativePath', { value: path });
}

/** own: of a folder that is no scene only the files directly in it, however much lies below. */
async function filesUnder(entry: FileSystemEntry, folder: string, reach: 'own' | 'all'): Promise<FoundFile[]> {
  const path = `${folder}${entry.name}`;
  if (entry.isFile) {
    return new Promise((resolve, reject) =>
      (entry as FileSystemFileEntry).file(file => resolve([{ file, path }]), reject),
    );
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A reader hands out at most a hundred entries at a time.
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    inside.push(...batch);
  }
  const all = reach === 'all' || inside.some(isIndex);
  const taken = inside.filter(({ isFile }) => isFile || all);
  return (await Promise.all(taken.map(inner => filesUnder(inner, `${path}/`, 'all')))).flat();
}
