import { expect, it } from 'vitest';
import { trailSnapshots } from './trail-snapshots.ts';

it('keeps few states, the first among them, and goes on with those it had', () => {
  const iterations = Array.from({ length: 100 }, (_, n) => 3 * n);
  let before: readonly number[] = [];
  for (let count = 0; count <= iterations.length; count++) {
    const kept = trailSnapshots(iterations.slice(0, count), 8);
    expect(kept.length).toBeLessThanOrEqual(8);
    expect(kept.length).toBeGreaterThanOrEqual(Math.min(count, 4));
    expect(kept[0]).toBe(iterations.slice(0, count)[0]);
    // What is pulled once is used again: a new state adds itself, or every other one is left out.
    const again = kept.filter(iteration => before.includes(iteration));
    expect(kept.length - again.length).toBeLessThanOrEqual(1);
    before = kept;
  }
});
