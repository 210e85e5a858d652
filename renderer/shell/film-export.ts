// The film that the export dialog sets up, and the export under way: both outlive the dialog, so that it can be closed
// meanwhile. What was chosen is remembered from one day to the next.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type { ExportedFile, ReplayFormat } from '../../src/protocol/host-calls.ts';
import { asLabError, type LabErrorDetails } from '../../src/protocol/lab-error.ts';
import { addExports } from '../state/exports.ts';
import { theBridge } from '../state/lab.ts';
import { reportProblem } from '../state/problems.ts';

export interface FilmChoice {
  readonly format: ReplayFormat;
  readonly framesPerSecond: number;
  readonly width: number;
}

export type FilmProgress =
  | { readonly kind: 'none' }
  | { readonly kind: 'underway'; readonly run: string; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly run: string; readonly files: readonly ExportedFile[] }
  | { readonly kind: 'failed'; readonly run: string; readonly error: LabErrorDetails };

interface FilmExport {
  readonly choice: FilmChoice;
  readonly progress: FilmProgress;
}

const first: FilmExport = {
  choice: { format: 'webm', framesPerSecond: 10, width: 1280 },
  progress: { kind: 'none' },
};

export const useFilmExport = create<FilmExport>()(
  persist(() => first, { name: 'descent-lab-film', version: 1, partialize: ({ choice }) => ({ choice }) }),
);

let abort = new AbortController();

export function chooseFilm(change: Partial<FilmChoice>): void {
  useFilmExport.setState(({ choice }) => ({ choice: { ...choice, ...change } }));
}

function tell(progress: FilmProgress): void {
  useFilmExport.setState({ progress });
}

/** Forgets how an export ended; one under way goes on. */
export function forgetFilm(): void {
  if (useFilmExport.getState().progress.kind !== 'underway') tell({ kind: 'none' });
}

export async function exportFilm(run: string, views: readonly string[]): Promise<void> {
  const { choice } = useFilmExport.getState();
  abort = new AbortController();
  const { signal } = abort;
  tell({ kind: 'underway', run, done: 0, total: 0 });
  try {
    const { files } = await theBridge().call(
      'exportReplay',
      { run, views: [...views], ...choice },
      { signal, onProgress: (done, total) => !signal.aborted && tell({ kind: 'underway', run, done, total }) },
    );
    // The pictures of a sequence are one thing in a folder, not files of interest each.
    if (choice.format !== 'png') addExports(run, files);
    tell({ kind: 'done', run, files });
  } catch (thrown) {
    if (signal.aborted) return tell({ kind: 'none' });
    tell({ kind: 'failed', run, error: asLabError(thrown).toDetails() });
    reportProblem(thrown, run);
  }
}

export function cancelFilm(): void {
  abort.abort();
}
