// A click on a sample: the fit starts at once, with the sample's own settings.

import { startRun } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';

export function startSample(fit: string, sample: string): Promise<void> {
  return guarded(() =>
    startRun({ fit, input: `sample:${sample}`, settings: {}, race: {}, members: 1, seed: 0, first: 'run' }),
  );
}
