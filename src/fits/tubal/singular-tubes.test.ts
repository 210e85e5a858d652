import { describe, expect, it } from 'vitest';
import { createRandom } from '../../numerics/random.ts';
import { createTransform, type TransformId } from '../../ops/mode3-transform/transform.ts';
import {
  leadingColumnSpaces,
  multiRank,
  rankEstimates,
  sineOfLargestAngle,
  singularTubeNorms,
  sliceSingularValues,
  symmetricSliceSingularValues,
} from './singular-tubes.ts';

const shapes: [number, number, number, number, TransformId][] = [
  [9, 7, 5, 4, 'dft'],
  [6, 8, 6, 5, 'dft'],
  [6, 5, 12, 3, 'dft'],
  [8, 8, 3, 4, 'dct'],
  [4, 9, 20, 2, 'identity'],
];

/** Columns orthonormal to machine precision: normalised columns of a complex Fourier or real cosine matrix. */
function column(n: number, c: number, complex: boolean): { real: number; imaginary: number }[] {
  return Array.from({ length: n }, (_, i) => {
    if (complex) {
      const angle = (2 * Math.PI * i * c) / n;
      return { real: Math.cos(angle) / Math.sqrt(n), imaginary: Math.sin(angle) / Math.sqrt(n) };
    }
    const norm = Math.sqrt((c === 0 ? 1 : 2) / n);
    return { real: norm * Math.cos((Math.PI * (i + 0.5) * c) / n), imaginary: 0 };
  });
}

/** Stored factor whose slice s has the columns scale(s, c) * column c, the rest zero. */
function factorWith(
  n: number,
  rank: number,
  k: number,
  id: TransformId,
  scale: (s: number, c: number) => number,
): Float64Array {
  const out = new Float64Array(n * rank * k);
  createTransform(id, k).slices.forEach(({ plane, complex }, s) => {
    const width = complex ? 2 * rank : rank;
    for (let c = 0; c < Math.min(n, rank); c++) {
      column(n, c, complex).forEach(({ real, imaginary }, i) => {
        const at = plane * n * rank + i * width + c;
        out[at] = scale(s, c) * real;
        if (complex) out[at + rank] = scale(s, c) * imaginary;
      });
    }
  });
  return out;
}

describe('slice singular values', () => {
  it.each(shapes)('are those put in, at %i x %i, rank %i, k %i, %s', (rows, columns, rank, k, id) => {
    const transform = createTransform(id, k);
    const count = Math.min(rows, columns, rank);
    const wanted = (s: number, c: number) => (c < count ? (s + 1) * 2 ** -c : 0);
    const left = factorWith(rows, rank, k, id, (s, c) => 3 * wanted(s, c));
    const right = factorWith(columns, rank, k, id, () => 1 / 3);
    const values = sliceSingularValues(left, right, rows, columns, rank, transform);
    values.forEach((slice, s) => {
      expect(slice.length).toBe(count);
      slice.forEach((value, c) => {
        expect(Math.abs(value - wanted(s, c))).toBeLessThan(1e-7 * wanted(s, 0));
      });
    });
  });

  it.each(shapes)('keep the Frobenius norm of random factors, at %i x %i, rank %i, k %i, %s', (...shape) => {
    const [rows, columns, rank, k, id] = shape;
    const random = createRandom(4, 'singular tubes');
    const normals = (length: number) => Float64Array.from({ length }, () => random.normal());
    const [left, right] = [normals(rows * rank * k), normals(columns * rank * k)];
    const transform = createTransform(id, k);
    const values = sliceSingularValues(left, right, rows, columns, rank, transform);
    transform.slices.forEach(({ plane, complex }, s) => {
      const width = complex ? 2 * rank : rank;
      let energy = 0;
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const l = left.subarray(plane * rows * rank + i * width, plane * rows * rank + (i + 1) * width);
          const r = right.subarray(plane * columns * rank + j * width, plane * columns * rank + (j + 1) * width);
          const real = l.reduce((sum, value, c) => sum + value * r[c], 0);
          let imaginary = 0;
          for (let c = 0; complex && c < rank; c++) imaginary += l[c + rank] * r[c] - l[c] * r[c + rank];
          energy += real ** 2 + imaginary ** 2;
        }
      }
      const sum = values[s].reduce((total, value) => total + value ** 2, 0);
      expect(Math.abs(sum / energy - 1)).toBeLessThan(1e-10);
    });
  });

  it('survive rank-deficient and zero factors', () => {
    const transform = createTransform('dft', 4);
    const tiny = factorWith(6, 6, 4, 'dft', (_, c) => (c < 2 ? 1e-7 : 0));
    for (const slice of sliceSingularValues(tiny, tiny, 6, 6, 6, transform)) {
      expect(slice[0]).toBeCloseTo(1e-14, 20);
      expect(slice[1]).toBeCloseTo(1e-14, 20);
      for (const value of slice.subarray(2)) expect(value).toBeLessThan(1e-21);
    }
    const zero = new Float64Array(6 * 6 * 4);
    for (const slice of sliceSingularValues(zero, zero, 6, 6, 6, transform))
      expect([...slice]).toEqual(Array(6).fill(0));
    expect(rankEstimates(sliceSingularValues(zero, zero, 6, 6, 6, transform), transform).stable).toBe(0);
  });

  it.each([3, 5, 11])('of U * U^T agree with those of L * R^T, rank %i', rank => {
    const transform = createTransform('dft', 4);
    const random = createRandom(5, 'symmetric');
    const factor = Float64Array.from({ length: 6 * rank * 4 }, () => random.normal());
    const general = sliceSingularValues(factor, factor, 6, 6, rank, transform);
    symmetricSliceSingularValues(factor, 6, rank, transform).forEach((slice, s) => {
      expect(slice.length).toBe(Math.min(6, rank));
      slice.forEach((value, i) => {
        expect(Math.abs(value - general[s][i])).toBeLessThan(1e-7 * slice[0]);
      });
    });
  });
});

describe('singular tubes', () => {
  it('have the norm that Parseval gives them', () => {
    // k = 4: slices of weight 1, 2, 1; sigma_1 = sqrt((1 + 2 * 4 + 9) / 4)
    const values = [Float64Array.of(1, 0), Float64Array.of(2, 1), Float64Array.of(3, 0)];
    expect([...singularTubeNorms(values, createTransform('dft', 4))]).toEqual([Math.sqrt(4.5), Math.sqrt(0.5)]);
    expect([...singularTubeNorms(values, createTransform('dct', 3))]).toEqual([Math.sqrt(14), 1]);
    expect(multiRank(values, 0.1)).toEqual([1, 2, 1]);
    expect(rankEstimates(values, createTransform('dft', 4)).average).toBe(1.5);
  });
});

describe('rank estimates', () => {
  const dct = createTransform('dct', 1);
  const of = (...norms: number[]) => rankEstimates([Float64Array.from(norms)], dct);

  it('all say r for r equal tubes and nothing else', () => {
    const estimates = of(2, 2, 2, 0, 0);
    for (const value of Object.values(estimates)) expect(value).toBeCloseTo(3, 12);
  });

  it('differ where they should', () => {
    // Shares 1/2, 1/4, 1/8, 1/8: entropy 1.75 bit. Squares 16 + 4 + 1 + 1 = 22, of which 21 is 95.5 %.
    const estimates = of(4, 2, 1, 1);
    expect(estimates.entropy).toBeCloseTo(2 ** 1.75, 12);
    expect(estimates.stable).toBeCloseTo(22 / 16, 12);
    expect(estimates.energy99).toBe(4);
    expect(estimates.relativeThreshold).toBe(4);
    expect(of(1, 0.5, 0.02, 0.009, 0.008)).toMatchObject({ relativeThreshold: 3, largestGap: 2, energy99: 2 });
  });

  it('do not take rounding for a gap', () => {
    expect(of(1, 0.9, 1e-9, 1e-17, 0).largestGap).toBe(2);
  });
});

describe('column spaces', () => {
  it.each(['dft', 'dct'] as const)('enclose the angle put in, %s', id => {
    const [n, k] = [7, 4];
    const transform = createTransform(id, k);
    // Columns 0 and 1 lead; in the other factor column 1 is turned towards column 2 by 0.3 in the second slice, which the DFT makes complex.
    const angle = 0.3;
    const straight = factorWith(n, 3, k, id, (_, c) => [3, 2, 0.1][c]);
    const turned = straight.slice();
    const { plane, complex } = transform.slices[1];
    const width = complex ? 6 : 3;
    for (let at = plane * n * 3; at < plane * n * 3 + n * width; at += 3)
      turned[at + 1] = Math.cos(angle) * straight[at + 1] + (2 / 0.1) * Math.sin(angle) * straight[at + 2];
    // Without column 2 the leading space of the turned factor is exactly the turned one.
    for (let i = 2; i < turned.length; i += 3) turned[i] = 0;
    const a = leadingColumnSpaces(straight, n, 3, 2, transform);
    const b = leadingColumnSpaces(turned, n, 3, 2, transform);
    expect(sineOfLargestAngle(a, b)).toBeCloseTo(Math.sin(angle), 12);
    expect(sineOfLargestAngle(b, a)).toBeCloseTo(Math.sin(angle), 12);
    expect(sineOfLargestAngle(a, a)).toBeLessThan(1e-14);
  });
});
