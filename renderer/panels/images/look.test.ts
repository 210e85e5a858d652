import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/numerics/random.ts';
import { atScale, fitted, mostPixelsAt, panBy, placementOf, toPicture, toScreen, zoomAt } from './look.ts';

const box = { left: 100, top: 50, width: 400, height: 300 };
const picture = { width: 200, height: 100 };

describe('look', () => {
  it('fits the whole picture into the middle of the box', () => {
    expect(placementOf(fitted, box, picture)).toEqual({ left: 100, top: 100, scaleX: 2, scaleY: 2 });
    expect(placementOf(fitted, box, picture, 'stretched')).toEqual({ left: 100, top: 50, scaleX: 2, scaleY: 3 });
  });

  it('keeps the point under the pointer while zooming', () => {
    const random = createRandom(7, 'zoom');
    for (let turn = 0; turn < 200; turn++) {
      const look = { zoom: 1 + 3 * random.uniform(), x: 0.4 + 0.2 * random.uniform(), y: 0.4 + 0.2 * random.uniform() };
      const point = { x: 250 + 100 * random.uniform(), y: 150 + 100 * random.uniform() };
      const pixels = random.uniform() < 0.5 ? 'square' : 'stretched';
      const before = toPicture(placementOf(look, box, picture, pixels), point);
      const after = toPicture(
        placementOf(zoomAt(look, 1.25, point, box, picture, pixels), box, picture, pixels),
        point,
      );
      expect(after.x).toBeCloseTo(before.x, 9);
      expect(after.y).toBeCloseTo(before.y, 9);
    }
  });

  it('moves with the hand, and no further than the edge', () => {
    const look = { zoom: 4, x: 0.5, y: 0.5 };
    const before = toScreen(placementOf(look, box, picture), { x: 90, y: 60 });
    const after = toScreen(placementOf(panBy(look, 30, -20, box, picture), box, picture), { x: 90, y: 60 });
    expect(after.x - before.x).toBeCloseTo(30);
    expect(after.y - before.y).toBeCloseTo(-20);
    expect(panBy(look, 1e6, 1e6, box, picture)).toMatchObject({ x: 0, y: 0 });
  });

  it('shows pixel by pixel', () => {
    expect(placementOf(atScale(fitted, 1, box, picture), box, picture).scaleX).toBeCloseTo(1);
  });

  it('has limits', () => {
    let look = fitted;
    for (let turn = 0; turn < 100; turn++) look = zoomAt(look, 2, { x: 300, y: 200 }, box, picture);
    expect(placementOf(look, box, picture).scaleX).toBeCloseTo(96);
    for (let turn = 0; turn < 100; turn++) look = zoomAt(look, 0.5, { x: 300, y: 200 }, box, picture);
    expect(look.zoom).toBe(0.25);
  });

  it('asks for a reduced picture only where it is shown at half its size or less', () => {
    expect(mostPixelsAt(1, picture)).toBeUndefined();
    expect(mostPixelsAt(0.51, picture)).toBeUndefined();
    expect(mostPixelsAt(0.5, picture)).toBe(100 * 50);
    expect(mostPixelsAt(0.3, picture)).toBe(100 * 50);
    expect(mostPixelsAt(0.25, picture)).toBe(50 * 25);
    expect(mostPixelsAt(300 / 3840, { width: 3840, height: 2160 })).toBe(480 * 270);
  });
});
