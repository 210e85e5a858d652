// Colour maps for pictures of numbers: tables of 256 colours, computed once. Sequential ones are perceptually ordered;
// the diverging one is for signed differences, white where they vanish.

import { blueRedAt } from '../../src/numerics/blue-red.ts';
import { viridisAt } from '../../src/numerics/viridis.ts';

export const colourMapIds = ['viridis', 'magma', 'turbo', 'grey', 'blue-red'] as const;
export type ColourMapId = (typeof colourMapIds)[number];

export interface ColourMap {
  readonly id: ColourMapId;
  readonly title: string;
  /** 256 colours, red green blue each 0…255. */
  readonly table: Uint8Array;
  /** The same colours as opaque RGBA words, as image data holds them on a little-endian machine. */
  readonly words: Uint32Array;
}

type Colour = readonly [number, number, number];

/** Sum of coefficients[i] x^i for each of red, green and blue. */
function polynomial(coefficients: readonly Colour[]): (x: number) => Colour {
  return x =>
    coefficients.reduceRight<Colour>(
      (sum, coefficient) => sum.map((value, channel) => value * x + coefficient[channel]) as unknown as Colour,
      [0, 0, 0],
    );
}

function betweenPoints(points: readonly Colour[]): (x: number) => Colour {
  return x => {
    const at = x * (points.length - 1);
    const before = Math.min(points.length - 2, Math.floor(at));
    const share = at - before;
    const [low, high] = [points[before], points[before + 1]];
    return low.map((value, channel) => value + share * (high[channel] - value)) as unknown as Colour;
  };
}

/** matplotlib's magma, polynomial fit by Matt Zucker (shadertoy.com/view/WlfXRN, CC0). */
const magma = polynomial([
  [-0.002136485053939582, -0.000749655052795221, -0.005386127855323933],
  [0.2516605407371642, 0.6775232436837668, 2.494026599312351],
  [8.353717279216625, -3.577719514958484, 0.3144679030132573],
  [-27.66873308576866, 14.26473078096533, -13.64921318813922],
  [52.17613981234068, -27.94360607168351, 12.94416944238394],
  [-50.76852536473588, 29.04658282127291, 4.23415299384598],
  [18.65570506591883, -11.48977351997711, -5.601961508734096],
]);

const hex = (text: string): Colour =>
  [0, 2, 4].map(at => Number.parseInt(text.slice(at, at + 2), 16) / 255) as unknown as Colour;

/** Turbo by Anton Mikhailov (Google, Apache 2.0), fifteen colours of its table: his polynomial misses its dark end. */
const turbo = betweenPoints(
  '30123b 4145ab 4675ed 39a2fc 1bcfd4 24eca6 61fc6c a4fc3b d1e834 f3c63a fe9b2d f36315 d93806 b11901 7a0402'
    .split(' ')
    .map(hex),
);

const makers: Readonly<Record<ColourMapId, { readonly title: string; readonly at: (x: number) => Colour }>> = {
  viridis: { title: 'Viridis', at: viridisAt },
  magma: { title: 'Magma', at: magma },
  turbo: { title: 'Turbo', at: turbo },
  grey: { title: 'Grey', at: x => [x, x, x] },
  'blue-red': { title: 'Blue – red', at: blueRedAt },
};

const made = new Map<ColourMapId, ColourMap>();

/** The map of this id; viridis for one that is not known, as an old preference may name. */
export function colourMap(id: string): ColourMap {
  const known = colourMapIds.find(each => each === id) ?? 'viridis';
  const ready = made.get(known);
  if (ready !== undefined) return ready;
  const { title, at } = makers[known];
  const table = new Uint8Array(3 * 256);
  const words = new Uint32Array(256);
  for (let level = 0; level < 256; level++) {
    const [red, green, blue] = at(level / 255).map(value => Math.round(255 * Math.min(1, Math.max(0, value))));
    table.set([red, green, blue], 3 * level);
    words[level] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  const map = { id: known, title, table, words };
  made.set(known, map);
  return map;
}

/** The map as a CSS gradient from left (low) to right (high). */
export function gradientOf({ table }: ColourMap): string {
  const stops = Array.from({ length: 17 }, (_, stop) => {
    const level = 3 * Math.min(255, Math.round((stop * 255) / 16));
    return `rgb(${table[level]} ${table[level + 1]} ${table[level + 2]})`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
