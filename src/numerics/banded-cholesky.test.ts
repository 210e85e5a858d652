import { describe, expect, it } from 'vitest';
import { bandedMatrix, factoriseBanded, solveBanded } from './banded-cholesky.ts';
import { createRandom } from './random.ts';

describe('banded Cholesky', () => {
  it.each([
    [1, 0],
    [7, 0],
    [9, 3],
    [5, 8],
  ])('solves %i equations of reach %i', (size, reach) => {
    const random = createRandom(5, `band ${size} ${reach}`);
    const dense = Array.from({ length: size }, () => new Float64Array(size));
    const band = bandedMatrix(size, reach);
    for (let r = 0; r < size; r++) {
      for (let c = Math.max(0, r - reach); c <= r; c++) {
        const value = r === c ? 4 * (reach + 1) : random.normal();
        dense[r][c] = value;
        dense[c][r] = value;
        band.values[r * (reach + 1) + c - r + reach] = value;
      }
    }
    const x = Float64Array.from({ length: size }, () => random.normal());
    const b = dense.map(row => row.reduce((sum, value, c) => sum + value * x[c], 0));
    expect(factoriseBanded(band)).toBe(true);
    solveBanded(band, b).forEach((value, i) => {
      expect(value).toBeCloseTo(x[i], 12);
    });
  });

  it('refuses what is not positive definite', () => {
    const band = bandedMatrix(2, 1);
    band.values.set([0, 1, 2, 1]);
    expect(factoriseBanded(band)).toBe(false);
  });
});
