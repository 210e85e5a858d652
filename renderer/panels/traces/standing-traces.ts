// The plots of the traces panel for those who act on them from elsewhere: the palette and the shortcuts.

import { standingChanged } from '../../state/standing.ts';
import { saveBlob } from '../../widgets/save-blob.ts';
import type { TracePlots } from './trace-plots.ts';

let standing: TracePlots | undefined;

/** The panel tells which plots it shows; undefined: none. */
export function registerTraces(plots: TracePlots | undefined): void {
  standing = plots;
  standingChanged();
}

export function standingTraces(): TracePlots | undefined {
  return standing;
}

/** Saves what is drawn as traces.png. */
export async function saveTraces(): Promise<void> {
  const blob = await standing?.toPng();
  if (blob !== undefined) saveBlob(blob, 'traces.png');
}
