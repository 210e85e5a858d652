// The usual ways to hand over a pose wrongly: in OpenGL axes, inverted, written column by column, in metres or centimetres.
// Each is tried; the one that explains what is known of the poses is named with what to do. Pure, any process.
import { type CamFromObject, compose, flipCameraAxes, invert, rigid, scaleTranslation } from './rigid.ts';
import { transposed } from './rotation.ts';

export interface PoseConfusion {
  /** What the pose was taken for to fit, as 'in metres'. */
  readonly reading: string;
  /** What to do, a sentence. */
  readonly remedy: string;
  /** How well it fits then, 0 to 1. */
  readonly fit: number;
}

interface Reading {
  readonly reading: string;
  readonly remedy: string;
  read(pose: CamFromObject): CamFromObject;
}

const units: readonly Reading[] = [
  { reading: '', remedy: '', read: pose => pose },
  {
    reading: 'in metres',
    remedy: 'multiply the translation by 1,000',
    read: pose => scaleTranslation(pose, 1000),
  },
  {
    reading: 'in centimetres',
    remedy: 'multiply the translation by 10',
    read: pose => scaleTranslation(pose, 10),
  },
];
const layouts: readonly Reading[] = [
  { reading: '', remedy: '', read: pose => pose },
  {
    reading: 'in OpenGL axes (y up, z back)',
    remedy: 'negate the second and third row of the matrix',
    read: pose => compose(flipCameraAxes, pose),
  },
  {
    reading: 'from camera to object',
    remedy: 'invert the matrix',
    read: pose => {
      const { rotation, translation } = invert(pose);
      return rigid(rotation, translation);
    },
  },
  {
    reading: 'with its rotation column by column',
    remedy: 'transpose the nine numbers of the rotation',
    read: ({ rotation, translation }) => rigid(transposed(rotation), translation),
  },
];

/** Poses that fit this well are not doubted. */
const doubtful = 0.6;

/**
 * The reading of poses under which they fit far better than `given`, how well they fit as they stand, 0 to 1; undefined
 * where there is none. `fitOf` says how well they fit when each is read so. Poses that are merely rough fit as they are.
 */
export function findPoseConfusion(
  given: number,
  fitOf: (read: (pose: CamFromObject) => CamFromObject) => number,
): PoseConfusion | undefined {
  if (given >= doubtful) return undefined;
  let best: PoseConfusion | undefined;
  let most = given < 0.1 ? 0.25 : Math.max(doubtful, given + 0.3);
  for (const unit of units) {
    for (const layout of layouts) {
      if (unit.reading === '' && layout.reading === '') continue;
      const fit = fitOf(pose => unit.read(layout.read(pose)));
      // A simpler reading that fits as well comes first.
      if (fit <= most) continue;
      most = fit * 1.02;
      const parts = [layout, unit].filter(({ reading }) => reading !== '');
      best = {
        reading: parts.map(({ reading }) => reading).join(', '),
        remedy: sentence(parts.map(({ remedy }) => remedy).join(', then ')),
        fit,
      };
    }
  }
  return best;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
