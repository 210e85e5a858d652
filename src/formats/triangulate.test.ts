import { describe, expect, it } from 'vitest';
import { triangulate } from './triangulate.ts';

/** Sum of |area| and of signed area of the triangles of a polygon in a plane spanned by two axes. */
function areas(polygon: readonly (readonly [number, number])[], place: (u: number, v: number) => number[]) {
  const positions = polygon.flatMap(([u, v]) => place(u, v));
  const out: number[] = [];
  triangulate(
    positions,
    polygon.map((_, i) => i),
    out,
  );
  let [signed, absolute] = [0, 0];
  for (let i = 0; i < out.length; i += 3) {
    const [a, b, c] = [polygon[out[i]], polygon[out[i + 1]], polygon[out[i + 2]]];
    const area = ((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2;
    signed += area;
    absolute += Math.abs(area);
  }
  return { count: out.length / 3, signed, absolute };
}

/** An L of area 5 and an arrow head of area 2, corners counter-clockwise; the arrow's first corner is no ear. */
const ell = [
  [0, 0],
  [3, 0],
  [3, 1],
  [1, 1],
  [1, 3],
  [0, 3],
] as const;
const arrow = [
  [2, 1],
  [0, 2],
  [4, 0],
  [4, 4],
] as const;

describe('triangulation', () => {
  const planes = {
    'x y': (u: number, v: number) => [u, v, 7],
    'y z': (u: number, v: number) => [-2, u, v],
    'z x': (u: number, v: number) => [v, 1, u],
    tilted: (u: number, v: number) => [u, v, u + 2 * v],
    'seen from behind': (u: number, v: number) => [u, -v, 0],
  };
  it.each(Object.entries(planes))('covers polygons that are not convex once, in the plane %s', (_, place) => {
    expect(areas(ell, place)).toEqual({ count: 4, signed: 5, absolute: 5 });
    const head = [arrow[0], arrow[2], arrow[3], arrow[1]] as const;
    const { count, signed, absolute } = areas(head, place);
    expect(count).toBe(2);
    expect(absolute).toBeCloseTo(Math.abs(signed), 12);
  });

  it('keeps the winding, fans what is convex, and gives nothing for less than a triangle', () => {
    const clockwise = [...ell].reverse();
    expect(areas(clockwise, planes['x y'])).toEqual({ count: 4, signed: -5, absolute: 5 });
    const out: number[] = [];
    triangulate([0, 0, 0, 1, 0, 0], [0, 1], out);
    expect(out).toEqual([]);
  });
});
