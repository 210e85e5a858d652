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
