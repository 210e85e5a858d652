// A click on a sample: the fit starts at once, with the sample's own settings, at a pace that leaves time to watch and
// steer it. Full speed is a click away, under Steer.

import type { SampleDescription } from '../../src/protocol/host-calls.ts';
import { startRun } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';

export function startSample(fit: string, { id, pace }: SampleDescription): Promise<void> {
  return guarded(() => startRun({ fit, input: `sample:${id}`, settings: {}, race: {}, seed: 0, first: 'run', pace }));
}
