// Files that a run has written for other tools: asks for more of them and keeps the list of a run up to date.

import type { ExportedFile } from '../../src/protocol/host-calls.ts';
import type { CallOptions } from '../bridge/bridge.ts';
import { theBridge, useLab } from './lab.ts';

/** Writes the result of a run in one more format; rejects with why not. */
export async function exportRun(run: string, format: string, options: CallOptions): Promise<readonly ExportedFile[]> {
  const { files } = await theBridge().call('export', { run, format }, options);
  addExports(run, files);
  return files;
}

/** Adds files to those the window knows of. */
export function addExports(run: string, files: readonly ExportedFile[]): void {
  useLab.setState(({ open }) => {
    const opened = open[run];
    if (opened === undefined) return {};
    const names = new Set(files.map(({ name }) => name));
    const exports = [...opened.details.exports.filter(({ name }) => !names.has(name)), ...files];
    return { open: { ...open, [run]: { ...opened, details: { ...opened.details, exports } } } };
  });
}

/** Asks anew what the run has written: its results when it ended. */
export async function refreshExports(run: string): Promise<void> {
  try {
    const { exports } = await theBridge().call('open', { run });
    addExports(run, exports);
  } catch {
    // The list stays as it was; opening the run again will tell why.
  }
}
