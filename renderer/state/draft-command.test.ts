import { expect, test } from 'vitest';
import type { InputReport } from '../../src/protocol/host-calls.ts';
import type { Draft, DrawnMask } from './draft.ts';
import { draftCommand, hasMask } from './draft-command.ts';

const report: InputReport = {
  input: 'upload:x7',
  path: '/runs/.uploads/x7/photo.png',
  maskPath: '/runs/.uploads/y8/mask.png',
  companionPaths: {},
  derived: {},
  name: 'photo.png',
  kind: 'picture',
  shape: [2, 2, 3],
  facts: {},
  warnings: [],
  picture: { frames: 1, height: 2, width: 2 },
  hasAlpha: true,
};
const draft: Draft = {
  fit: 'anything',
  input: 'upload:x7',
  name: 'photo.png',
  cameFrom: undefined,
  report,
  mask: 'upload:y8',
  companions: {},
  drawn: undefined,
  settings: {},
  race: {},
  members: undefined,
  seed: 0,
  busy: 'no',
  progress: undefined,
  error: undefined,
};
const drawn = (empty: boolean): DrawnMask => ({ empty, toPng: () => Promise.resolve(new Blob()) });

test('the command names uploads by the files they are', () => {
  expect(draftCommand(draft)).toMatch(
    / fit anything \/runs\/\.uploads\/x7\/photo\.png --mask \/runs\/\.uploads\/y8\/mask\.png$/,
  );
  expect(draftCommand({ ...draft, mask: 'alpha', report: { ...report, maskPath: 'alpha' } })).toMatch(/ --mask alpha$/);
});

test('a drawn mask that is in no file has no command; an empty one is none', () => {
  expect(draftCommand({ ...draft, mask: undefined, drawn: drawn(false) })).toBeUndefined();
  expect(hasMask({ mask: undefined, drawn: drawn(false) })).toBe(true);
  expect(hasMask({ mask: undefined, drawn: drawn(true) })).toBe(false);
});
