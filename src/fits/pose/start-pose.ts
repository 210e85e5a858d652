// Where an object starts: what the user sets, else a file, the scene's own pose, or the middle of the mask. As six plain
// numbers a start is a setting like any other: recorded, undoable, the same everywhere. Pure, any process.
import { boundingBoxCentre, meshDiameter } from '../../geometry/mesh-report.ts';
import { perturbPose } from '../../geometry/perturbed-starts.ts';
import { type CamFromObject, rigid } from '../../geometry/rigid.ts';
import { expSo3, logSo3, radiansPerDegree } from '../../geometry/rotation.ts';
import { createRandom } from '../../numerics/random.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { SettingDescription, SettingValues } from '../fit.ts';
import type { ObservedObject } from './observe.ts';
import { startFromMask } from './start-from-mask.ts';
import { describeEmptyMask } from './units-report.ts';

/** Rotation vector of camFromObject in degrees, then its translation in millimetres. */
export const startPoseNames = ['startTurnX', 'startTurnY', 'startTurnZ', 'startX', 'startY', 'startZ'] as const;

export const startSettings: readonly SettingDescription[] = startPoseNames.map((name, k) => {
  const axis = 'xyz'[k % 3];
  const isTurn = k < 3;
  return {
    name,
    title: isTurn ? `Start rotation ${axis}` : `Start ${axis}`,
    type: 'number',
    default: undefined,
    minimum: isTurn ? -360 : -1e6,
    maximum: isTurn ? 360 : 1e6,
    live: 'fixed',
    group: 'Start',
    unit: isTurn ? '°' : 'mm',
    help: isTurn
      ? `${axis} of the rotation vector of the start pose (object to camera, OpenCV axes). Default: from the start file, the scene's own pose, or upright.`
      : `${axis} of the object's origin in the camera (x right, y down, z forward). Default: from the start file, the scene's own pose, or the middle of the mask.`,
  };
});

export interface PoseStart {
  readonly camFromObject: CamFromObject;
  /** The six numbers before the start is turned and shifted away, by name. */
  readonly values: Readonly<Record<string, number>>;
  /** In words, for people. */
  readonly source: string;
}

/** The six numbers of a pose, in the order of startPoseNames. */
function numbersOf({ rotation, translation }: CamFromObject): number[] {
  return [...logSo3(rotation).map(radians => radians / radiansPerDegree), ...translation];
}

/**
 * `file`: the pose of a start file. Settings startTurn and startShift move whatever the start is, by the seed. Throws a
 * LabError of code 'input' where nothing tells a start: the mask is empty.
 */
export function startOf(
  { model, observation, truth, labels }: ObservedObject,
  file: CamFromObject | undefined,
  settings: SettingValues,
  seed: number,
): PoseStart {
  const given = startPoseNames.map(name => (settings[name] === undefined ? undefined : Number(settings[name])));
  const isGiven = given.some(value => value !== undefined);
  const { mesh } = model;
  const { camera, mask, depth } = observation;
  const base = file ?? truth ?? startFromMask(camera, mask, depth, boundingBoxCentre(mesh), meshDiameter(mesh));
  if (base === undefined) {
    throw new LabError({ code: 'input', ...describeEmptyMask(labels), where: 'mask' });
  }
  const known = numbersOf(base);
  const numbers = given.map((value, k) => value ?? known[k]);
  const start = isGiven
    ? (rigid(
        expSo3(numbers.slice(0, 3).map(degrees => degrees * radiansPerDegree)),
        Float64Array.from(numbers.slice(3)),
      ) as CamFromObject)
    : base;
  const shell = { rotationDegrees: Number(settings.startTurn), translationMillimetres: Number(settings.startShift) };
  const isMoved = shell.rotationDegrees !== 0 || shell.translationMillimetres !== 0;
  const from = isGiven
    ? 'set by the user'
    : file !== undefined
      ? 'a pose that was given'
      : truth !== undefined
        ? 'the pose that the scene states, which errors are measured against too'
        : `upright behind the middle of the mask, at the distance that ${depth === undefined ? 'its size' : 'the depth'} tells`;
  const isTruth = !isGiven && file === undefined && truth !== undefined;
  const away = `turned by ${shell.rotationDegrees}° and moved by ${shell.translationMillimetres} mm`;
  return {
    camFromObject: isMoved ? perturbPose(start, shell, createRandom(seed, 'start pose')) : start,
    values: Object.fromEntries(startPoseNames.map((name, k) => [name, numbers[k]])),
    source: isMoved
      ? `${from}, ${away}`
      : isTruth
        ? `${from}; startTurn and startShift move it away to try the descent`
        : from,
  };
}
