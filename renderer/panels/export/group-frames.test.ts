import { expect, it } from 'vitest';
import { groupFrames } from './group-frames.ts';

it('puts numbered frames together and leaves other files alone', () => {
  const names = [
    'mask.npy',
    'recovered-00000.png',
    'recovered-00001.png',
    'film/00000.png',
    'recovered.npy',
    'depth/000000.png',
    'depth/000001.png',
  ];
  const groups = groupFrames(names.map(name => ({ name, bytes: 1 })));
  expect(groups.map(group => group.map(({ name }) => name))).toEqual([
    ['mask.npy'],
    ['recovered-00000.png', 'recovered-00001.png'],
    ['film/00000.png'],
    ['recovered.npy'],
    ['depth/000000.png', 'depth/000001.png'],
  ]);
});
