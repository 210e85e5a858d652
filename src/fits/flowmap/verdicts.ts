// What a user must know about a camera fit before trusting it: reasons why a video cannot give cameras, found before the
// search, and doubts about the result, found after it. Each has a sentence; nothing fails in silence.
import { identityCameras } from '../../ops/reproject/chained-poses.ts';
import { pixelsPerUnit, someTracks, type TrackObservations } from '../../ops/reproject/observations.ts';
import { type CameraState, plainReprojector, residualLengths, residualVectors } from '../../ops/reproject/reproject.ts';
import type { Standing } from './camera-method.ts';
import { middle } from './middle.ts';
import { areMirrored, mirrored } from './mirrored.ts';
import { polish } from './polish.ts';

export interface Verdict {
  readonly kind:
    | 'too-few-frames'
    | 'too-few-tracks'
    | 'cut'
    | 'wide-baseline'
    | 'no-motion'
    | 'pure-rotation'
    | 'focal-not-observable'
    | 'mirrored'
    | 'disagreement'
    | 'outliers'
    | 'behind';
  /** refuses: there is nothing to fit; doubts: the result may be wrong. */
  readonly weight: 'refuses' | 'doubts';
  readonly text: string;
  readonly tip: string;
}

/** Tracks that answer questions beside the fit: enough for any verdict, and quick. */
const MOST_TRACKS = 800;
const FEWEST_FRAMES = 3;
const FEWEST_TRACKS = 12;
/** Tracks that must cross from a frame to the next: five points fix a motion, some of them will be wrong. */
const FEWEST_LINKS = 8;
/** Photographs from far apart have fewer links than this between half of their neighbours, and shorter tracks. */
const USUAL_LINKS = 50;
const USUAL_SIGHTINGS = 3;
/** All in pixels of the 640 × 480 area. */
const STILL = 1;
const NO_PARALLAX = 0.5;
const MOST_PRODUCT = 4;
const OUTLIER = 4;
/** Videos of still scenes have next to none; a thing that moves shows in part, since depth and focal length make up for some of it. */
const MOST_OUTLIERS = 0.12;

/** Why these tracks cannot give cameras; empty where they can. `numbers` are what the user calls the frames. */
export function refusals(
  observations: TrackObservations,
  numbers: readonly number[] = Array.from({ length: observations.frames }, (_, frame) => frame),
): readonly Verdict[] {
  const { frames, tracks, starts, anchorFrames, anchors, frameOf, positions } = observations;
  const refuse = (kind: Verdict['kind'], text: string, tip: string): Verdict[] => [
    { kind, weight: 'refuses', text, tip },
  ];
  if (frames < FEWEST_FRAMES) {
    return refuse(
      'too-few-frames',
      `${frames === 1 ? 'One frame is' : `${frames} frames are`} too few: the camera motion needs at least ${FEWEST_FRAMES}.`,
      'Give a longer video, or a smaller stride.',
    );
  }
  if (tracks < FEWEST_TRACKS) {
    return refuse(
      'too-few-tracks',
      `Only ${counted(tracks)} could be followed; at least ${FEWEST_TRACKS} are needed.`,
      'Film something with texture, in good light, and without motion blur.',
    );
  }
  const links = new Uint32Array(frames - 1);
  const displacements = new Float64Array(tracks);
  for (let track = 0; track < tracks; track++) {
    const last = starts[track + 1] - 1;
    for (let frame = anchorFrames[track]; frame < frameOf[last]; frame++) links[frame]++;
    displacements[track] =
      pixelsPerUnit *
      Math.hypot(positions[2 * last] - anchors[2 * track], positions[2 * last + 1] - anchors[2 * track + 1]);
  }
  const usualLinks = middle(Float64Array.from(links));
  const sightings = observations.trackOf.length / tracks;
  const isWide = usualLinks < USUAL_LINKS && sightings < USUAL_SIGHTINGS;
  const matcher = 'Photographs from far apart need a program that matches pictures, such as COLMAP.';
  const cut = links.findIndex(count => count < FEWEST_LINKS);
  if (cut >= 0) {
    const [before, after] = [numbers[cut], numbers[cut + 1]];
    return refuse(
      'cut',
      `Only ${counted(links[cut])} ${links[cut] === 1 ? 'connects' : 'connect'} frame ${before} with frame ${after}: the picture jumps, blurs or has no texture there, ${isWide ? 'the pictures overlap too little, ' : ''}or something moves over most of it.`,
      `Choose frames up to ${before} or from ${after} on, or more frames a second; mask what moves.${isWide ? ` ${matcher}` : ''}`,
    );
  }
  if (isWide) {
    return refuse(
      'wide-baseline',
      `The pictures overlap too little for a video: neighbours share about ${usualLinks} points, which are lost after ${(1 + sightings).toFixed(1)} frames on average.`,
      `Take more frames a second. ${matcher}`,
    );
  }
  if (middle(displacements) < STILL) {
    return refuse(
      'no-motion',
      `The picture hardly moves: half of the points move by less than ${STILL} pixel of a 640 × 480 picture.`,
      'Move the camera sideways while filming, or take a larger stride.',
    );
  }
  const { parallax } = rotationOnly(observations);
  if (parallax < NO_PARALLAX) {
    return refuse(
      'pure-rotation',
      `The camera only turns: beside its turns points move by ${parallax.toFixed(2)} pixels of a 640 × 480 picture, so there is no depth to see.`,
      'Walk with the camera instead of turning on the spot.',
    );
  }
  return [];
}

function counted(points: number): string {
  return points === 1 ? '1 point' : `${points} points`;
}

export interface RotationOnly {
  readonly state: CameraState;
  /**
   * What turns leave of the motion along a track, in pixels of the 640 × 480 area: the root of the mean product of the residuals
   * at its last two sightings, each product at most that of 2 pixels. Parallax is the same in both, noise is not; turns take
   * that of one plane along, so that it may show in few of the tracks.
   */
  readonly parallax: number;
}

/** The best cameras that only turn, by robust second-order steps from a wide scale to a narrow one. */
export function rotationOnly(all: TrackObservations): RotationOnly {
  const observations = someTracks(all, MOST_TRACKS);
  const reprojector = plainReprojector(observations);
  const start = (focal: number): CameraState => ({
    worldFromCams: identityCameras(observations.frames),
    logDepths: new Float64Array(observations.tracks),
    logFocal: Math.log(focal),
  });
  const stages = [64, 16, 4, 2].map(scale => ({ scale, steps: 6 }));
  const tries = [0.7, 1.3, 2.4].map(focal => polish(reprojector, start(focal), stages, ['translation']));
  const { state } = tries.reduce((a, b) => (b.loss < a.loss ? b : a));
  const r = residualVectors(observations, state);
  const { starts, tracks } = observations;
  let sum = 0;
  for (let track = 0; track < tracks; track++) {
    const [last, before] = [starts[track + 1] - 1, Math.max(starts[track], starts[track + 1] - 2)];
    const product = r[2 * last] * r[2 * before] + r[2 * last + 1] * r[2 * before + 1];
    sum += Math.max(-MOST_PRODUCT, Math.min(MOST_PRODUCT, product));
  }
  return { state, parallax: Math.sqrt(Math.max(0, sum / tracks)) };
}

/** A state on fewer tracks: what is asked of it here needs no more. */
function fewer(all: TrackObservations, { logDepths, ...rest }: CameraState) {
  const observations = someTracks(all, MOST_TRACKS);
  const state: CameraState = { ...rest, logDepths: Float64Array.from(observations.source, track => logDepths[track]) };
  return { reprojector: plainReprojector(observations), state };
}

/** Loss at focal lengths that are held fixed while all else follows. */
export interface FocalCurve {
  /** Over √(width · height), rising; the middle one is the fit's. */
  readonly focals: readonly number[];
  /** Mean Cauchy loss at a scale of 1 pixel. */
  readonly losses: readonly number[];
  /** Factor below and above the fitted focal length within which the loss stays within 2 % of the least. */
  readonly range: readonly [number, number];
}

const CURVE_FACTORS = [1.07, 1.2, 1.45, 2];
/** Rise of the loss that counts as a difference: systematic errors of tracks are of this size. */
const RISE = 0.02;
/** A focal length is observable where the loss has risen at 20 % more and 20 % less. */
const WIDEST_RANGE = 1.2;

/** Walks from the fitted focal length down and up, each time from the solution before. */
export function focalCurve(all: TrackObservations, allState: CameraState, scale = 1): FocalCurve {
  const { reprojector, state } = fewer(all, allState);
  const fitted = { factor: 1, loss: reprojector.loss(state, scale).loss };
  const limit = fitted.loss * (1 + RISE) + 1e-4;
  const walk = (direction: 1 | -1) => {
    const points = [];
    let [at, previous] = [state, 1];
    for (const step of CURVE_FACTORS) {
      const factor = step ** direction;
      const logFocal = state.logFocal + Math.log(factor);
      // Depths follow the focal length where the cameras do not: a first guess that keeps far points where they are seen.
      const logDepths = at.logDepths.map(value => value + Math.log(factor / previous));
      const stages = [{ scale, steps: 8 }];
      const { state: found, loss } = polish(reprojector, { ...at, logDepths, logFocal }, stages, ['focal']);
      points.push({ factor, loss });
      [at, previous] = [found, factor];
    }
    return points;
  };
  const [below, above] = [walk(-1), walk(1)];
  const reach = (points: readonly { readonly factor: number; readonly loss: number }[]): number => {
    let last = fitted;
    for (const point of points) {
      if (point.loss > limit) {
        const share = (limit - last.loss) / (point.loss - last.loss);
        return last.factor * (point.factor / last.factor) ** Math.max(0, share);
      }
      last = point;
    }
    return last.factor;
  };
  const points = [...below.toReversed(), fitted, ...above];
  const focal = Math.exp(state.logFocal);
  return {
    focals: points.map(({ factor }) => factor * focal),
    losses: points.map(({ loss }) => loss),
    range: [reach(below), reach(above)],
  };
}

export interface MirroredSolution {
  /** On the tracks that were looked at, as `loss` and that of the `original` are. */
  readonly state: CameraState;
  readonly loss: number;
  readonly original: number;
  /** False where the polish came back to the original. */
  readonly isOther: boolean;
}

/** The solution with the relief turned inside out, which looks nearly the same where perspective is weak; polished. */
export function mirroredSolution(all: TrackObservations, allState: CameraState, scale = 1): MirroredSolution {
  const { reprojector, state } = fewer(all, allState);
  const found = polish(reprojector, mirrored(reprojector.observations, state), [
    { scale: 16, steps: 8 },
    { scale: 4, steps: 8 },
    { scale, steps: 12 },
  ]);
  return { ...found, original: reprojector.loss(state, scale).loss, isOther: areMirrored(found.state, state) };
}

/** Share of the sightings that are further off than anything but a wrong track, or a thing that moves, would be. */
export function outlierShare(observations: TrackObservations, state: CameraState): number {
  const lengths = residualLengths(observations, state);
  return lengths.filter(length => length > OUTLIER).length / Math.max(1, lengths.length);
}

/** What is known about a result besides its cameras. */
export interface Evidence {
  readonly members: number;
  /** Those whose own way led to the cameras of the best one, itself included. */
  readonly agreeing: number;
  /** Those that came to the scene which the best one is, turned inside out: it came from them, and explains more. */
  readonly mirroring: number;
  /** Undefined where the focal length was given. */
  readonly curve: FocalCurve | undefined;
  readonly mirrored: MirroredSolution | undefined;
}

/** What the ways of all members say of the best one's cameras. */
export function agreementOf(standings: readonly Standing[]): Pick<Evidence, 'members' | 'agreeing' | 'mirroring'> {
  const count = (kind: Standing) => standings.filter(standing => standing === kind).length;
  return { members: standings.length, agreeing: count('same'), mirroring: count('mirrored') };
}

/** Doubts about a result, the worst first. */
export function doubts(
  observations: TrackObservations,
  state: CameraState,
  { members, agreeing, mirroring, curve, mirrored }: Evidence,
): readonly Verdict[] {
  const found: Verdict[] = [];
  const doubt = (kind: Verdict['kind'], text: string, tip: string) => found.push({ kind, weight: 'doubts', text, tip });
  if (agreeing + mirroring < 2 && members > 1) {
    doubt(
      'disagreement',
      `No other of the ${members} members came to the cameras of the best one.`,
      'Look at the members side by side; give the focal length, or more frames.',
    );
  }
  if (curve !== undefined && (curve.range[1] > WIDEST_RANGE || curve.range[0] < 1 / WIDEST_RANGE)) {
    const percent = (factor: number) => `${factor < 1 ? '−' : '+'}${Math.abs(100 * (factor - 1)).toFixed(0)} %`;
    doubt(
      'focal-not-observable',
      `The video hardly tells the focal length: from ${percent(curve.range[0])} to ${percent(curve.range[1])} the fit is as good.`,
      'Give the focal length if you know it, or film with turns and shifts in several directions.',
    );
  }
  if (mirrored?.isOther === true && mirrored.loss < 1.03 * mirrored.original) {
    doubt(
      'mirrored',
      'The scene turned inside out explains the tracks as well: perspective is too weak to tell which one is right.',
      'Film from nearer, or with a wider lens.',
    );
  }
  const wrong = outlierShare(observations, state);
  if (wrong > MOST_OUTLIERS) {
    doubt(
      'outliers',
      `${(100 * wrong).toFixed(0)} % of the sightings do not fit a camera in a scene at rest (more than ${OUTLIER} pixels off): something large moves, or tracks are wrong.`,
      'Mask what moves.',
    );
  }
  const lengths = residualLengths(observations, state);
  const behind = lengths.filter(length => length === Infinity).length / Math.max(1, lengths.length);
  if (behind > 0.02) {
    doubt(
      'behind',
      `${(100 * behind).toFixed(0)} % of the points lie behind a camera that saw them.`,
      'Do not trust these cameras; try other frames.',
    );
  }
  return found;
}
