// Which frames of a video, or of a folder of pictures, an input means: `clip.mp4#frames=0:100:2,max-frames=40`. The choice is
// part of the input's name, so that recipes, links and command lines carry it. Pure, any process.

import { LabError, nearestName } from '../protocol/lab-error.ts';

export const framePicks = ['first', 'sharpest', 'motion'] as const;
export type FramePick = (typeof framePicks)[number];

export interface FrameChoice {
  /** Frames are counted from 0, in the order in which they are shown. */
  readonly first: number;
  /** The first frame behind those that are meant; undefined: to the end. */
  readonly end: number | undefined;
  readonly stride: number;
  /** Undefined: as many as whoever reads takes without being told. */
  readonly maxFrames: number | undefined;
  /** Longer side in pixels; larger frames are scaled down. Undefined: as whoever reads takes them without being told. */
  readonly maxSide: number | undefined;
  /**
   * Which frames are kept where there are more than `maxFrames`: the first, or the sharpest, of each stretch of equal length; or
   * those between which the picture moves by equal amounts.
   */
  readonly pick: FramePick;
}

export const everyFrame: FrameChoice = {
  first: 0,
  end: undefined,
  stride: 1,
  maxFrames: undefined,
  maxSide: undefined,
  pick: 'first',
};

export interface FrameReference {
  /** Of the file or folder, without the choice. */
  readonly path: string;
  readonly choice: FrameChoice;
}

const keys = ['frames', 'max-frames', 'max-side', 'pick'] as const;
// Only this is a choice: any other # belongs to the name of a file.
const reference = /^(.*)#((?:frames|max-frames|max-side|pick)=[^#]*)$/s;

/** Throws a `setting` error for a choice that cannot be read. A name without one means every frame. */
export function splitFrameChoice(input: string): FrameReference {
  const [, path, text] = reference.exec(input) ?? [];
  return text === undefined ? { path: input, choice: everyFrame } : { path, choice: parseFrameChoice(text) };
}

/** `path` with its choice behind it, whatever choice it had before. */
export function withFrameChoice(path: string, choice: FrameChoice): string {
  const text = frameChoiceText(choice);
  const plain = reference.exec(path)?.[1] ?? path;
  return text === '' ? plain : `${plain}#${text}`;
}

/** Reads `frames=A:B:S,max-frames=N,max-side=P,pick=sharpest`, each part optional. Throws a `setting` error. */
export function parseFrameChoice(text: string): FrameChoice {
  let choice = everyFrame;
  for (const part of text.split(',')) {
    const [key, value = ''] = part.split(/=(.*)/s);
    if (key === 'frames') choice = { ...choice, ...parseFrameRange(value) };
    else if (key === 'max-frames') choice = { ...choice, maxFrames: count(value, key, 1) };
    else if (key === 'max-side') choice = { ...choice, maxSide: count(value, key, 1) };
    else if (key === 'pick') choice = { ...choice, pick: pickOf(value) };
    else {
      const near = nearestName(key, keys);
      const tip = near === undefined ? `There are ${keys.join(', ')}.` : `Did you mean ${near}?`;
      throw refused(`A choice of frames has no "${key}".`, tip);
    }
  }
  return choice;
}

/** Reads `A:B:S`: from frame A up to, without, frame B, every S-th; each may be left out. Throws a `setting` error. */
export function parseFrameRange(text: string): Pick<FrameChoice, 'first' | 'end' | 'stride'> {
  const parts = text.split(':');
  if (parts.length > 3 || parts.length < 2) {
    throw refused(
      `"${text}" is no range of frames.`,
      'Write first:end or first:end:step, such as 0:100:2 or 50: or ::3.',
    );
  }
  const [first, end, stride = ''] = parts;
  const range = {
    first: first === '' ? 0 : count(first, 'first frame', 0),
    end: end === '' ? undefined : count(end, 'end of the frames', 1),
    stride: stride === '' ? 1 : count(stride, 'step', 1),
  };
  if (range.end !== undefined && range.end <= range.first) {
    throw refused(
      `The frames ${text} hold none: the end is left out.`,
      `Write ${range.first}:${range.first + 1} for one.`,
    );
  }
  return range;
}

/** The choice as it stands behind `#`; empty where it is every frame. */
export function frameChoiceText({ first, end, stride, maxFrames, maxSide, pick }: FrameChoice): string {
  const parts: string[] = [];
  if (first !== 0 || end !== undefined || stride !== 1) {
    parts.push(`frames=${first}:${end ?? ''}${stride === 1 ? '' : `:${stride}`}`);
  }
  if (maxFrames !== undefined) parts.push(`max-frames=${maxFrames}`);
  if (maxSide !== undefined) parts.push(`max-side=${maxSide}`);
  if (pick !== 'first') parts.push(`pick=${pick}`);
  return parts.join(',');
}

/**
 * The frames meant of `total`, as groups in order: one frame is kept of each. A group has several frames only where the
 * sharpest is to be found among them. Where there are more frames than `maxFrames`, whole strides are skipped, so that
 * the time between frames stays the same. Throws an `input` error where the choice holds no frame.
 */
export function groupFrames(total: number, choice: FrameChoice, maxFrames = choice.maxFrames): readonly number[][] {
  const { first, end, stride, pick } = choice;
  const behind = Math.min(end ?? total, total);
  const chosen = Math.max(0, Math.ceil((behind - first) / stride));
  if (chosen === 0) {
    throw new LabError({
      code: 'input',
      message: `There are ${total} frames, numbered from 0, and the choice begins at frame ${first}.`,
      tip: `Begin at frame ${Math.max(0, total - 1)} or before.`,
    });
  }
  const together = Math.ceil(chosen / (maxFrames ?? chosen));
  const groups: number[][] = [];
  for (let n = 0; n < chosen; n++) {
    const frame = first + n * stride;
    if (n % together === 0) groups.push([frame]);
    else if (pick === 'sharpest') groups.at(-1)?.push(frame);
  }
  return groups;
}

/**
 * Of `candidates`, at most `most` between which the picture moves by equal amounts: the first, then each at which another share of
 * the whole motion has passed. `motions[n]`: from candidate n − 1 to candidate n. Undefined where nothing moves.
 */
export function equalMotion(
  candidates: readonly number[],
  motions: ArrayLike<number>,
  most: number,
): readonly number[][] | undefined {
  let total = 0;
  for (let n = 1; n < candidates.length; n++) total += motions[n];
  if (!(total > 0)) return undefined;
  const share = total / Math.max(1, most - 1);
  const groups = [[candidates[0]]];
  let passed = 0;
  for (let n = 1; n < candidates.length && groups.length < most; n++) {
    passed += motions[n];
    // Sums are rounded: the last share is passed by the last candidate.
    if (passed >= share * groups.length * (1 - 1e-9)) groups.push([candidates[n]]);
  }
  return groups;
}

function count(text: string, name: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
  throw refused(`The ${name} is "${text}".`, `Give a whole number, ${least} or more.`);
}

function pickOf(text: string): FramePick {
  const pick = framePicks.find(name => name === text);
  if (pick !== undefined) return pick;
  throw refused(
    `Frames can be picked as the first, the sharpest, or by equal motion, not as "${text}".`,
    'Write pick=sharpest or pick=motion.',
  );
}

function refused(message: string, tip: string): LabError {
  return new LabError({ code: 'setting', message, tip, where: 'frames' });
}
