// How plain arrays are looked at: as a stack of pictures [frames, height, width, channels], colour where there are three
// planes, else one grey picture for each plane. Pure.

export interface PictureStack {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** Where element `at` of the array lies in the stack. */
  place(at: number): number;
  /** Element n of frame `frame` is element start + n * stride of the array. */
  frame(frame: number): { readonly start: number; readonly stride: number };
}

/**
 * Two axes: one picture. Three: [height, width, planes], or with `first` frames [frame, height, width]. Four:
 * [frame, height, width, planes]. Undefined for other numbers of axes.
 */
export function pictureStackOf(shape: readonly number[], first: 'frames' | 'rows'): PictureStack | undefined {
  if (shape.length < 2 || shape.length > 4) return undefined;
  const isVideo = shape.length === 4 || (shape.length === 3 && first === 'frames');
  const [frames, height, width, planes = 1] = isVideo ? shape : [1, ...shape];
  const size = height * width;
  if (planes === 1 || planes === 3) {
    const frame = (n: number) => ({ start: n * size * planes, stride: 1 });
    return { frames, height, width, channels: planes, place: at => at, frame };
  }
  return {
    frames: frames * planes,
    height,
    width,
    channels: 1,
    place(at) {
      const [frame, inFrame] = [Math.floor(at / (size * planes)), at % (size * planes)];
      return (frame * planes + (inFrame % planes)) * size + Math.floor(inFrame / planes);
    },
    frame: n => ({ start: Math.floor(n / planes) * size * planes + (n % planes), stride: planes }),
  };
}

/**
 * What the first axis of a plain array [a, b, c] counts, told by its shape and by how well neighbours agree: rows of
 * pictures where the last axis is short or the smoothest, as bands and colours are; else frames, as of videos and stacks
 * of slices.
 */
export function firstAxisOf(
  values: ArrayLike<number>,
  shape: readonly number[],
  observed: Uint8Array | undefined, // not 0 where a value is known; undefined: where it is finite
): 'frames' | 'rows' {
  if (shape.length === 4) return 'frames';
  if (shape.length !== 3 || shape[2] <= 3 || 2 * shape[2] <= Math.min(shape[0], shape[1])) return 'rows';
  const strides = [shape[1] * shape[2], shape[2], 1];
  const isKnown = (i: number) => (observed === undefined ? Number.isFinite(values[i]) : observed[i] !== 0);
  const [down, across, along] = strides.map((stride, axis) => {
    let square = 0;
    let pairs = 0;
    for (let i = 0; i + stride < values.length; i++) {
      if (Math.floor(i / stride) % shape[axis] === shape[axis] - 1 || !isKnown(i) || !isKnown(i + stride)) continue;
      square += (values[i] - values[i + stride]) ** 2;
      pairs++;
    }
    return pairs === 0 ? Infinity : square / pairs;
  });
  return along <= Math.min(down, across) ? 'rows' : 'frames';
}
