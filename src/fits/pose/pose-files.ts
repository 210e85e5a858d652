// Results of a pose run in the formats of its field. Pure, any process.
import { encodeBopResults } from '../../formats/bop-results.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import type { ExportFile } from '../fit.ts';
import type { ObservedObject } from './observe.ts';

/** poses.csv: one row of a BOP results file. */
export function poseFiles({ sceneId, imageId, model }: ObservedObject, camFromObject: CamFromObject): ExportFile[] {
  const { objectId } = model;
  const row = { sceneId, imageId, objectId, score: 1, camFromObject, seconds: -1 };
  return [{ name: 'poses.csv', bytes: encodeBopResults([row]) }];
}
