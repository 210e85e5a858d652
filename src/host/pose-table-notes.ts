// What a user should know of a table of poses beside its errors: objects without a row, objects with several, and whether all
// of it was written in other axes or another unit. Pure.

import type { PoseScene, SceneObject, ScenePose } from '../formats/pose-scene.ts';
import { findPoseConfusion } from '../geometry/pose-confusions.ts';
import { averageDistance, nearestEquivalent, type PoseRuler, sampledPoints } from '../geometry/pose-metrics.ts';
import type { CamFromObject } from '../geometry/rigid.ts';

/** A row with all that it may stand for. */
export interface ComparedPose {
  readonly camFromObject: CamFromObject;
  readonly truths: readonly CamFromObject[];
  readonly object: SceneObject;
  readonly ruler: PoseRuler;
}

/** Enough to tell what all rows have in common. */
const MOST_ROWS = 100;
const MOST_POINTS = 100;

/** The reading under which far more rows are within a tenth of the diameter, if there is one. */
export function confusionNotes(rows: readonly ComparedPose[]): string[] {
  const stride = Math.ceil(rows.length / MOST_ROWS);
  const looked = rows.filter((_, i) => i % stride === 0);
  const points = new Map<PoseRuler, Float32Array>();
  for (const { ruler } of looked) {
    if (!points.has(ruler)) points.set(ruler, sampledPoints(ruler.points, MOST_POINTS));
  }
  const fitOf = (read: (pose: CamFromObject) => CamFromObject): number => {
    const near = looked.filter(({ camFromObject, truths, object, ruler }) => {
      const pose = read(camFromObject);
      return truths.some(
        truth =>
          averageDistance(points.get(ruler)!, pose, nearestEquivalent(pose, truth, object)) <
          0.1 * ruler.diameterMillimetres,
      );
    });
    return near.length / looked.length;
  };
  const given = fitOf(pose => pose);
  const confusion = findPoseConfusion(given, fitOf);
  if (confusion === undefined) return [];
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  return [
    `The poses look as if they were ${confusion.reading}: read so, ${percent(confusion.fit)} of them are within a tenth of the diameter, not ${percent(given)}. ${confusion.remedy}`,
  ];
}

/** Rows that name another scene than the one they are taken for, where that has a number. */
export function otherSceneNotes({ sceneId }: PoseScene, rows: readonly ScenePose[]): string[] {
  const others = rows.flatMap((row, index) => (isOfOtherScene(sceneId, row) ? [index] : []));
  if (others.length === 0) return [];
  return [
    `${others.length} of ${rows.length} rows ${others.length === 1 ? 'names' : 'name'} another scene_id than ${sceneId}, such as row ${others[0] + 2} with ${rows[others[0]].sceneId}: they are taken for images of this scene.`,
  ];
}

/** `sceneId`: of the scene; one without a number takes all rows. */
export function isOfOtherScene(sceneId: number | undefined, row: ScenePose): boolean {
  return sceneId !== undefined && Number(row.sceneId) !== sceneId;
}

/** True poses that no row is for, and rows beyond the first for one object in one image. */
export function coverageNotes({ frames, objects }: PoseScene, rows: readonly ScenePose[]): string[] {
  const key = (imageId: number, objectId: number) => `image ${imageId}, object ${objectId}`;
  const given = new Map<string, number>();
  for (const { imageId, objectId } of rows) {
    given.set(key(imageId, objectId), (given.get(key(imageId, objectId)) ?? 0) + 1);
  }
  const withMesh = new Set(objects.flatMap(({ objectId, meshFile }) => (meshFile === undefined ? [] : [objectId])));
  const wanted = new Map<string, number>();
  for (const { imageId, instances } of frames) {
    for (const { objectId, camFromObject } of instances) {
      if (camFromObject === undefined || !withMesh.has(objectId)) continue;
      wanted.set(key(imageId, objectId), (wanted.get(key(imageId, objectId)) ?? 0) + 1);
    }
  }
  const all = [...wanted.values()].reduce((sum, count) => sum + count, 0);
  const missing = [...wanted].flatMap(([place, count]) =>
    new Array<string>(Math.max(0, count - (given.get(place) ?? 0))).fill(place),
  );
  const repeated = [...given].filter(([place, count]) => count > (wanted.get(place) ?? count));
  return [
    ...(missing.length === 0
      ? []
      : [
          `${missing.length} of the ${all} true poses of the scene have no row and are not counted, such as ${missing[0]}.`,
        ]),
    ...(repeated.length === 0
      ? []
      : [
          `${repeated.length} ${repeated.length === 1 ? 'object has' : 'objects have'} several rows in one image, such as ${repeated[0][0]} with ${repeated[0][1]}: each row is counted.`,
        ]),
  ];
}
