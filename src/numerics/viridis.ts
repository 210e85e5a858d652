// The colour map of numbers, in the window and in films.

/** matplotlib's viridis, polynomial fit by Matt Zucker (shadertoy.com/view/WlfXRN, CC0). */
const coefficients = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

/** Red, green and blue, about 0…1, at x from 0 to 1. */
export function viridisAt(x: number): readonly [number, number, number] {
  const channel = (c: number) => coefficients.reduceRight((sum, coefficient) => sum * x + coefficient[c], 0);
  return [channel(0), channel(1), channel(2)];
}

/** 256 colours, red green blue each 0…255. */
export const viridis = new Uint8ClampedArray(
  Array.from({ length: 256 }, (_, index) => viridisAt(index / 255).map(part => 255 * part)).flat(),
);
