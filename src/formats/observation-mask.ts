// Which entries of an array a mask marks as observed: the shapes it may have, and what counts as marked. Pure.

import { LabError } from '../protocol/lab-error.ts';

export interface MaskSource {
  readonly name: string;
  /** picture and video: levels between black and white. Anything else: numbers. */
  readonly kind: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

export interface ReadMask {
  /** In the order of the input; 1 where observed. */
  readonly observed: Uint8Array;
  /** Values of a picture between black and white, which half of full scale decides. */
  readonly grey: number;
}

/** How an array of three axes is seen: [height, width, planes] or [frame, height, width]. */
export type MaskView = 'rows' | 'frames';

/**
 * Pictures observe from half of full scale on, arrays where they are not zero. The shape is that of the input, or that of
 * its pictures: [height, width], [height, width, 1], and for videos [frame or 1, height, width(, 1)]. A colour picture of
 * three equal channels counts as grey. The first of `views` that fits is taken. Throws `input` errors.
 */
export function readMask(mask: MaskSource, shape: readonly number[], views: readonly MaskView[]): ReadMask {
  const isPicture = mask.kind === 'picture' || mask.kind === 'video';
  let grey = 0;
  let missing = 0;
  let firstMissing = 0;
  const marks = Uint8Array.from({ length: mask.values.length }, (_, i) => {
    const value = mask.values[i];
    if (isPicture) {
      if (value !== 0 && value !== 1) grey++;
      return value >= 0.5 ? 1 : 0;
    }
    if (Number.isNaN(value) && missing++ === 0) firstMissing = i;
    return value === 0 ? 0 : 1;
  });
  if (missing > 0) {
    throw new LabError({
      code: 'input',
      message: `The mask holds NaN in ${missing} of its ${marks.length} values, the first at [${placeOf(firstMissing, mask.shape)}].`,
      where: mask.name,
      tip: 'Give 0 for missing and 1 for observed.',
    });
  }
  if (equal(trimmed(mask.shape), trimmed(shape))) return { observed: marks, grey };
  const { shape: given, values } = isPicture ? asGrey(mask.shape, marks) : { shape: mask.shape, values: marks };
  for (const view of views) {
    const axes = axesOf(shape, view);
    const own = axesOfMask(given, axes);
    if (own !== undefined) return { observed: spread(values, own, axes), grey };
  }
  const [, height, width] = axesOf(shape, views[0]);
  const others = views
    .flatMap(view => {
      const [frames, h, w] = axesOf(shape, view);
      return frames > 1 ? [`[${h}, ${w}]`, `[${frames}, ${h}, ${w}]`] : [`[${h}, ${w}]`];
    })
    .join(', ');
  throw new LabError({
    code: 'input',
    message: `The mask of shape [${mask.shape.join(', ')}] does not fit the input of shape [${shape.join(', ')}].`,
    where: mask.name,
    tip: isPicture
      ? `Give a grey picture of ${height} x ${width} pixels (height x width), or an array of the shape of the input.`
      : `Give an array of the shape of the input, or one of ${others}.`,
  });
}

/** Indices of element `at` of an array in C order. */
export function placeOf(at: number, shape: readonly number[]): string {
  let rest = at;
  const indices: number[] = [];
  for (const size of [...shape].reverse()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return indices.join(', ');
}

/** [frame, height, width, channel] */
type Axes = readonly [number, number, number, number];

function axesOf(shape: readonly number[], view: MaskView): Axes {
  const isVideo = shape.length === 4 || (shape.length === 3 && view === 'frames');
  const [frames, height, width, channels = 1] = isVideo ? shape : [1, ...shape];
  return [frames, height, width, channels];
}

/** The mask's own axes where it fits, each as long as the input's or 1. */
function axesOfMask(given: readonly number[], [frames, height, width, channels]: Axes): Axes | undefined {
  const [a, b, c, d] = given;
  const candidates: Axes[] =
    given.length === 2
      ? [[1, a, b, 1]]
      : given.length === 3
        ? [
            [a, b, c, 1],
            [1, a, b, c],
          ]
        : given.length === 4
          ? [[a, b, c, d]]
          : [];
  return candidates.find(
    ([t, h, w, n]) =>
      h === height && w === width && (t === 1 || t === frames) && (n === 1 || (n === channels && t === frames)),
  );
}

function spread(values: Uint8Array, [t, , , n]: Axes, [frames, height, width, channels]: Axes): Uint8Array {
  const size = height * width;
  return Uint8Array.from({ length: frames * size * channels }, (_, at) => {
    const pixel = Math.floor(at / channels);
    const frame = Math.floor(pixel / size);
    return values[((t === 1 ? 0 : frame) * size + (pixel % size)) * n + (n === 1 ? 0 : at % channels)];
  });
}

function asGrey(shape: readonly number[], marks: Uint8Array): { shape: readonly number[]; values: Uint8Array } {
  const differs = marks.some((mark, i) => mark !== marks[i - (i % 3)]);
  if (shape.at(-1) !== 3 || differs) return { shape, values: marks };
  return { shape: [...shape.slice(0, -1), 1], values: marks.filter((_, i) => i % 3 === 0) };
}

function trimmed(shape: readonly number[]): readonly number[] {
  return shape.length > 2 && shape.at(-1) === 1 ? trimmed(shape.slice(0, -1)) : shape;
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
