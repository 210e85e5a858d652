// What a user must know about a camera fit before trusting it: reasons why a video cannot give cameras, found before the
// search, and doubts about the result, found after it. Each has a sentence; nothing fails in silence.
import { identityCameras } from '../../ops/reproject/chained-poses.ts';
import { pixelsPerUnit, someTracks, type TrackObservations } from '../../ops/reproject/observations.ts';
import { type CameraState, plainReprojector, residualLengths } from '../../ops/reproject/reproject.ts';
import { type CameraSearchResult, middle } from './camera-search.ts';
import { createPolish } from './polish.ts';

export interface Verdict {
  readonly kind:
    | 'too-few-frames'
    | 'too-few-tracks'
    | 'cut'
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
/** All in pixels of the 640 × 480 area. */
const STILL = 1;
const NO_PARALLAX = 0.6;
const OUTLIER = 4;
const MOST_OUTLIERS = 0.35;

/** Why these tracks cannot give cameras; empty where they can. */
export function refusals(observations: TrackObservations): readonly Verdict[] {
  const { frames, tracks, starts, anchorFrames, anchors, frameOf, positions } = observations;
  const refuse = (kind: Verdict['kind'], text: string, tip: string): Verdict[] => [
    { kind, weight: 'refuses', text, tip },
  ];
  if (frames < FEWEST_FRAMES) {
    return refuse(
      'too-few-frames',
      `${frames} frames are too few: the camera motion needs at least ${FEWEST_FRAMES}.`,
      'Give a longer video, or a smaller stride.',
    );
  }
  if (tracks < FEWEST_TRACKS) {
    return refuse(
      'too-few-tracks',
      `Only ${tracks} points could be followed; at least ${FEWEST_TRACKS} are needed.`,
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
  const cut = links.findIndex(count => count < FEWEST_LINKS);
  if (cut >= 0) {
    return refuse(
      'cut',
      `Only ${links[cut]} points connect frame ${cut} with frame ${cut + 1}: the picture jumps, blurs or has no texture there.`,
      `Choose frames before or after frame ${cut}, or more frames a second.`,
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
      `The camera only turns: beside its turns half of the points move by less than ${Math.max(0.01, parallax).toFixed(2)} pixels of a 640 × 480 picture, so there is no depth to see.`,
      'Walk with the camera instead of turning on the spot.',
    );
  }
  return [];
}

export interface RotationOnly {
  readonly state: CameraState;
  /**
   * What turns leave of the motion along a track, in pixels of the 640 × 480 area: the median residual at the last sighting
   * of each track beyond that at its second one, which holds the noise of the tracks as well but hardly any shift.
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
  const tries = [0.7, 1.3, 2.4].map(focal => {
    const polish = createPolish(reprojector, start(focal), { fixed: ['translation'] });
    for (const scale of [64, 16, 4, 2])
      for (let step = 0; step < 6 && !(step > 0 && polish.settled); step++) polish.step(scale);
    return polish;
  });
  const { state } = tries.reduce((a, b) => (b.loss < a.loss ? b : a));
  const lengths = residualLengths(observations, state);
  const { starts, tracks } = observations;
  const at = (sighting: (track: number) => number) =>
    middle(Float64Array.from({ length: tracks }, (_, track) => lengths[sighting(track)]));
  const [early, late] = [at(track => starts[track]), at(track => starts[track + 1] - 1)];
  return { state, parallax: Math.sqrt(Math.max(0, late * late - early * early)) };
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
      const polish = createPolish(reprojector, { ...at, logDepths, logFocal }, { fixed: ['focal'] });
      for (let n = 0; n < 8 && !(n > 0 && polish.settled); n++) polish.step(scale);
      points.push({ factor, loss: polish.loss });
      [at, previous] = [polish.state, factor];
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
  const { observations } = reprojector;
  const { frames, tracks, anchorFrames } = observations;
  const { worldFromCams: cams } = state;
  // The plane of the mirror: the median depth, which each camera carries along.
  const middleDepth = Math.exp(middle(state.logDepths));
  const centre = (frame: number) => Float64Array.of(0, 0, depthAt(observations, state, frame) ?? middleDepth);
  const first = centre(0);
  const mirrored = new Float64Array(cams.length);
  for (let f = 0; f < frames; f++) {
    const c = centre(f);
    // x_cam = Rᵀ (x − p); mirrored: x_cam' = S (x_cam − c) + c and x' = S (x − c0) + c0 with S = diag(1, 1, −1).
    const sign = [1, 1, -1];
    for (let row = 0; row < 3; row++) {
      let turned = 0;
      for (let k = 0; k < 3; k++) {
        const value = sign[row] * cams[12 * f + 4 * row + k] * sign[k];
        mirrored[12 * f + 4 * row + k] = value;
        turned += value * (c[k] - sign[k] * c[k]);
      }
      // x' = S (R x_cam + p − c0) + c0 = R' (x_cam' − (c − S c)) + S (p − c0) + c0 with R' = S R S.
      mirrored[12 * f + 4 * row + 3] = sign[row] * (cams[12 * f + 4 * row + 3] - first[row]) + first[row] - turned;
    }
  }
  const planes = Float64Array.from({ length: frames }, (_, f) => centre(f)[2]);
  const logDepths = Float64Array.from({ length: tracks }, (_, t) => {
    const plane = planes[anchorFrames[t]];
    return Math.log(Math.max(0.1 * plane, 2 * plane - Math.exp(state.logDepths[t])));
  });
  const polish = createPolish(reprojector, { worldFromCams: mirrored, logDepths, logFocal: state.logFocal });
  for (const wide of [8, 2]) for (let n = 0; n < 6 && !(n > 0 && polish.settled); n++) polish.step(wide);
  for (let n = 0; n < 12 && !(n > 0 && polish.settled); n++) polish.step(scale);
  return {
    state: polish.state,
    loss: polish.loss,
    original: reprojector.loss(state, scale).loss,
    isOther: areMirrored(polish.state, state),
  };
}

/** Median depth of the tracks that begin in a frame. */
function depthAt({ anchorFrames }: TrackObservations, { logDepths }: CameraState, frame: number): number | undefined {
  const logs = logDepths.filter((_, t) => anchorFrames[t] === frame);
  return logs.length === 0 ? undefined : Math.exp(middle(logs));
}

/** Doubts about a result, from its members, residuals, focal curve and mirrored solution. */
export function doubts(
  observations: TrackObservations,
  result: CameraSearchResult,
  curve: FocalCurve | undefined,
  mirrored: MirroredSolution | undefined,
): readonly Verdict[] {
  const found: Verdict[] = [];
  const doubt = (kind: Verdict['kind'], text: string, tip: string) => found.push({ kind, weight: 'doubts', text, tip });
  const agreeing = result.members.filter(({ agrees }) => agrees).length;
  if (agreeing < 2 && result.members.length > 1) {
    doubt(
      'disagreement',
      `No other of the ${result.members.length} members came to the cameras of the best one.`,
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
  const lengths = residualLengths(observations, result.state);
  const wrong = lengths.filter(length => length > OUTLIER).length / Math.max(1, lengths.length);
  if (wrong > MOST_OUTLIERS) {
    doubt(
      'outliers',
      `${(100 * wrong).toFixed(0)} % of the sightings do not fit a camera in a scene at rest (more than ${OUTLIER} pixels off): something large moves, or tracks are wrong.`,
      'Mask what moves.',
    );
  }
  if (result.behind > 0.02 * lengths.length) {
    doubt(
      'behind',
      `${((100 * result.behind) / lengths.length).toFixed(0)} % of the points lie behind a camera that saw them.`,
      'Do not trust these cameras; try other frames.',
    );
  }
  return found;
}

/** Whether the turns of the two are opposite, rather than the polish having come back to where it started from. */
function areMirrored(a: CameraState, b: CameraState): boolean {
  let product = 0;
  for (let f = 1; 12 * f < a.worldFromCams.length; f++) {
    // Turns about x and y, which a mirrored scene has the other way round: the skew parts of R.
    for (const [i, j] of [
      [9, 6],
      [2, 8],
    ]) {
      const turn = ({ worldFromCams: c }: CameraState) => c[12 * f + i] - c[12 * f + j];
      product += turn(a) * turn(b);
    }
  }
  return product < 0;
}
