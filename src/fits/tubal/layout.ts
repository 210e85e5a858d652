// How an input's axes become the rows, columns and tubes of a third-order tensor [k, rows, columns], and back.

import type { PictureStack } from '../../formats/picture-stack.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput } from '../fit.ts';

export const layoutIds = ['auto', 'frontal', 'lateral', 'video'] as const;
export type LayoutId = (typeof layoutIds)[number];

/** Position (t, i, j) of the tensor is element planes[t] + i * rowStride + j * columnStride of the input. */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly planes: readonly number[];
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * Layout of an input; `auto` is decided by chooseTubes, here it is frontal. Frontal: first axis rows, second columns, third tubes (colour picture H x W x 3, volume
 * H x W x bands). Lateral: H x 3 x W. Video [frame, height, width(, channel)]: H x W x (channel, frame).
 */
export function layoutOf(input: FitInput, id: LayoutId): Layout {
  const { shape } = input;
  if (shape.length < 2 || shape.length > 4) {
    throw new LabError({
      code: 'input',
      message: `A tensor to recover has 2, 3 or 4 axes, but this input has shape [${shape.join(', ')}].`,
      where: input.name,
      tip: 'Reshape it to [rows, columns], [rows, columns, tubes] or [frame, height, width, channel].',
    });
  }
  if (shape.length === 4 || (shape.length === 3 && id === 'video')) {
    const [frames, rows, columns, channels = 1] = shape;
    const frameSize = rows * columns * channels;
    const planes = range(channels).flatMap(c => range(frames).map(frame => frame * frameSize + c));
    return { rows, columns, planes, rowStride: columns * channels, columnStride: channels };
  }
  const [rows, columns, tubes = 1] = shape;
  if (id === 'lateral')
    return {
      rows,
      columns: tubes,
      planes: range(columns).map(j => j * tubes),
      rowStride: columns * tubes,
      columnStride: 1,
    };
  return { rows, columns, planes: range(tubes), rowStride: columns * tubes, columnStride: tubes };
}

/** A layout of an input as one of its pictures: places in the pictures instead of the input. */
export function inPictures(layout: Layout, { place }: PictureStack): Layout {
  return {
    ...layout,
    planes: layout.planes.map(place),
    rowStride: place(layout.rowStride),
    columnStride: place(layout.columnStride),
  };
}

/** Input order to tensor order [k, rows, columns]. */
export function toTensor<A extends Float32Array | Uint8Array>(layout: Layout, source: ArrayLike<number>, out: A): A {
  eachElement(layout, (tensor, input) => {
    out[tensor] = source[input];
  });
  return out;
}

/** Tensor order back to input order. */
export function fromTensor<A extends Float32Array | Uint8Array>(layout: Layout, tensor: ArrayLike<number>, out: A): A {
  eachElement(layout, (at, input) => {
    out[input] = tensor[at];
  });
  return out;
}

/** A tensor of one layout in the order of another of the same input; always a copy. */
export function rearrange<A extends Float32Array | Uint8Array>(tensor: A, from: Layout, to: Layout): A {
  if (sameOrder(from, to)) return tensor.slice() as A;
  const blank = () => (tensor instanceof Uint8Array ? new Uint8Array(tensor.length) : new Float32Array(tensor.length));
  return toTensor(to, fromTensor(from, tensor, blank()), blank()) as A;
}

function sameOrder(a: Layout, b: Layout): boolean {
  return (
    a.rowStride === b.rowStride &&
    a.columnStride === b.columnStride &&
    a.planes.length === b.planes.length &&
    a.planes.every((plane, p) => plane === b.planes[p])
  );
}

/** Every element: its place in tensor order and in the order that the layout leads to. */
export function eachElement(layout: Layout, visit: (tensor: number, place: number) => void): void {
  const { rows, columns, planes, rowStride, columnStride } = layout;
  let tensor = 0;
  for (const plane of planes) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) visit(tensor++, plane + i * rowStride + j * columnStride);
    }
  }
}

function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
