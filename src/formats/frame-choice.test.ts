import { describe, expect, it } from 'vitest';
import {
  equalMotion,
  everyFrame,
  frameChoiceText,
  groupFrames,
  parseFrameChoice,
  splitFrameChoice,
  withFrameChoice,
} from './frame-choice.ts';

describe('a choice of frames', () => {
  it.each([
    'frames=3:',
    'frames=0:100:2',
    'frames=5:6',
    'max-frames=60',
    'frames=1:,max-frames=4,max-side=640,pick=sharpest',
    'max-frames=4,pick=motion',
  ])('%s is written as it is read', text => {
    expect(frameChoiceText(parseFrameChoice(text))).toBe(text);
  });

  it('may leave parts of a range out', () => {
    expect(parseFrameChoice('frames=::3')).toEqual({ ...everyFrame, stride: 3 });
    expect(parseFrameChoice('frames=:7')).toEqual({ ...everyFrame, end: 7 });
  });

  it.each([
    'frames=5',
    'frames=4:4',
    'frames=a:b',
    'frames=0:9:0',
    'max-frames=0',
    'max-side=1.5',
    'pick=best',
    'frame=1:2',
  ])('refuses %s with what to write', text => {
    expect(() => parseFrameChoice(text)).toThrow(expect.objectContaining({ code: 'setting', tip: expect.any(String) }));
  });

  it('stands behind the name of an input, and no other # does', () => {
    expect(splitFrameChoice('/a/clip #2.mp4')).toEqual({ path: '/a/clip #2.mp4', choice: everyFrame });
    const { path, choice } = splitFrameChoice('/a/b#c.mp4#frames=0:9');
    expect([path, choice.end]).toEqual(['/a/b#c.mp4', 9]);
    expect(withFrameChoice('/a/b#c.mp4#frames=0:9', { ...choice, end: 5 })).toBe('/a/b#c.mp4#frames=0:5');
    expect(withFrameChoice('/a/b#c.mp4#frames=0:9', everyFrame)).toBe('/a/b#c.mp4');
  });
});

describe('the frames that are meant', () => {
  const numbers = (total: number, text: string) => groupFrames(total, parseFrameChoice(text));

  it('end with the video, and keep the same distance', () => {
    expect(numbers(10, 'frames=4:99:3')).toEqual([[4], [7]]);
    expect(numbers(10, 'max-frames=4')).toEqual([[0], [3], [6], [9]]);
    expect(numbers(10, 'max-frames=10')).toHaveLength(10);
  });

  it('stand together where the sharpest is looked for', () => {
    expect(numbers(7, 'frames=1:,max-frames=2,pick=sharpest')).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('are at least one', () => {
    expect(() => numbers(10, 'frames=10:')).toThrow(
      expect.objectContaining({ code: 'input', tip: expect.stringContaining('9') }),
    );
  });

  it('stand at equal motion: a walk that begins after a rest and doubles its speed', () => {
    const candidates = Array.from({ length: 21 }, (_, n) => 100 + n);
    // At rest up to candidate 10, then 1 pixel a frame up to 16, then 2: 6 + 8 pixels in all, 2 for each of 7 shares.
    const motions = candidates.map((_, n) => (n <= 10 ? 0 : n <= 16 ? 1 : 2));
    const groups = equalMotion(candidates, motions, 8);
    expect(groups?.flat()).toEqual([100, 112, 114, 116, 117, 118, 119, 120]);
    expect(
      equalMotion(
        candidates,
        motions.map(() => 0),
        8,
      ),
    ).toBeUndefined();
  });
});
