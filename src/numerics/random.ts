// Seeded random numbers: one independent stream per purpose (mask, validation split, start, gradient noise), so that
// changing one never moves another. Pure arithmetic on 32-bit integers; the same bits on every platform.

/** Plain form of a generator, for checkpoints. */
export type RandomState = readonly [number, number, number, number];

export interface RandomSource {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Standard normal (polar method of Marsaglia and Bray 1964; two uniforms per accepted pair, one value kept). */
  normal(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  state(): RandomState;
}

/**
 * A stream named by `purpose` under `seed`. Streams with different names are independent for all practical ends:
 * the name is hashed into the start state of an xoshiro128** generator (Blackman and Vigna 2018).
 */
export function createRandom(seed: number, purpose: string): RandomSource {
  let h = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < purpose.length; i++) h = mix(h ^ Math.imul(purpose.charCodeAt(i) + 0x7f4a7c15, 0x85ebca6b));
  h = mix(h ^ Math.floor(seed / 4294967296));
  const words: number[] = [];
  for (let i = 0; i < 4; i++) {
    h = (h + 0x9e3779b9) >>> 0;
    words.push(mix(h));
  }
  return resumeRandom(words as unknown as RandomState);
}

/** A generator that goes on from a stored state. */
export function resumeRandom(stored: RandomState): RandomSource {
  let [a, b, c, d] = stored;
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = () => next() / 4294967296;
  return {
    uniform,
    normal() {
      for (;;) {
        const u = 2 * uniform() - 1;
        const v = 2 * uniform() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
      }
    },
    integer: bound => Math.floor(uniform() * bound),
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}
