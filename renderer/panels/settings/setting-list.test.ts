import { expect, test } from 'vitest';
import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import type { SettingDescription } from '../../../src/protocol/settings.ts';
import {
  found,
  grouped,
  helpText,
  listSettings,
  racedValues,
  raceRefusal,
  refusal,
  valueText,
} from './setting-list.ts';

const rank: SettingDescription = {
  name: 'rank',
  title: 'Factor rank',
  type: 'integer',
  default: undefined,
  minimum: 1,
  maximum: 2000,
  help: 'Columns of each factor.',
  live: 'member',
  group: 'Model',
};
const optimizer: SettingDescription = {
  name: 'optimizer',
  title: 'Optimizer',
  type: 'choice',
  default: 'sgd',
  choices: ['sgd', 'heavy-ball'],
  choiceTitles: { 'heavy-ball': 'Ball that rolls' },
  help: 'The rule.',
  live: 'member',
  group: 'Descent',
};
const momentum = { name: 'momentum', title: 'Momentum', default: 0.9, minimum: 0, maximum: 0.9999, help: 'Kept.' };

const fit: FitDescription = {
  id: 'fit',
  title: 'A fit',
  takes: 'anything',
  opens: 'tensors',
  companions: [],
  settings: [rank, optimizer],
  presets: { fast: { optimizer: 'heavy-ball', momentum: 0.5 } },
  samples: [{ id: 'small', title: 'Small', teaches: '', settings: { rank: 5 }, pace: 100 }],
  optimizers: [
    { id: 'sgd', title: 'Gradient descent', source: 'Robbins', hyper: [] },
    { id: 'heavy-ball', title: 'Heavy ball', source: 'Polyak', hyper: [momentum] },
  ],
  schedules: [],
  exportFormats: [],
  exportFiles: [],
  captions: {},
};
const draft = { input: 'sample:small', settings: {}, race: {} };
const named = (list: ReturnType<typeof listSettings>, name: string) =>
  list.find(({ setting }) => setting.name === name);

test('what a sample brings stands under what the user gives', () => {
  expect(named(listSettings(fit, draft), 'rank')).toMatchObject({ usual: 5, from: 'sample', given: undefined });
  const given = listSettings(fit, { ...draft, settings: { rank: '7' } });
  expect(named(given, 'rank')).toMatchObject({ usual: 5, given: '7' });
});

test('a preset brings its optimizer, and the optimizer its own settings', () => {
  expect(named(listSettings(fit, draft), 'momentum')).toBeUndefined();
  const fast = listSettings(fit, { ...draft, settings: { preset: 'fast' } });
  expect(named(fast, 'optimizer')).toMatchObject({ usual: 'heavy-ball', from: 'preset' });
  expect(named(fast, 'momentum')).toMatchObject({ usual: 0.5, from: 'preset' });
});

test('raced optimizers have the settings that all of them have', () => {
  const raced = listSettings(fit, { ...draft, race: { optimizer: ['sgd', 'heavy-ball'] } });
  expect(named(raced, 'momentum')).toBeUndefined();
  expect(named(raced, 'optimizer')?.raced).toEqual(['sgd', 'heavy-ball']);
});

test('a search looks in names, help, headings and choices', () => {
  const list = listSettings(fit, draft);
  expect(found(list, 'columns factor').map(({ setting }) => setting.name)).toEqual(['rank']);
  expect(found(list, 'heavy').map(({ setting }) => setting.name)).toEqual(['optimizer']);
  expect(found(list, 'descent model')).toEqual([]);
  expect(found(list, '')).toHaveLength(2);
  expect(grouped(list).map(([heading]) => heading)).toEqual(['Model', 'Descent']);
});

test('a refusal says what to try', () => {
  expect(refusal(rank, '12')).toBeUndefined();
  expect(refusal(rank, '0')).toContain('1');
  expect(refusal(rank, '1.5')).toContain('2');
  expect(refusal(optimizer, 'heavyball')).toContain('heavy-ball');
});

test('a race needs one right value for each member', () => {
  expect(racedValues(' 3, 10 ,, 20 ')).toEqual(['3', '10', '20']);
  expect(raceRefusal(rank, ['3', '10'], 2)).toBeUndefined();
  expect(raceRefusal(rank, ['3'], 1)).toContain('two');
  expect(raceRefusal(rank, ['3', '10'], 3)).toContain('3 values');
  expect(raceRefusal(rank, ['3', '0'], 2)).toContain('0:');
});

test('choices are shown and found by their titles, and told as a command line takes them', () => {
  expect(valueText(optimizer, 'heavy-ball')).toBe('Ball that rolls');
  expect(valueText(optimizer, 'sgd')).toBe('sgd');
  expect(valueText(rank, 5)).toBe('5');
  expect(valueText(rank, undefined)).toBe('from the input');
  expect(found([{ setting: rank }, { setting: optimizer }], 'rolls')).toEqual([{ setting: optimizer }]);
  expect(helpText(optimizer, 'heavy-ball')).toMatch(/On the command line: optimizer=heavy-ball\.$/);
  expect(helpText(rank)).toMatch(/On the command line: rank\.$/);
});
