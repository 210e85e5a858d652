// A click on a sample: the fit starts at once, with the sample's own settings, at a pace that leaves time to watch and
// steer it: at full speed most of them end within seconds. Full speed is a click away, under Steer.

import { startRun } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';

const ITERATIONS_PER_SECOND = 100;

export function startSample(fit: string, sample: string): Promise<void> {
  return guarded(() =>
    startRun({
      fit,
      input: `sample:${sample}`,
      settings: {},
      race: {},
      seed: 0,
      first: 'run',
      pace: ITERATIONS_PER_SECOND,
    }),
  );
}
