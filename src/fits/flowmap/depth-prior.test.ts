import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { depthCells, logDepthPicture } from '../../ops/depth-flow/depth-flow.ts';
import { gridsOf, pull, resampled, scaledToTracks } from './depth-prior.ts';

const [width, height] = [48, 32];
const shape = { width, height, cells: depthCells };
const size = width * height;
/** z-depth of a slope that rises to the right. */
const depthAt = (x: number, y: number) => 2 + 0.05 * x + 0.02 * y;
const logDepth = Float32Array.from({ length: size }, (_, p) => Math.log(depthAt(p % width, Math.floor(p / width))));

describe('what a depth network says', () => {
  const random = createRandom(9, 'sightings');
  const sightings = Array.from({ length: 40 }, () => {
    const [x, y] = [random.integer(width), random.integer(height)];
    return { x: x + 0.5, y: y + 0.5, logDepth: Math.log(depthAt(x, y)) };
  });
  const inverse = logDepth.map(value => 7 * Math.exp(-value) - 3);

  it('gets scale and shift from the tracks, whatever a fifth of them says', () => {
    const wrong = sightings.map((seen, i) => (i % 5 === 0 ? { ...seen, logDepth: seen.logDepth + 1.5 } : seen));
    for (const seen of [sightings, wrong]) {
      const found = scaledToTracks(inverse, width, seen, 100);
      found?.forEach((value, p) => {
        expect(Math.abs(value - logDepth[p])).toBeLessThan(0.01);
      });
      expect(found).toBeDefined();
    }
  });

  it('does not count where the tracks see it the other way round, are few, or it is flat or noise', () => {
    const noise = inverse.map(() => random.uniform());
    expect(scaledToTracks(noise, width, sightings, 100)).toBeUndefined();
    expect(
      scaledToTracks(
        inverse.map(value => -value),
        width,
        sightings,
        100,
      ),
    ).toBeUndefined();
    expect(scaledToTracks(inverse, width, sightings.slice(0, 5), 100)).toBeUndefined();
    expect(scaledToTracks(new Float32Array(size).fill(2), width, sightings, 100)).toBeUndefined();
  });

  it('ends at the furthest depth that is allowed', () => {
    const found = scaledToTracks(inverse, width, sightings, 3) ?? [];
    expect(Math.max(...found)).toBeCloseTo(Math.log(3), 6);
  });

  it('becomes grids that add up to it', () => {
    const again = logDepthPicture(shape, gridsOf(shape, logDepth), width, height);
    again.forEach((value, p) => {
      // Half of a cell of 2 pixels of a slope of 0.025 a pixel.
      expect(Math.abs(value - logDepth[p])).toBeLessThan(0.03);
    });
  });

  it('pulls along its gradient', () => {
    const grids = Float32Array.from({ length: 12 }, () => 0.2 * random.normal());
    const target = Float32Array.from({ length: 12 }, () => 0.2 * random.normal());
    const gradient = new Float32Array(12);
    const [weight, step] = [0.7, 1e-3];
    pull(grids, target, weight, gradient);
    gradient.forEach((slope, i) => {
      const moved = (by: number) =>
        pull(
          grids.map((value, k) => (k === i ? value + by : value)),
          target,
          weight,
          new Float32Array(12),
        );
      // Central differences; values are float32.
      expect(Math.abs(slope - (weight * (moved(step) - moved(-step))) / (2 * step))).toBeLessThan(2e-4);
    });
  });

  it('is resampled without a shift', () => {
    const from = { width: 96, height: 64 };
    const fine = Float32Array.from({ length: 96 * 64 }, (_, p) => 3 * ((p % 96) + 0.5) + Math.floor(p / 96) + 0.5);
    resampled(fine, from, { width, height }).forEach((value, p) => {
      expect(value).toBeCloseTo(6 * ((p % width) + 0.5) + 2 * (Math.floor(p / width) + 0.5), 3);
    });
  });
});
