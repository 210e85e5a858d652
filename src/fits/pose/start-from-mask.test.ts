import { describe, expect, it } from 'vitest';
import { project } from '../../geometry/camera.ts';
import { boundingBoxCentre, meshDiameter } from '../../geometry/mesh-report.ts';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid, transformPoint } from '../../geometry/rigid.ts';
import { photograph } from './photograph.ts';
import { startFromMask } from './start-from-mask.ts';

const camera = { width: 160, height: 120, fx: 200, fy: 200, cx: 80, cy: 60 };
const shape = boxMesh(60, 60, 60);
/** Its origin is at one corner. */
const mesh = { ...shape, positions: shape.positions.map(value => value + 30) };
const centre = boundingBoxCentre(mesh);
const diameter = meshDiameter(mesh);

describe('start from a mask', () => {
  it('puts the middle of the object behind the middle of its mask, at about the distance', () => {
    const truth: CamFromObject = rigid(Float64Array.of(1, 0, 0, 0, 0, -1, 0, 1, 0), Float64Array.of(20, 25, 480));
    const { owner, depthMillimetres } = photograph(camera, [{ mesh, camFromObject: truth }], { samples: 1 });
    const mask = Float32Array.from(owner, value => (value === 0 ? 1 : 0));
    const [u, v] = project(camera, transformPoint(truth, centre));
    const z = transformPoint(truth, centre)[2];
    for (const depth of [depthMillimetres, undefined, new Float32Array(depthMillimetres.length)]) {
      const start = startFromMask(camera, mask, depth, centre, diameter)!;
      const middle = transformPoint(start, centre);
      const [startU, startV] = project(camera, middle);
      // Perspective shifts the middle of the mask by a pixel or two.
      expect(Math.hypot(startU - u, startV - v)).toBeLessThan(3);
      expect(Math.abs(middle[2] - z)).toBeLessThan(0.15 * z);
    }
    const measured = startFromMask(camera, mask, depthMillimetres, centre, diameter)!;
    expect(Math.abs(transformPoint(measured, centre)[2] - z)).toBeLessThan(diameter / 4);
    // The object stands upright: its z axis points up in the image.
    expect(measured.rotation[5]).toBe(-1);
  });

  it('has nothing to go by in an empty mask', () => {
    expect(startFromMask(camera, new Float32Array(160 * 120), undefined, centre, diameter)).toBeUndefined();
  });
});
