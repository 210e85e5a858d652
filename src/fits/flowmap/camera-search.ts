// Tracks in, cameras out: six members search by descent (three focal lengths × two curricula), each is polished, and the best
// is polished to the end. Members that come to the same cameras on different ways are the evidence that these are right.

import { type CameraState, type Reprojector, residualLengths } from '../../ops/reproject/reproject.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { type Curriculum, createDescent, type DescentSettings, descentSettings } from './descent.ts';
import { createPolish, type Polish } from './polish.ts';

export interface CameraSearchSettings {
  readonly descent: DescentSettings;
  /** Starts of the focal length over √(width · height). */
  readonly focals: readonly number[];
  readonly curricula: readonly Curriculum[];
  /** Steps of every member at the coarse scale, per round; more rounds follow while the two best disagree. */
  readonly polishSteps: number;
  readonly polishRounds: number;
  readonly finalSteps: number;
  /** Cauchy scales in pixels. */
  readonly polishScale: number;
  readonly finalScale: number;
  /** The focal length stays as it starts. */
  readonly focalKnown: boolean;
  readonly seed: number;
}

export const cameraSearchSettings: CameraSearchSettings = {
  descent: descentSettings,
  focals: [0.6, 1.2, 2.4],
  curricula: ['time', 'gap'],
  polishSteps: 12,
  polishRounds: 3,
  finalSteps: 40,
  polishScale: 2,
  finalScale: 1,
  focalKnown: false,
  seed: 0,
};

/** Two members agree whose losses and focal lengths differ by less than this share. */
const AGREEMENT = 0.03;

export interface SearchMember {
  readonly label: string;
  /** After the coarse polish. */
  readonly state: CameraState;
  readonly loss: number;
  readonly agrees: boolean;
}

export interface CameraSearchResult {
  readonly state: CameraState;
  /** Mean Cauchy loss at the final scale, pixels². */
  readonly loss: number;
  readonly behind: number;
  /** Best first; `agrees` with the best. */
  readonly members: readonly SearchMember[];
  readonly medianResidual: number;
}

/** What a search is at, for traces: the member, the stage and its Cauchy scale, the loss there. */
export interface SearchNews {
  readonly member: number;
  readonly stage: 'descent' | 'polish' | 'final';
  readonly scale: number;
  readonly loss: number;
}

/** Throws a LabError of code 'input' where there are fewer than two frames or no tracks. */
export function searchCameras(
  reprojector: Reprojector,
  settings: CameraSearchSettings = cameraSearchSettings,
  tell: (news: SearchNews) => void = () => {},
): CameraSearchResult {
  const { observations } = reprojector;
  if (observations.frames < 2 || observations.tracks === 0) {
    throw new LabError({
      code: 'input',
      message: `${observations.frames} frames with ${observations.tracks} tracks hold no camera motion.`,
      where: 'tracks',
      tip: 'Give a video with at least a few frames and texture to follow.',
    });
  }
  const { polishSteps, polishRounds, finalSteps, polishScale, finalScale, seed } = settings;
  const fixed = settings.focalKnown ? (['focal'] as const) : [];
  const starts = settings.focals.flatMap(focal => settings.curricula.map(curriculum => ({ focal, curriculum })));
  const polishes = starts.map(({ focal, curriculum }, member) => {
    const rate = settings.focalKnown ? 0 : settings.descent.focalRate;
    const descent = createDescent(reprojector, curriculum, focal, seed, { ...settings.descent, focalRate: rate });
    while (descent.iteration < settings.descent.iterations) {
      const { scale } = descent;
      tell({ member, stage: 'descent', scale, loss: descent.step().loss });
    }
    return createPolish(reprojector, descent.state, { fixed });
  });
  const refine = (polish: Polish, member: number, stage: 'polish' | 'final', steps: number, scale: number) => {
    for (let step = 0; step < steps && !(step > 0 && polish.settled); step++) {
      polish.step(scale);
      tell({ member, stage, scale, loss: polish.loss });
    }
  };
  const ranked = () => [...polishes.keys()].sort((a, b) => polishes[a].loss - polishes[b].loss || a - b);
  for (let round = 0; round < polishRounds; round++) {
    for (const [member, polish] of polishes.entries()) refine(polish, member, 'polish', polishSteps, polishScale);
    const [best, second] = ranked();
    if (second === undefined || agree(polishes[best], polishes[second])) break;
  }
  const order = ranked();
  const best = polishes[order[0]];
  const members = order.map(m => ({
    label: `${starts[m].curriculum}, focal ${starts[m].focal}`,
    state: polishes[m].state,
    loss: polishes[m].loss,
    agrees: agree(best, polishes[m]),
  }));
  refine(best, order[0], 'final', finalSteps, finalScale);
  return {
    state: best.state,
    loss: best.loss,
    behind: best.behind,
    members,
    medianResidual: middle(residualLengths(observations, best.state)),
  };
}

function agree(a: Polish, b: Polish): boolean {
  // Below a hundredth of a pixel, differences of the loss are rounding and noise.
  const losses = Math.abs(a.loss - b.loss) <= AGREEMENT * a.loss + 1e-4;
  return losses && Math.abs(a.state.logFocal - b.state.logFocal) < AGREEMENT;
}

/** The upper of the two in the middle, where there are two. */
export function middle(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1];
}
