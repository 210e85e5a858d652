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
  {
    id: 'sprites',
    title: 'Sprites, 32 frames of 72 x 96',
    teaches: 'Each sprite glides along its own rows, so it has tubal rank one: 20 % of the entries are enough.',
    settings: { sampling: 0.2 },
    make: () => video('sprites', 32, 72, 96, sprites()),
  },
  {
    id: 'static-clip',
    title: 'Static clip, 32 frames of 72 x 96',
    teaches:
      'The counter-example: a still grainy picture has full tubal rank but a small average rank. The nuclear norm (method tnn-admm) wins.',
    settings: { sampling: 0.2 },
    make: () => video('static-clip', 32, 72, 96, grain()),
  },
  {
    id: 'sensing',
    title: 'Sensing, 20 x 20 x 4 of tubal rank 2',
    teaches:
      'From a tiny start gradient descent finds the low-rank truth, though fewer measurements than unknowns were made.',
    make: () => synthetic('sensing'),
    sketch: () => growthCurves([1, 0.8], 1e-4, 120),
  },
  {
    id: 'staircase',
    title: 'Sensing, singular tubes 1, 0.5, 0.25, 0.1',
    teaches:
      'Tubes switch on one after another, each when the law ln(sqrt(lambda) / (alpha sqrt(k))) / ln(1 + eta lambda) says.',
    settings: { preset: 'staircase' },
    make: () => synthetic('staircase'),
    sketch: () => growthCurves([1, 0.5, 0.25, 0.1], 1e-4, 500),
  },
  {
    id: 'kvik-figure-2',
    title: 'Sensing as in figure 2 of Karnik et al.',
    teaches:
      'Alignment, growth, convergence. With 254 measurements of 210 unknowns least squares would do as well: see m/ambient.',
    settings: { preset: 'kvik-figure-2' },
    make: () => synthetic('kvik-figure-2'),
    sketch: () => growthCurves([1, 0.9], 1e-7, 260),
  },
];

function synthetic(name: string): FitInput {
  return { name: `sample:${name}`, kind: 'synthetic', shape: [], values: new Float32Array(0), fullScale: 1 };
}

/**
 * How singular values grow from a start of size alpha at eta = 0.25 over `iterations`: one curve for each value of the
 * truth, x = lambda / (1 + (lambda / alpha^2 - 1) exp(-2 eta lambda t)), the flow of U U^T towards lambda.
 */
function growthCurves(lambdas: readonly number[], alpha: number, iterations: number): FitInput {
  const [height, width] = [150, 240];
  const colours = [
    [0.36, 0.7, 1],
    [1, 0.6, 0.3],
    [0.25, 0.85, 0.6],
    [0.95, 0.7, 0.85],
  ];
  const ground = [0.1, 0.11, 0.16];
  const rowOf = (lambda: number, column: number): number => {
    const t = (iterations * column) / (width - 1);
    const value = lambda / (1 + (lambda / alpha ** 2 - 1) * Math.exp(-0.5 * lambda * t));
    return height - 12 - (height - 24) * value;
  };
  return picture('growth', height, width, (i, j, c) =>
    lambdas.reduce((shade, lambda, curve) => {
      const [before, here] = [rowOf(lambda, j - 0.5), rowOf(lambda, j + 0.5)];
      const away = Math.max(0, Math.min(before, here) - i, i - Math.max(before, here));
      const ink = Math.max(0, 1 - away / 2);
      return shade + ink * (colours[curve][c] - shade);
    }, ground[c]),
  );
}

/** The same random values in every frame: nothing that a low rank could hold. */
function grain(): (frame: number, i: number, j: number) => number {
  const random = createRandom(3, 'static clip sample');
  const values = Float32Array.from({ length: 72 * 96 }, () => random.uniform());
  return (_, i, j) => values[i * 96 + j];
}

/** Soft boxes over a shaded ground; a box is a column profile times a moving row profile. */
function sprites(): (frame: number, i: number, j: number) => number {
  const random = createRandom(2, 'sprites sample');
  const boxes = Array.from({ length: 5 }, (_, n) => ({
    row: 10 + 13 * n,
    height: 4 + 4 * random.uniform(),
    from: 96 * random.uniform(),
    speed: 5 * random.uniform() - 2.5,
    width: 6 + 8 * random.uniform(),
    brightness: 0.25 + 0.4 * random.uniform(),
  }));
  const bump = (distance: number, width: number) => 1 / (1 + (distance / width) ** 6);
  return (frame, i, j) => {
    let value = 0.15 + 0.1 * Math.sin(0.06 * i) * Math.cos(0.05 * j);
    for (const { row, height, from, speed, width, brightness } of boxes) {
      const at = (((from + speed * frame) % 96) + 96) % 96;
      const distance = Math.abs(j - at);
      value += brightness * bump(i - row, height) * bump(Math.min(distance, 96 - distance), width);
    }
    return Math.min(1, value);
  };
}

function video(
  name: string,
  frames: number,
  height: number,
  width: number,
  value: (frame: number, i: number, j: number) => number,
): FitInput {
  const size = height * width;
  const values = Float32Array.from({ length: frames * size }, (_, n) =>
    value(Math.floor(n / size), Math.floor((n % size) / width), n % width),
  );
  return { name: `sample:${name}`, kind: 'video', shape: [frames, height, width, 1], values, fullScale: 255 };
}

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
