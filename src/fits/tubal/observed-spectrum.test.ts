// The spectrum that the observed entries show: that of the truth where it stands above the noise of the mask.

import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../../ops/mode3-transform/transform.ts';
import { observedSpectrum } from './observed-spectrum.ts';

/** [k, rows, columns]: the same matrix of orthonormal cosines with singular values `spectrum` in every plane. */
function constantPlanes(rows: number, columns: number, k: number, spectrum: readonly number[]): Float32Array {
  const cosine = (n: number, c: number, i: number) =>
    Math.sqrt((c === 0 ? 1 : 2) / n) * Math.cos((Math.PI * (i + 0.5) * c) / n);
  const plane = Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns];
    return spectrum.reduce((sum, sigma, c) => sum + sigma * cosine(rows, c + 1, i) * cosine(columns, c + 1, j), 0);
  });
  return Float32Array.from({ length: k * rows * columns }, (_, at) => plane[at % plane.length]);
}

describe('the observed spectrum', () => {
  it.each(['dct', 'dft'] as TransformId[])('is that of a complete tensor (%s)', id => {
    const values = constantPlanes(40, 30, 3, [5, 2, 0.5]);
    const transform = createTransform(id, 3);
    const mask = new Uint8Array(values.length).fill(1);
    const found = observedSpectrum({ values, mask, trainingRate: 1 }, 40, 30, transform);
    // All of it is in the first slice: times sqrt(k) by the orthonormal DCT, times k by the DFT. Noise edge: 0.
    const factor = id === 'dct' ? Math.sqrt(3) : 3;
    [5, 2, 0.5].forEach((sigma, i) => {
      expect(found[i]).toBeCloseTo(factor * sigma, 4);
    });
  });

  it('keeps what stands above the noise of the mask, and nothing of pure noise', () => {
    const [rows, columns] = [120, 100];
    const random = createRandom(7, 'mask');
    const drawn = (rate: number) => {
      const mask = Uint8Array.from({ length: rows * columns }, () => (random.uniform() < rate ? 1 : 0));
      return { mask, trainingRate: mask.reduce((sum, bit) => sum + bit, 0) / mask.length };
    };
    const transform = createTransform('dct', 1);
    const strong = observedSpectrum(
      { values: constantPlanes(rows, columns, 1, [60, 40]), ...drawn(0.5) },
      rows,
      columns,
      transform,
    );
    expect(strong.length).toBe(2);
    expect(strong[0]).toBeGreaterThan(55);
    expect(strong[0]).toBeLessThan(66);
    const noise = Float32Array.from({ length: rows * columns }, () => random.normal());
    expect(observedSpectrum({ values: noise, ...drawn(0.2) }, rows, columns, transform).length).toBe(0);
  });

  it('is left out where it would take too long', () => {
    const values = new Float32Array(3 * 1500 * 1500);
    const mask = new Uint8Array(values.length).fill(1);
    const transform = createTransform('dct', 3);
    expect(observedSpectrum({ values, mask, trainingRate: 1 }, 1500, 1500, transform).length).toBe(0);
  });
});
