// The wheel's published corner colours, its centre, what lies beyond it, and unknown flow.
import { describe, expect, it } from 'vitest';
import { flowColours } from './flow-wheel.ts';

const colour = (u: number, v: number, fullLength?: number) => [...flowColours(Float32Array.of(u, v), fullLength)];

describe('the colour wheel of flow', () => {
  it('is red to the right, yellow down and a bluish cyan to the left', () => {
    // Position (atan2(-v, -u) / pi + 1) / 2 * 54 on a wheel of 15 steps red to yellow, 6 to green, 4 to cyan, 11 to blue …
    // atan2(-0, -1) = -pi: position 0.
    expect(colour(1, 0)).toEqual([1, 0, 0]);
    // Down: 13.5 of the 15 steps from red to yellow.
    expect(colour(0, 1)).toEqual([1, expect.closeTo(0.9, 6), 0]);
    // Left: 27, two steps of eleven from cyan to blue.
    expect(colour(-1, 0)).toEqual([0, expect.closeTo(9 / 11, 6), 1]);
    // Up: 40.5, 4.5 steps of thirteen from blue to magenta.
    expect(colour(0, -1)).toEqual([expect.closeTo(4.5 / 13, 6), 0, 1]);
  });

  it('pales to white at rest and darkens beyond the full length', () => {
    expect(colour(0, 0)).toEqual([1, 1, 1]);
    expect(colour(0, 0, 5)).toEqual([1, 1, 1]);
    expect(colour(2, 0, 4)).toEqual([1, 0.5, 0.5]);
    expect(colour(4, 0, 2)).toEqual([0.75, 0, 0]);
  });

  it('is black where the flow is unknown, and scales by what is known', () => {
    const colours = flowColours(Float32Array.of(Number.NaN, 0, 1, 0, 2, 0));
    expect([...colours]).toEqual([0, 0, 0, 1, 0.5, 0.5, 1, 0, 0]);
  });
});
