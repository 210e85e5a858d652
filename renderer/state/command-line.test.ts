import { expect, test } from 'vitest';
import { fitCommand } from './command-line.ts';

const plain = { fit: 'tubal', input: 'sample:plaid', settings: {}, race: {}, members: undefined, seed: 0 };

test('the plainest run needs a fit and an input', () => {
  expect(fitCommand(plain)).toBe('npm run --silent lab -- fit tubal sample:plaid');
});

test('settings, races, mask, seed and the changes of the user follow', () => {
  expect(
    fitCommand({
      ...plain,
      input: '/data/cat.png',
      mask: 'alpha',
      settings: { rank: '20', preset: 'photo' },
      race: { learningRate: ['0.3', '0.9'] },
      members: 2,
      seed: 7,
      events: [
        { iteration: 200, path: 'learningRate', value: 0.5, source: 'user' },
        { iteration: 250, path: 'members.0.recovered', value: 'the loss rose', source: 'engine' },
        { iteration: 300, path: 'members.1.left.learningRate', value: 0.25, source: 'user' },
      ],
    }),
  ).toBe(
    'npm run --silent lab -- fit tubal /data/cat.png --mask alpha --set rank=20 --set preset=photo ' +
      '--race learningRate=0.3,0.9 --seed 7 --at 200:learningRate=0.5 --at 300:members.1.left.learningRate=0.25',
  );
});

test('equal members are counted', () => {
  expect(fitCommand({ ...plain, members: 4 })).toContain('--members 4');
});

test('files beside the input have options of their names', () => {
  expect(fitCommand({ ...plain, companions: { mesh: '/data/duck.ply', start: '/data/start.json' } })).toContain(
    ' --mesh /data/duck.ply --start /data/start.json',
  );
});

test('a shell reads each word as one, whatever is in it', () => {
  expect(fitCommand({ ...plain, input: "/data/my cat's photo $HOME.png" })).toBe(
    "npm run --silent lab -- fit tubal '/data/my cat'\\''s photo $HOME.png'",
  );
  expect(fitCommand({ ...plain, input: '/data/*;rm.png' })).toContain("'/data/*;rm.png'");
});
