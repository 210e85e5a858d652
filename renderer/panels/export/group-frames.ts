// The frames of a video are hundreds of files: they stand in the list as one.

import type { ExportedFile } from '../../../src/protocol/host-calls.ts';

/** Files whose names differ in a number of five digits or more only, together; all others alone. Order is kept. */
export function groupFrames(files: readonly ExportedFile[]): readonly (readonly ExportedFile[])[] {
  const groups = new Map<string, ExportedFile[]>();
  for (const file of files) {
    const stem = file.name.replace(/\d{5,}(?=\.\w+$)/, '#');
    groups.set(stem, [...(groups.get(stem) ?? []), file]);
  }
  return [...groups.values()];
}
