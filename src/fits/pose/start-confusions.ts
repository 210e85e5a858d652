// The usual ways to hand over a pose wrongly: in OpenGL axes, inverted, written column by column, in metres or centimetres.
// Each is tried against the mask; the one that explains it is named with what to do. Pure, any process.
import { type CamFromObject, compose, flipCameraAxes, invert, rigid, scaleTranslation } from '../../geometry/rigid.ts';
import { transposed } from '../../geometry/rotation.ts';

export interface StartConfusion {
  /** What the pose was taken for to fit, as 'in metres'. */
  readonly reading: string;
  /** What to do, a sentence. */
  readonly remedy: string;
  /** The pose as it was meant. */
  readonly camFromObject: CamFromObject;
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

/** Below this overlap a start is looked into. */
export const doubtfulOverlap = 0.6;

/**
 * The reading of `start` whose overlap with the mask (intersection over union, as `overlapOf` gives it) is far above `given`,
 * the overlap as it stands; undefined where there is none. A start that is merely rough overlaps as it is.
 */
export function findStartConfusion(
  start: CamFromObject,
  given: number,
  overlapOf: (pose: CamFromObject) => number,
): StartConfusion | undefined {
  if (given >= doubtfulOverlap) return undefined;
  let best: StartConfusion | undefined;
  let most = given < 0.1 ? 0.25 : Math.max(doubtfulOverlap, given + 0.3);
  for (const unit of units) {
    for (const layout of layouts) {
      if (unit.reading === '' && layout.reading === '') continue;
      const camFromObject = unit.read(layout.read(start));
      const overlap = overlapOf(camFromObject);
      // A simpler reading that overlaps as well comes first.
      if (overlap <= most) continue;
      most = overlap * 1.02;
      const parts = [layout, unit].filter(({ reading }) => reading !== '');
      best = {
        reading: parts.map(({ reading }) => reading).join(', '),
        remedy: sentence(parts.map(({ remedy }) => remedy).join(', then ')),
        camFromObject,
      };
    }
  }
  return best;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
