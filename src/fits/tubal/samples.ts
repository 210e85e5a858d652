// Pictures made by the program, each with something to teach.

import { createRandom } from '../../numerics/random.ts';
import type { FitInput, Sample } from '../fit.ts';

export const samples: readonly Sample[] = [
  {
    id: 'plaid',
    title: 'Plaid, 192 x 192 colour',
    teaches: 'A cloth of crossing stripes has low tubal rank: 30 % of its entries are enough.',
    make: () => picture('plaid', 192, 192, plaid()),
  },
  {
    id: 'gratings',
    title: 'Slanted gratings, 160 x 160 colour',
    teaches: 'A slanted grating has rank two however fine it is; its sum with another has rank four.',
    make: () =>
      picture(
        'gratings',
        160,
        160,
        (i, j, c) => 0.5 + 0.22 * Math.sin(0.21 * i + 0.13 * j + c) + 0.22 * Math.cos(0.07 * i - 0.31 * j + 2 * c),
      ),
  },
];

function plaid(): (i: number, j: number, c: number) => number {
  const random = createRandom(1, 'plaid sample');
  const stripes = Array.from({ length: 12 }, () => ({
    at: random.uniform() * 192,
    width: 3 + 14 * random.uniform(),
    colour: [random.normal(), random.normal(), random.normal()],
    horizontal: random.uniform() < 0.5,
  }));
  return (i, j, c) => {
    let value = 0.45;
    for (const { at, width, colour, horizontal } of stripes) {
      const distance = ((horizontal ? i : j) - at) / width;
      value += 0.16 * colour[c] * Math.exp(-distance * distance);
    }
    return Math.min(1, Math.max(0, value * (1 + 0.08 * Math.sin(1.1 * i) * Math.sin(0.9 * j))));
  };
}

function picture(
  name: string,
  height: number,
  width: number,
  value: (i: number, j: number, c: number) => number,
): FitInput {
  const values = new Float32Array(height * width * 3);
  for (let n = 0; n < values.length; n++)
    values[n] = value(Math.floor(n / 3 / width), Math.floor(n / 3) % width, n % 3);
  return { name: `sample:${name}`, kind: 'picture', shape: [height, width, 3], values, fullScale: 255 };
}
