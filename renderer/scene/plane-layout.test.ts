// Frames become planes in their order, centred, and a ray finds the nearest.

import { describe, expect, it } from 'vitest';
import { cutBetweenPixels, farthestFirst, layPlanes, pickPlane, planeOfFrame, shownFrames } from './plane-layout.ts';

const picture = { width: 200, height: 100 };
const triples = (corners: Float32Array) =>
  Array.from({ length: corners.length / 3 }, (_, k) => [...corners.subarray(3 * k, 3 * k + 3)]);

describe('shown frames', () => {
  it('are all of a few and every n-th of many', () => {
    expect(shownFrames(4)).toEqual([0, 1, 2, 3]);
    expect(shownFrames(10, 4)).toEqual([0, 3, 6, 9]);
    expect(shownFrames(1000)).toHaveLength(125);
  });

  it('stand for the frames between them', () => {
    const shown = shownFrames(10, 4);
    expect([0, 1, 2, 5, 9].map(frame => planeOfFrame(shown, frame))).toEqual([0, 0, 1, 2, 3]);
    expect(planeOfFrame([0], 7)).toBe(0);
  });
});

describe('layout', () => {
  it('stacks frames along z, the first one nearest, centred, the long side 1', () => {
    const layout = layPlanes('stack', 3, picture, 1);
    expect([layout.width, layout.height, layout.step]).toEqual([1, 0.5, 0.5]);
    expect(triples(layout.corners)).toEqual([
      [-0.5, -0.25, -0.5],
      [-0.5, -0.25, 0],
      [-0.5, -0.25, 0.5],
    ]);
  });

  it('scales the depth with the spacing', () => {
    const { corners } = layPlanes('stack', 5, picture, 0.25);
    expect(corners[3 * 4 + 2] - corners[2]).toBeCloseTo(0.25, 6);
  });

  it('puts a single picture into the middle', () => {
    expect(triples(layPlanes('stack', 1, picture, 1).corners)).toEqual([[-0.5, -0.25, 0]]);
    expect(triples(layPlanes('exploded', 1, picture, 1).corners)).toEqual([[-0.5, -0.25, 0]]);
  });

  it('lays a wall in reading order without overlap', () => {
    const { corners, width, height } = layPlanes('wall', 6, picture, 1);
    const places = triples(corners);
    places.forEach(([x, y], a) => {
      for (const [x2, y2] of places.slice(a + 1))
        expect(Math.abs(x - x2) >= width || Math.abs(y - y2) >= height).toBe(true);
    });
    expect(places[1][0]).toBeGreaterThan(places[0][0]);
    expect(places[5][1]).toBeGreaterThan(places[0][1]);
  });

  it('frees a part of each plane when exploded', () => {
    const [first, second] = triples(layPlanes('exploded', 4, picture, 1).corners);
    expect(second[0]).toBeGreaterThan(first[0]);
    expect(second[1]).toBeLessThan(first[1]);
    expect(second[2]).toBeGreaterThan(first[2]);
  });
});

describe('picking', () => {
  const layout = layPlanes('stack', 3, picture, 1);

  it('finds the nearest plane from either side', () => {
    expect(pickPlane(layout, [0.25, 0, -5], [0, 0, 1])).toEqual({ plane: 0, u: 0.75, v: 0.5 });
    expect(pickPlane(layout, [0, 0, 5], [0, 0, -1])?.plane).toBe(2);
    expect(pickPlane(layout, [0, 0, 0.2], [0, 0, 1])?.plane).toBe(2);
  });

  it('misses beside the planes, behind the eye and along them', () => {
    expect(pickPlane(layout, [0.6, 0, -5], [0, 0, 1])).toBeUndefined();
    expect(pickPlane(layout, [0, 0, -5], [0, 0, -1])).toBeUndefined();
    expect(pickPlane(layout, [-5, 0, 0.1], [1, 0, 0])).toBeUndefined();
  });

  it('cuts between pixels and leaves at least one', () => {
    expect(cutBetweenPixels('columns', 0.502, picture)).toEqual({ u: 0.5, v: 0 });
    expect(cutBetweenPixels('columns', 0, picture)).toEqual({ u: 0.005, v: 0 });
    expect(cutBetweenPixels('rows', 1, picture)).toEqual({ u: 1, v: 0.99 });
    expect(cutBetweenPixels('none', 0.5, picture)).toEqual({ u: 1, v: 0 });
  });

  it('sees through what was cut away', () => {
    expect(pickPlane(layout, [0.25, 0, -5], [0, 0, 1], { u: 0.5, v: 0 })).toBeUndefined();
    expect(pickPlane(layout, [-0.25, 0, -5], [0, 0, 1], { u: 0.5, v: 0 })?.u).toBe(0.25);
  });

  it('meets planes at a slant where geometry says', () => {
    // From (−1, 0, −1) towards (1, 0, 1): meets z = −0.5 at x = −0.5, which is the left edge.
    expect(pickPlane(layout, [-0.99, 0, -1], [1, 0, 1])?.u).toBeCloseTo(0.01, 6);
  });
});

it('draws the farthest plane first, from wherever it is seen', () => {
  const layout = layPlanes('stack', 3, picture, 1);
  expect(farthestFirst(layout, -5)).toEqual([2, 1, 0]);
  expect(farthestFirst(layout, 5)).toEqual([0, 1, 2]);
});
