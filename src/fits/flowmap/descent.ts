// First-order search for the cameras of a video: Adam on relative motions, depths and focal length over random observations,
// with a curriculum that lets in frames, or gaps between frames, one after another. One `step` is one iteration.
import { createRandom } from '../../numerics/random.ts';
import { chainGradient, chainPoses, identityCameras } from '../../ops/reproject/chained-poses.ts';
import {
  type CameraState,
  createGradient,
  type ReprojectionLoss,
  type Reprojector,
} from '../../ops/reproject/reproject.ts';
import { adam } from '../../optimizers/adam.ts';

/** time: frames enter one by one, with a wide Cauchy scale first. gap: the longest gap of a track grows from 2 to all. */
export type Curriculum = 'time' | 'gap';

export interface DescentSettings {
  readonly iterations: number;
  /** Random observations of one iteration. */
  readonly observations: number;
  readonly depthRate: number;
  readonly poseRate: number;
  readonly focalRate: number;
  /** Share of the iterations over which the curriculum lets everything in. */
  readonly curriculumShare: number;
  /** Factor on the rates at the end; a half cosine leads there. */
  readonly finalRate: number;
}

export const descentSettings: DescentSettings = {
  iterations: 300,
  observations: 4000,
  depthRate: 2e-2,
  poseRate: 1e-2,
  focalRate: 2e-2,
  curriculumShare: 0.6,
  finalRate: 0.02,
};

/** Cauchy scale at the start of a curriculum, in pixels; it ends at 1. */
const startScale: Readonly<Record<Curriculum, number>> = { time: 64, gap: 8 };
const SHORTEST_GAP = 2;

export interface Descent {
  readonly iteration: number;
  readonly state: CameraState;
  /** Cauchy scale of the next iteration, pixels. */
  readonly scale: number;
  step(): ReprojectionLoss;
}

interface Block {
  readonly values: Float32Array;
  readonly gradients: Float32Array;
  readonly moments: ReturnType<typeof adam.init>;
  readonly rate: number;
}

/** `focal`: start of the focal length over √(width · height). */
export function createDescent(
  reprojector: Reprojector,
  curriculum: Curriculum,
  focal: number,
  seed: number,
  settings: DescentSettings = descentSettings,
): Descent {
  const { observations } = reprojector;
  const { frames, tracks, frameOf, trackOf, anchorFrames } = observations;
  const random = createRandom(seed, 'observations of an iteration');
  /** What the curriculum lets in first comes first. */
  const rankOf = (o: number) => (curriculum === 'time' ? frameOf[o] : frameOf[o] - anchorFrames[trackOf[o]]);
  const order = Uint32Array.from(trackOf.keys()).sort((a, b) => rankOf(a) - rankOf(b) || a - b);
  const lastRank = curriculum === 'time' ? frames - 1 : observations.longestGap;
  const firstRank = Math.min(lastRank, curriculum === 'time' ? 1 : SHORTEST_GAP);
  /** [rank] how many observations have at most this rank. */
  const upTo = new Uint32Array(lastRank + 1);
  for (const o of order) upTo[rankOf(o)]++;
  for (let rank = 1; rank <= lastRank; rank++) upTo[rank] += upTo[rank - 1];

  const block = (size: number, rate: number): Block => ({
    values: new Float32Array(size),
    gradients: new Float32Array(size),
    moments: adam.init(size),
    rate,
  });
  const motions = block(6 * (frames - 1), settings.poseRate);
  const depths = block(tracks, settings.depthRate);
  const focals = block(1, settings.focalRate);
  focals.values[0] = Math.log(focal);
  const worldFromCams = identityCameras(frames);
  const logDepths = new Float64Array(tracks);
  const gradient = createGradient(observations);
  const chosen = new Uint32Array(settings.observations);
  let iteration = 0;

  const progress = () => Math.min(1, iteration / Math.max(1, settings.curriculumShare * settings.iterations));
  const scale = () => startScale[curriculum] ** (1 - progress());
  const current = (): CameraState => {
    chainPoses(motions.values, worldFromCams);
    logDepths.set(depths.values);
    return { worldFromCams, logDepths, logFocal: focals.values[0] };
  };
  return {
    get iteration() {
      return iteration;
    },
    get state() {
      const { worldFromCams: cams, logDepths: logs, logFocal } = current();
      return { worldFromCams: cams.slice(), logDepths: logs.slice(), logFocal };
    },
    get scale() {
      return scale();
    },
    step() {
      const among = upTo[firstRank + Math.floor(progress() * (lastRank - firstRank))];
      for (let i = 0; i < chosen.length; i++) chosen[i] = order[random.integer(among)];
      const result = reprojector.gradient(current(), chosen, scale(), gradient);
      chainGradient(motions.values, worldFromCams, gradient.twists, motions.gradients);
      depths.gradients.set(gradient.logDepths);
      focals.gradients.set(gradient.logFocal);
      const { finalRate, iterations } = settings;
      const turn = Math.PI * Math.min(1, iteration / Math.max(1, iterations));
      const factor = finalRate + ((1 - finalRate) * (1 + Math.cos(turn))) / 2;
      iteration++;
      const info = { step: iteration, loss: result.loss, gradientNormSquared: 0, random };
      for (const { values, gradients, moments, rate } of [motions, depths, focals]) {
        const hyper = { learningRate: rate * factor, beta1: 0.9, beta2: 0.99, epsilon: 1e-12 };
        adam.update(values, gradients, moments, hyper, info);
      }
      return result;
    },
  };
}
