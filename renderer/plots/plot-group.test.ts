import { describe, expect, it } from 'vitest';
import { bestColumns } from './plot-group.ts';

describe('the columns of a group of plots', () => {
  it('stand side by side in a low panel and below each other in a narrow one', () => {
    expect(bestColumns(3, 920, 200)).toBe(3);
    expect(bestColumns(3, 260, 700)).toBe(1);
    expect(bestColumns(4, 600, 400)).toBe(2);
    expect(bestColumns(1, 2000, 100)).toBe(1);
    expect(bestColumns(0, 300, 300)).toBe(1);
  });
});
