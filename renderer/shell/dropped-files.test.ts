import { expect, test } from 'vitest';
import { chosenFiles, inputFiles } from './dropped-files.ts';

const file = (path: string): File => {
  const [name] = path.split('/').slice(-1);
  return Object.assign(new File([name], name), { webkitRelativePath: path.includes('/') ? path : '' });
};
const names = (files: readonly File[]) => files.map(({ name }) => name);

test('frames come in natural order, without hidden files', () => {
  const files = ['f/frame10.png', 'f/.DS_Store', 'f/frame9.png'].map(file);
  expect(names(chosenFiles(files))).toEqual(['frame9.png', 'frame10.png']);
});

test('of a chosen folder only its own files count', () => {
  expect(names(chosenFiles(['f/1.png', 'f/left/1.png', 'f/right/1.png'].map(file)))).toEqual(['1.png']);
  expect(chosenFiles(['f/left/1.png'].map(file))).toEqual([]);
});

test('files of one name in several folders keep apart', () => {
  const found = ['b', 'a'].map(folder => ({ file: file('1.png'), path: `${folder}/1.png` }));
  expect(names(inputFiles(found))).toEqual(['a-1.png', 'b-1.png']);
});

test('of a scene all files count, by their place in it', () => {
  const paths = ['s/scene_camera.json', 's/rgb/000001.png', 's/.DS_Store', 's/models/obj_000001.ply'];
  expect(names(chosenFiles(paths.map(file)))).toEqual(['models/obj_000001.ply', 'rgb/000001.png', 'scene_camera.json']);
  // A scene that lies deeper is another input.
  expect(names(chosenFiles(['f/1.png', 'f/a/scene.json'].map(file)))).toEqual(['1.png']);
});
