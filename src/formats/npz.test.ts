import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { encodeNpy, type NpyArray } from './npy.ts';
import { decodeNpz, encodeNpz } from './npz.ts';

const seed = 90125;

function randomArray(random: ReturnType<typeof createRandom>): NpyArray {
  const shape = Array.from({ length: random.integer(4) }, () => 1 + random.integer(4));
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, dtype: 'float32', data: Float32Array.from({ length }, () => random.normal()) };
}

describe('npz', () => {
  it(`gives back names, order and arrays (seed ${seed})`, () => {
    const random = createRandom(seed, 'npz');
    for (let trial = 0; trial < 30; trial++) {
      const names = ['z', '7', 'a/b', 'größe', '__proto__', 'arr_0'].slice(random.integer(6));
      const entries = names.map(name => [name, randomArray(random)] as const);
      const read = decodeNpz(encodeNpz(entries), 'a.npz');
      expect([...read], `seed ${seed}, trial ${trial}`).toEqual(entries);
    }
  });

  it('writes the same bytes for the same arrays', () => {
    const write = () => encodeNpz([['x', { shape: [2], dtype: 'uint8', data: Uint8Array.of(1, 2) }]]);
    expect(write()).toEqual(write());
    // 1 January 1980 in the date format of zip: whatever the clock and the time zone.
    expect([...write().subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
  });

  it('reads compressed archives and skips other files', () => {
    const array: NpyArray = { shape: [1000], dtype: 'uint16', data: new Uint16Array(1000).fill(3) };
    const bytes = zipSync({ 'x.npy': encodeNpy(array), 'notes.txt': strToU8('hello') }, { level: 9 });
    expect(decodeNpz(bytes, 'a.npz')).toEqual(new Map([['x', array]]));
  });

  it('refuses one name twice', () => {
    const array: NpyArray = { shape: [], dtype: 'uint8', data: Uint8Array.of(1) };
    const twice = () =>
      encodeNpz([
        ['x', array],
        ['x', array],
      ]);
    expect(twice).toThrow("Two arrays named 'x'");
  });

  it.each<[string, Uint8Array, string]>([
    ['0 bytes', new Uint8Array(), 'is empty (0 bytes)'],
    ['another file', encodeNpy({ shape: [], dtype: 'uint8', data: Uint8Array.of(1) }), 'signature of a zip archive'],
    ['no array', zipSync({ 'notes.txt': strToU8('hello') }), 'holds no NumPy array, only notes.txt'],
    ['an empty archive', zipSync({}), 'holds no NumPy array.'],
  ])('names %s', (_, bytes, message) => {
    expect(() => decodeNpz(bytes, 'a.npz')).toThrow(message);
    expect(() => decodeNpz(bytes, 'a.npz')).toThrow(LabError);
  });

  it('names the array at fault', () => {
    const bytes = zipSync({ 'x.npy': strToU8('no array') });
    expect(() => decodeNpz(bytes, 'a.npz')).toThrow(expect.objectContaining({ code: 'input', where: 'a.npz#x' }));
  });

  it('reports a file truncated at any byte', () => {
    const whole = encodeNpz([['x', { shape: [3], dtype: 'uint8', data: Uint8Array.of(1, 2, 3) }]]);
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeNpz(whole.subarray(0, length), 'a.npz'), `${length} bytes`).toThrow(LabError);
    }
  });

  it(`throws nothing but LabErrors when bytes are damaged (seed ${seed})`, () => {
    const random = createRandom(seed, 'npz damage');
    const array: NpyArray = { shape: [40], dtype: 'float64', data: new Float64Array(40).fill(0.5) };
    const archives = [encodeNpz([['x', array]]), zipSync({ 'x.npy': encodeNpy(array) }, { level: 9 })];
    for (let trial = 0; trial < 2000; trial++) {
      const damaged = archives[trial % 2].slice();
      for (let k = random.integer(3); k >= 0; k--) damaged[random.integer(damaged.length)] = random.integer(256);
      try {
        decodeNpz(damaged, 'a.npz');
      } catch (thrown) {
        expect(thrown, `seed ${seed}, trial ${trial}`).toBeInstanceOf(LabError);
      }
    }
  });
});
