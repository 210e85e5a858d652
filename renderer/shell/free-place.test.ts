import { expect, it } from 'vitest';
import { freePlace, isFree } from './free-place.ts';

const room = { width: 1024, height: 700 };
const size = { width: 280, height: 120 };
const timeline = { left: 400, top: 10, width: 300, height: 20 };

it('stands under what it speaks of, below the tabs that are there', () => {
  const tabs = { left: 0, top: 40, width: 1024, height: 36 };
  const place = freePlace(timeline, size, [timeline, tabs], room);
  const bottom = tabs.top + tabs.height;
  // As near as the grid of places lets it: 8 px away, in the middle below.
  expect(place.top).toBe(Math.ceil((bottom + 8) / 8) * 8);
  expect(Math.abs(place.left + size.width / 2 - 550)).toBeLessThanOrEqual(4);
  expect(isFree({ ...place, ...size }, [timeline, tabs], room)).toBe(true);
  expect(isFree({ ...place, ...size, top: 60 }, [timeline, tabs], room)).toBe(false);
});

it('stays in the window, and covers as little as it can where all is taken', () => {
  const all = { left: 0, top: 0, ...room };
  const twice = { left: 0, top: 0, width: 700, height: 700 };
  const { left } = freePlace(timeline, size, [all, twice], room);
  expect(left).toBeGreaterThanOrEqual(708);
  expect(left + size.width).toBeLessThanOrEqual(room.width);
});
