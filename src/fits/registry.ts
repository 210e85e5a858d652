// Every fit of the laboratory, one line each.

import { LabError, nearestName } from '../protocol/lab-error.ts';
import type { Fit } from './fit.ts';
import { flowmap } from './flowmap/flowmap.ts';
import { pose } from './pose/pose.ts';
import { tubal } from './tubal/tubal.ts';

export const fits: readonly Fit[] = [tubal, pose, flowmap];

/** The fit named `id`; throws a `setting` error that names the nearest one. */
export function findFit(id: string, among: readonly Fit[] = fits): Fit {
  const fit = among.find(candidate => candidate.id === id);
  if (fit !== undefined) return fit;
  const ids = among.map(candidate => candidate.id);
  const near = nearestName(id, ids);
  throw new LabError({
    code: 'setting',
    message: `There is no fit "${id}".`,
    where: 'fit',
    tip: near === undefined ? `Fits are: ${ids.join(', ')}.` : `Did you mean "${near}"?`,
  });
}
