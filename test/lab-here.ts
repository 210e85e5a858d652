// The command line in the test's own process: the same words, the same answer, without the half second that a process and
// its engine take. For test files that put engine-here.ts in the place of the engine's process.

import { vi } from 'vitest';
import { runCommandLine } from '../src/cli/command-line.ts';
import type { LabResult } from './lab.ts';

/** One at a time: what it prints is caught on the way to the test's own output. */
export async function labHere(...words: string[]): Promise<LabResult> {
  const said = { stdout: '', stderr: '' };
  const caught = (['stdout', 'stderr'] as const).map(name =>
    vi.spyOn(process[name], 'write').mockImplementation(text => {
      said[name] += String(text);
      return true;
    }),
  );
  try {
    return { code: await runCommandLine(words), ...said };
  } finally {
    for (const each of caught) each.mockRestore();
  }
}
