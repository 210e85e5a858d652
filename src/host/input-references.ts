// What a window may name as an input, and the path it stands for. A path counts only inside a folder that the user
// opened, with every symbolic link followed first, or if a run of the library was made from it.

import { readdirSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { splitFrameChoice, withFrameChoice } from '../formats/frame-choice.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { Uploads } from '../store/uploads.ts';

export interface InputReferences {
  /** The `sample:…` as it is, or a real path. Throws an `input` error. */
  resolve(reference: string): string;
}

/** `recorded`: the inputs of all runs, looked at only for a path outside the opened folders. */
export function createInputReferences(
  roots: readonly string[],
  uploads: Uploads,
  recorded: () => ReadonlySet<string>,
): InputReferences {
  const open = [...roots, uploads.folder].map(root => realpathSync(root));
  const isInside = (path: string) => open.some(root => path === root || path.startsWith(join(root, sep)));
  const real = (path: string, reference: string): string => {
    const resolved = realpathOf(path);
    if (resolved !== undefined && (isInside(resolved) || recorded().has(reference))) return resolved;
    throw new LabError({
      code: 'input',
      message:
        resolved === undefined && isInside(resolve(path))
          ? 'There is no such file or folder.'
          : 'This path is outside the folders that were opened.',
      where: reference,
      tip: 'Drop the file into the window, or start the lab with --root FOLDER to open a folder.',
    });
  };
  const resolvePlain = (reference: string): string => {
    if (reference.startsWith('upload:')) return uploads.resolve(reference.slice(7));
    if (!isAbsolute(reference) || reference.includes('\0')) {
      throw new LabError({
        code: 'input',
        message: 'An input is a sample, an upload or a full path.',
        where: reference.slice(0, 200),
        tip: 'Drop the file into the window, or give its full path inside an opened folder.',
      });
    }
    // FILE.npz#NAME picks one array of an archive.
    const [, file, array] = /^(.*\.npz)(#[^#]*)$/i.exec(reference) ?? [undefined, reference, ''];
    const path = real(file, reference);
    if (statSync(path).isDirectory()) {
      for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
        const inner = relative(path, join(entry.parentPath, entry.name));
        if (entry.isSymbolicLink()) real(join(path, inner), join(reference, inner));
      }
    }
    return `${path}${array}`;
  };
  return {
    resolve(reference) {
      if (reference.startsWith('sample:')) return reference;
      const { path, choice } = splitFrameChoice(reference);
      return withFrameChoice(resolvePlain(path), choice);
    },
  };
}

function realpathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
