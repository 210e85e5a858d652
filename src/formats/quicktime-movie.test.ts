import { expect, it } from 'vitest';
import { focalLengthOfMovie, impossibleTable } from './quicktime-movie.ts';

const number32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
const text = (value: string) => [...value].map(letter => letter.charCodeAt(0));
/** A type of four letters, or the number of a key. */
const box = (type: string | number, ...content: number[][]) => {
  const inner = content.flat();
  return [...number32(8 + inner.length), ...(typeof type === 'string' ? text(type) : number32(type)), ...inner];
};

it('finds the focal length that an iPhone writes beside a track', () => {
  const key = (name: string) => box('mdta', text(name));
  const keys = [key('com.apple.quicktime.model'), key('com.apple.quicktime.camera.focal_length.35mm_equivalent')];
  const list = [
    box(1, box('data', number32(1), number32(0), text('phone'))),
    box(2, box('data', number32(21), number32(0), number32(26))),
  ];
  const meta = (...inner: number[][]) =>
    box('meta', box('hdlr', number32(0)), box('keys', number32(0), number32(2), ...inner), box('ilst', ...list));
  expect(focalLengthOfMovie(Uint8Array.from(box('trak', meta(...keys))))).toBe(26);
  expect(focalLengthOfMovie(Uint8Array.from(meta(...keys)))).toBe(26);
  expect(focalLengthOfMovie(Uint8Array.from(box('trak', meta(keys[0], keys[0]))))).toBeUndefined();
});

it('finds tables that claim more samples than there can be', () => {
  const within = (table: number[]) => Uint8Array.from(box('trak', box('mdia', box('minf', box('stbl', table)))));
  const stts = (count: number, samples: number) =>
    within(box('stts', number32(0), number32(count), number32(samples), number32(1)));
  expect(impossibleTable(stts(1, 12), 1000)).toBeUndefined();
  expect(impossibleTable(stts(2, 12), 1000)).toBe('stts');
  expect(impossibleTable(stts(1, 2 ** 31), 1000)).toBe('stts');
  expect(impossibleTable(within(box('stsz', number32(0), number32(0), number32(9))), 1000)).toBe('stsz');
  expect(impossibleTable(within(box('stsz', number32(0), number32(100), number32(9))), 1000)).toBeUndefined();
});
