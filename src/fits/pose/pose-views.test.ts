// The pictures of the pose fit on a drawing whose every pixel is known: mask on the left half, model on the middle one.

import { describe, expect, it } from 'vitest';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, identityRigid, rigid } from '../../geometry/rigid.ts';
import { identityRotation } from '../../geometry/rotation.ts';
import { drawTints, isTinted } from '../../protocol/tinted-picture.ts';
import type { ImageView } from '../../protocol/views.ts';
import { realValues } from '../../protocol/views.ts';
import { createPoseViews, drawSize } from './pose-views.ts';

const side = 2 * drawSize;
const camera = { width: side, height: side, fx: 500, fy: 500, cx: side / 2, cy: side / 2 };
const mesh = boxMesh(100, 60, 40);
const pixels = drawSize * drawSize;
const column = (i: number) => i % drawSize;
const inMask = (i: number) => column(i) < drawSize / 2;
const drawn = (i: number) => column(i) >= drawSize / 4 && column(i) < (3 * drawSize) / 4;
const map = (of: (i: number) => number) => Float32Array.from({ length: pixels }, (_, i) => of(i));
const pose: CamFromObject = rigid(identityRotation(), Float64Array.of(1, 2, 500));
const views = createPoseViews({
  image: new Float32Array(side * side * 3).fill(0.4),
  observation: { camera, mask: new Float32Array(side * side).fill(1), depth: new Float32Array(side * side).fill(500) },
  mesh,
  texture: { width: 1024, height: 2, values: Float32Array.from({ length: 6144 }, (_, i) => ((i / 3) & 1 ? 1 : 0)) },
  truth: identityRigid<'object'>() as unknown as CamFromObject,
  diameterMillimetres: 120,
  rectangle: { x: 0, y: 0, width: side, height: side },
  crop: {
    camera: { ...camera, width: drawSize, height: drawSize, fx: 250, fy: 250, cx: drawSize / 2, cy: drawSize / 2 },
    distance: map(i => (inMask(i) ? -1 : 1)),
    care: map(() => 1),
    // Of the second row nothing was measured, and the third is far behind the object.
    depth: map(i => [500, 0, 900][Math.floor(i / drawSize)] ?? 500),
    contour: new Float32Array(0),
    frameArea: pixels,
    maskArea: pixels / 2,
    depthCount: pixels / 2,
  },
  draw: poses =>
    poses.map(() => ({
      triangles: Int32Array.from({ length: pixels }, (_, i) => (drawn(i) ? 0 : -1)),
      depth: map(i => (drawn(i) ? 504 : 0)),
    })),
});
const at = (values: ArrayLike<number>, x: number, y: number) => [0, 1, 2].map(c => values[3 * (y * side + x) + c]);

describe('pictures of a pose', () => {
  it('tell where the model covers the mask, leaves it and misses it', () => {
    const photo = views.data('photo', pose).values.values;
    const overlay = views.data('overlay', pose).values.values;
    const y = side / 2;
    expect(at(photo, 9, y)).toEqual([102, 102, 102]);
    const [missed, right, outside, beyond] = [0.1, 0.4, 0.6, 0.9].map(share => at(overlay, (share * side) | 0, y));
    expect(beyond).toEqual([102, 102, 102]);
    expect(missed[2]).toBe(Math.max(...missed));
    expect(right[1]).toBe(Math.max(...right));
    expect(outside[0]).toBe(Math.max(...outside));
    // The outline is on the model's own outermost pixels.
    expect(at(overlay, side / 4, y)).toEqual(at(overlay, (3 * side) / 4 - 1, y));
    expect(at(overlay, side / 4 - 1, y)).toEqual(missed);
  });

  it('are recorded as what is drawn over the photo, which gives them back', () => {
    const [recorded] = views.recorded('overlay', [pose]);
    if (!isTinted(recorded)) throw new Error(Object.keys(recorded).join());
    expect(recorded.classes.values.length).toBe(pixels);
    const drawnAgain = drawTints(views.data('photo', pose).values, recorded)?.values as Uint8Array;
    expect(Buffer.compare(drawnAgain, views.data('overlay', pose).values.values as Uint8Array)).toBe(0);
  });

  it('give the depth error in millimetres, and nothing where nothing was measured or drawn', () => {
    const data = views.data('depth-error', pose);
    const { unknown, range } = views.descriptions.find(({ id }) => id === 'depth-error') as ImageView;
    const stored = data.values.values;
    const real = realValues(data, 'values');
    const middle = 9 * drawSize;
    expect(real[(middle + 0.4 * drawSize) | 0]).toBeCloseTo(4, 1);
    expect(range[0]).toBe(-range[1]);
    for (const x of [0.1, 0.6, 0.9]) expect(stored[(middle + x * drawSize) | 0]).toBe(unknown);
    expect(stored[(drawSize + 0.4 * drawSize) | 0]).toBe(unknown);
  });

  it('show the object once, with a texture of bounded size, and its pose beside it', () => {
    const data = views.data('mesh', pose);
    expect(data.texture.shape).toEqual([1, 512, 3]);
    // A white and a black texel in one.
    expect([...data.texture.values.slice(0, 3)]).toEqual([128, 128, 128]);
    expect([...data.trueWorldFromObject.values]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
    expect([...views.data('poses', pose).worldFromObject.values]).toEqual([1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 500]);
    const poses = views.descriptions.find(view => view.kind === 'poses');
    expect(poses).toMatchObject({ box: [-50, -30, -20, 50, 30, 20] });
  });

  it('put the measured points where the camera sees them', () => {
    const { positions } = views.data('points', pose);
    expect(positions.shape).toEqual([pixels - 2 * drawSize, 3]);
    // The first pixel's centre is 63.5 pixels left of and above the principal point.
    const [x, y, z] = positions.values;
    expect([x, y, z]).toEqual([-127, -127, 500]);
  });
});
