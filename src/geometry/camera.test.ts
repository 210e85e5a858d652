import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { cameraFromMatrix, cameraMatrix, cropCamera, project, scaleCamera, unproject } from './camera.ts';

const seed = 31;
const size = { width: 640, height: 480 };

describe('cameras', () => {
  it('moves the principal point by half a pixel between the two ways to count pixels', () => {
    const k = [600, 0, 319.5, 0, 610, 239.5, 0, 0, 1];
    const camera = cameraFromMatrix(k, size, 'integer');
    // The middle of 640 × 480 pixels is the corner between four of them.
    expect(camera).toEqual({ ...size, fx: 600, fy: 610, cx: 320, cy: 240 });
    expect([...cameraMatrix(camera, 'integer')]).toEqual(k);
    expect([...cameraMatrix(camera, 'half')].slice(2, 6)).toEqual([320, 0, 610, 240]);
    expect(cameraFromMatrix(cameraMatrix(camera, 'half'), size, 'half')).toEqual(camera);
  });

  it('projects and unprojects a case worked out by hand', () => {
    const camera = { ...size, fx: 600, fy: 610, cx: 320, cy: 240 };
    expect(project(camera, [100, -200, 1000])).toEqual([380, 118]);
    expect([...unproject(camera, 380, 118, 1000)]).toEqual([100, -200, 1000]);
  });

  it(`a crop sees every point where the whole picture does (seed ${seed})`, () => {
    const random = createRandom(seed, 'crop');
    const camera = { ...size, fx: 600, fy: 610, cx: 320, cy: 240 };
    const rectangle = { x: 100, y: 50, width: 200, height: 150 };
    const crop = cropCamera(camera, rectangle, 64, 96);
    const half = scaleCamera(camera, 320, 240);
    for (let trial = 0; trial < 50; trial++) {
      const point = [random.normal(), random.normal(), 3 + random.uniform()];
      const [u, v] = project(camera, point);
      const [cropU, cropV] = project(crop, point);
      expect(cropU).toBeCloseTo(((u - 100) * 64) / 200, 10);
      expect(cropV).toBeCloseTo(((v - 50) * 96) / 150, 10);
      const [halfU, halfV] = project(half, point);
      expect(halfU).toBeCloseTo(u / 2, 10);
      expect(halfV).toBeCloseTo(v / 2, 10);
    }
    expect(half.width).toBe(320);
  });

  it('refuses a matrix that is no pinhole camera', () => {
    for (const k of [
      [600, 0, 320, 0, 600, 240, 0, 0],
      [600, 5, 320, 0, 600, 240, 0, 0, 1],
      [600, 0, 0, 0, 600, 0, 320, 240, 1],
      [-600, 0, 320, 0, 600, 240, 0, 0, 1],
      [600, 0, Number.NaN, 0, 600, 240, 0, 0, 1],
    ]) {
      expect(() => cameraFromMatrix(k, size, 'integer', 'camera.yaml')).toThrow(
        expect.objectContaining({ code: 'input', where: 'camera.yaml' }),
      );
    }
  });
});
