import { expect, test } from 'vitest';
import type { FitDescription } from '../../src/protocol/host-calls.ts';
import { settingsOfRecipe } from './recipe-settings.ts';

const number = (name: string, value: number | undefined) =>
  ({ name, title: name, type: 'number', default: value, help: '', live: 'member' }) as const;
const fit: FitDescription = {
  id: 'fit',
  title: 'A fit',
  takes: '',
  opens: 'tensors',
  companions: [],
  settings: [number('sampling', 0.3), number('rank', undefined)],
  presets: {},
  samples: [{ id: 'sparse', title: '', teaches: '', settings: { sampling: 0.2 }, pace: 100 }],
  optimizers: [
    { id: 'sgd', title: '', source: '', hyper: [] },
    { id: 'adam', title: '', source: '', hyper: [{ name: 'beta1', title: '', default: 0.9, help: '' }] },
  ],
  schedules: [],
  exportFormats: [],
  exportFiles: [],
  captions: {},
};

test('defaults and what a sample brings need not be given', () => {
  const { settings, race } = settingsOfRecipe({ input: 'sample:sparse', members: [{ sampling: 0.2 }] }, fit);
  expect([settings, race]).toEqual([{}, {}]);
});

test('what differs from the sample is given, the default of the fit too', () => {
  const { settings } = settingsOfRecipe({ input: 'sample:sparse', members: [{ sampling: 0.3, rank: 7 }] }, fit);
  expect(settings).toEqual({ sampling: '0.3', rank: '7' });
});

test('members that differ are a race; what only one optimizer has is left to its default', () => {
  const members = [
    { optimizer: 'sgd', sampling: 0.3 },
    { optimizer: 'adam', sampling: 0.3, beta1: 0.9 },
  ];
  const { settings, race } = settingsOfRecipe({ input: '/data/cat.png', members }, fit);
  expect(settings).toEqual({});
  expect(race).toEqual({ optimizer: ['sgd', 'adam'] });
});
