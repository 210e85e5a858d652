import { expect, test } from 'vitest';
import { summaryFacts } from './summary-facts.ts';

test('names tell units', () => {
  expect(
    summaryFacts({ samplingRate: 0.3, deviceMegabytes: 12, title: 'A picture', rank: 64, sigma: 0.000123 }),
  ).toEqual([
    { name: 'Sampling rate', value: '30 %' },
    { name: 'Device memory', value: '12 MB' },
    { name: 'Rank', value: '64' },
    { name: 'Sigma', value: '1.23e-4' },
  ]);
});
