// Starts at an exact distance from the true pose, to test a refinement with: the axis of the turn and the direction of the
// shift are uniform on the sphere. Pure, any process.
import type { RandomSource } from '../numerics/random.ts';
import { type CamFromObject, rigid } from './rigid.ts';
import { multiplyRotations, radiansPerDegree, rotationAbout } from './rotation.ts';

export interface Shell {
  readonly rotationDegrees: number;
  readonly translationMillimetres: number;
}

/** The distances of the published experiments. */
export const shells: readonly Shell[] = [
  { rotationDegrees: 1, translationMillimetres: 1 },
  { rotationDegrees: 10, translationMillimetres: 4 },
  { rotationDegrees: 40, translationMillimetres: 16 },
];

/** The pose turned about the object's origin and shifted, both in camera axes. */
export function perturbPose(truth: CamFromObject, shell: Shell, random: RandomSource): CamFromObject {
  const axis = unitVector(random);
  const direction = unitVector(random);
  const turn = rotationAbout(axis, shell.rotationDegrees * radiansPerDegree);
  return rigid(
    multiplyRotations(turn, truth.rotation),
    truth.translation.map((value, k) => value + shell.translationMillimetres * direction[k]),
  );
}

function unitVector(random: RandomSource): [number, number, number] {
  for (;;) {
    const [x, y, z] = [random.normal(), random.normal(), random.normal()];
    const length = Math.hypot(x, y, z);
    if (length > 1e-6) return [x / length, y / length, z / length];
  }
}
