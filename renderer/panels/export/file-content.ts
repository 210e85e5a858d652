// What is in an exported file, in the words of the fit: axes, units, scale. Pure.

import type { ExportFileDescription } from '../../../src/protocol/host-calls.ts';

/** By its name, or by that of a folder above it; undefined where the fit says nothing. */
export function fileContent(files: readonly ExportFileDescription[], name: string): string | undefined {
  return files.find(file => file.name === name || (file.name.endsWith('/') && name.startsWith(file.name)))?.content;
}
