import { expect, it } from 'vitest';
import { fileContent } from './file-content.ts';

it('finds what a file holds by its name or its folder', () => {
  const files = [
    { name: 'poses.tum', content: 'poses' },
    { name: 'colmap/', content: 'a model' },
  ];
  const names = ['poses.tum', 'colmap/images.bin', 'colmap', 'other/poses.tum', 'poses.tum.txt'];
  expect(names.map(name => fileContent(files, name))).toEqual(['poses', 'a model', undefined, undefined, undefined]);
});
