import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { symmetricEigenvalues } from './symmetric-eigenvalues.ts';

describe('eigenvalues of a symmetric matrix', () => {
  it.each([1, 2, 3, 10, 57])('agree with a library on random matrices of side %i', n => {
    const random = createRandom(n, 'eigenvalues');
    const root = Matrix.from1DArray(
      n,
      n,
      Array.from({ length: n * n }, () => random.normal()),
    );
    const matrix = Matrix.add(root, root.transpose());
    const expected = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues
      .sort((a, b) => b - a)
      .map(value => value);
    const found = symmetricEigenvalues(Float64Array.from(matrix.to1DArray()), n);
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-12 * n * Math.abs(expected[0]));
    });
  });

  it('are those of the discrete Laplacian: 2 - 2 cos(pi j / (n + 1))', () => {
    const n = 40;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = -1;
      if (i < n - 1) matrix[i * n + i + 1] = -1;
    }
    symmetricEigenvalues(matrix, n).forEach((value, i) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (n - i)) / (n + 1)), 13);
    });
  });

  it('are exact for diagonal, zero and empty matrices, and of rank one', () => {
    expect([...symmetricEigenvalues(Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, -2), 3)]).toEqual([5, 1, -2]);
    expect([...symmetricEigenvalues(new Float64Array(9), 3)]).toEqual([0, 0, 0]);
    expect([...symmetricEigenvalues(new Float64Array(0), 0)]).toEqual([]);
    const ones = symmetricEigenvalues(new Float64Array(36).fill(1), 6);
    expect(ones[0]).toBeCloseTo(6, 14);
    for (const rest of ones.slice(1)) expect(Math.abs(rest)).toBeLessThan(1e-14);
  });
});
