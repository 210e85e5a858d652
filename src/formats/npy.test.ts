import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { LabError } from '../protocol/lab-error.ts';
import { decodeNpy, encodeNpy, type NpyArray, type NpyData, type NpyDtype } from './npy.ts';

/** A .npy file from its parts, so that no fixture depends on the encoder under test. */
function npyFile(header: string, data: readonly number[], version: 1 | 2 | 3 = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const length = [text.length & 255, text.length >> 8, ...(version === 1 ? [] : [0, 0])];
  return Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...length, ...text, ...data]);
}

const headerOf = (descr: string, shape: string, order: 'True' | 'False' = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

function errorOf(run: () => unknown): LabError {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof LabError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was thrown.');
}

const makers: Record<NpyDtype, (random: ReturnType<typeof createRandom>, length: number) => NpyData> = {
  bool: (r, n) => Uint8Array.from({ length: n }, () => r.integer(2)),
  uint8: (r, n) => Uint8Array.from({ length: n }, () => r.integer(256)),
  int8: (r, n) => Int8Array.from({ length: n }, () => r.integer(256) - 128),
  uint16: (r, n) => Uint16Array.from({ length: n }, () => r.integer(65536)),
  int16: (r, n) => Int16Array.from({ length: n }, () => r.integer(65536) - 32768),
  uint32: (r, n) => Uint32Array.from({ length: n }, () => r.integer(2 ** 32)),
  int32: (r, n) => Int32Array.from({ length: n }, () => r.integer(2 ** 32) - 2 ** 31),
  uint64: (r, n) => Float64Array.from({ length: n }, () => r.integer(2 ** 32) * 2 ** 21 + r.integer(2 ** 21)),
  int64: (r, n) =>
    Float64Array.from({ length: n }, () => (r.integer(2 ** 32) - 2 ** 31) * 2 ** 21 + r.integer(2 ** 21)),
  float16: (r, n) => Float32Array.from({ length: n }, () => (r.integer(2048) - 1024) * 2 ** (r.integer(29) - 24)),
  float32: (r, n) => Float32Array.from({ length: n }, () => r.normal() * 10 ** (r.integer(60) - 30)),
  float64: (r, n) => Float64Array.from({ length: n }, () => r.normal() * 10 ** (r.integer(400) - 200)),
};

describe('write, then read', () => {
  const seed = 20240607;
  it.each(Object.keys(makers) as NpyDtype[])(`gives back every %s array (seed ${seed})`, dtype => {
    const random = createRandom(seed, `npy ${dtype}`);
    for (let trial = 0; trial < 40; trial++) {
      const shape = Array.from({ length: random.integer(5) }, () => random.integer(6));
      const data = makers[dtype](
        random,
        shape.reduce((product, extent) => product * extent, 1),
      );
      const array: NpyArray = { shape, dtype, data };
      const bytes = encodeNpy(array);
      // An offset that is no multiple of 8: the reader may not rely on alignment.
      const shifted = new Uint8Array(bytes.length + 3).subarray(3);
      shifted.set(bytes);
      expect(decodeNpy(shifted, 'a.npy'), `seed ${seed}, trial ${trial}, shape ${shape}`).toEqual(array);
    }
  });

  it('keeps the special values of the float types', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0];
    for (const dtype of ['float16', 'float32', 'float64'] as const) {
      const data = dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values);
      expect([...decodeNpy(encodeNpy({ shape: [5], dtype, data }), 'a.npy').data]).toEqual(values);
    }
  });

  it('rounds to the nearest half-precision number, ties to even', () => {
    // Around 1 the spacing is 2^-10; the largest finite value is 65504; the smallest positive 2^-24.
    const data = Float32Array.from([1 + 2 ** -11, 1 + 3 * 2 ** -11, 2047.5, 65519, 65520, 2 ** -25, 1.5 * 2 ** -25]);
    const read = decodeNpy(encodeNpy({ shape: [7], dtype: 'float16', data }), 'a.npy').data;
    expect([...read]).toEqual([1, 1 + 2 ** -9, 2048, 65504, Number.POSITIVE_INFINITY, 0, 2 ** -24]);
  });

  it('aligns the data to 64 bytes and writes the dictionary as NumPy does', () => {
    const bytes = encodeNpy({ shape: [3], dtype: 'uint8', data: Uint8Array.of(7, 8, 9) });
    expect(bytes.length).toBe(128 + 3);
    const header = new TextDecoder().decode(bytes.subarray(10, 128));
    expect(header).toBe(`${"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }".padEnd(117)}\n`);
  });

  it('refuses values that do not fit the shape', () => {
    const array: NpyArray = { shape: [2, 2], dtype: 'uint8', data: new Uint8Array(3) };
    expect(errorOf(() => encodeNpy(array)).code).toBe('internal');
  });
});

describe('reading files built by hand', () => {
  it('reads big-endian numbers', () => {
    expect(decodeNpy(npyFile(headerOf('>i2', '(2,)'), [0x01, 0x02, 0xff, 0xfe]), 'a').data).toEqual(
      Int16Array.of(258, -2),
    );
    expect(decodeNpy(npyFile(headerOf('>f4', '(1,)'), [0x3f, 0x80, 0, 0]), 'a').data).toEqual(Float32Array.of(1));
    expect(decodeNpy(npyFile(headerOf('>i8', '()'), [255, 255, 255, 255, 255, 255, 255, 255]), 'a')).toEqual({
      shape: [],
      dtype: 'int64',
      data: Float64Array.of(-1),
    });
    expect(decodeNpy(npyFile(headerOf('>f2', '(1,)'), [0xc0, 0x00]), 'a').data).toEqual(Float32Array.of(-2));
  });

  it('brings Fortran order into C order', () => {
    // [[0, 1, 2], [3, 4, 5]] column by column.
    const matrix = decodeNpy(npyFile(headerOf('|u1', '(2, 3)', 'True'), [0, 3, 1, 4, 2, 5]), 'a');
    expect([...matrix.data]).toEqual([0, 1, 2, 3, 4, 5]);
    // Element [i, j, k] of a (2, 3, 4) array holds 100 i + 10 j + k.
    const stored: number[] = [];
    for (let k = 0; k < 4; k++) {
      for (let j = 0; j < 3; j++) for (let i = 0; i < 2; i++) stored.push(100 * i + 10 * j + k);
    }
    const cube = decodeNpy(npyFile(headerOf('|u1', '(2, 3, 4)', 'True'), stored), 'a');
    expect([...cube.data]).toEqual([...stored].sort((a, b) => a - b));
    expect(decodeNpy(npyFile(headerOf('|u1', '(0, 3)', 'True'), []), 'a').data).toHaveLength(0);
  });

  it.each([2, 3] as const)('reads version %i', version => {
    expect(decodeNpy(npyFile(headerOf('<u2', '(1,)'), [1, 2], version), 'a').data).toEqual(Uint16Array.of(513));
  });

  it('reads the variants of the dictionary that NumPy has written', () => {
    const variants = [
      `{"shape": (2L,), "fortran_order": False, "descr": "|u1"}`,
      `  { 'shape' :( 2 , ) , 'fortran_order':False,'descr':'|u1' , }  `,
      `{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'more': None}`,
    ];
    for (const header of variants) expect([...decodeNpy(npyFile(header, [5, 6]), 'a').data]).toEqual([5, 6]);
    expect([...decodeNpy(npyFile(headerOf('|b1', '(3,)'), [0, 1, 2]), 'a').data]).toEqual([0, 1, 1]);
    expect([...decodeNpy(npyFile(headerOf('?', '(1,)'), [1]), 'a').data]).toEqual([1]);
  });

  it('takes 64-bit integers up to 2^53 and no further', () => {
    const limit = [0, 0, 0, 0, 0, 0, 0x20, 0];
    expect(decodeNpy(npyFile(headerOf('<u8', '(1,)'), limit), 'a').data).toEqual(Float64Array.of(2 ** 53));
    const beyond = [1, 0, 0, 0, 0, 0, 0x20, 0];
    const error = errorOf(() => decodeNpy(npyFile(headerOf('<u8', '(2,)'), [...limit, ...beyond]), 'a'));
    expect(error.message).toBe(
      'Element 1 in file order of the uint64 array is beyond 2^53 and cannot be held exactly.',
    );
  });
});

describe('files that cannot be read', () => {
  const good = headerOf('<f4', '(2,)');
  const eight = [0, 0, 0, 0, 0, 0, 0, 0];
  it.each<[string, Uint8Array, string]>([
    ['0 bytes', new Uint8Array(), 'The NumPy file is empty (0 bytes).'],
    ['another signature', new TextEncoder().encode('P5 640 480'), 'does not begin with the signature'],
    ['a later version', npyFile(good, eight).with(6, 9), 'has format version 9.0; versions 1, 2 and 3 can be read'],
    ['a cut header', npyFile(good, eight).slice(0, 30), `needs ${10 + good.length + 1} bytes but the file has 30`],
    ['cut data', npyFile(good, eight.slice(1)), 'shape (2,) of float32 needs 8 bytes of data but 7 are there'],
    ['excess data', npyFile(good, [...eight, 1]), 'holds 9 bytes of data but shape (2,) of float32 needs only 8'],
    ['no dictionary', npyFile('[1, 2]', eight), 'is not a Python dictionary'],
    [
      'a call in the header',
      npyFile(`{'shape': print(1)}`, eight),
      'is not a readable Python dictionary (character 16)',
    ],
    ['a missing key', npyFile(`{'descr': '<f4', 'shape': (2,)}`, eight), "has no 'fortran_order'"],
    ['an odd order', npyFile(headerOf('<f4', '(2,)').replace('False', '0'), eight), 'neither True nor False'],
    ['a negative extent', npyFile(headerOf('<f4', '(-2,)'), eight), 'not a tuple of whole numbers'],
    ['objects', npyFile(headerOf('|O', '(1,)'), eight), 'object (pickled Python values)'],
    ['complex numbers', npyFile(headerOf('<c8', '(1,)'), eight), 'complex64'],
    ['text', npyFile(headerOf('<U2', '(1,)'), eight), 'text (Unicode strings)'],
    ['named fields', npyFile(good.replace("'<f4'", "[('x', '<f4')]"), eight), 'structured element type'],
    ['a long double', npyFile(headerOf('<f16', '(1,)'), eight), 'float128'],
    ['an overflow', npyFile(headerOf('<f4', '(4294967296, 4294967296)'), eight), 'too large to address'],
    ['a huge extent', npyFile(headerOf('<f4', '(99999999999999999999999,)'), eight), 'too large to address'],
    ['deep nesting', npyFile(`{'shape': ${'('.repeat(50000)}`, []), 'not a readable Python dictionary'],
  ])('names %s', (_, bytes, message) => {
    const error = errorOf(() => decodeNpy(bytes, 'weights.npy'));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({ code: 'input', where: 'weights.npy' });
    expect(error.tip).toBeTruthy();
  });

  it('reports a file truncated at any byte', () => {
    const whole = npyFile(
      headerOf('<i4', '(2, 2)'),
      Array.from({ length: 16 }, (_, i) => i),
    );
    for (let length = 0; length < whole.length; length++) {
      expect(errorOf(() => decodeNpy(whole.subarray(0, length), 'a')).code, `${length} bytes`).toBe('input');
    }
    expect(decodeNpy(whole, 'a').shape).toEqual([2, 2]);
  });

  it('throws nothing but LabErrors when bytes are damaged', () => {
    const seed = 4711;
    const random = createRandom(seed, 'npy damage');
    const whole = npyFile(headerOf('<i8', '(2, 2)', 'True'), new Array(32).fill(1));
    for (let trial = 0; trial < 3000; trial++) {
      const damaged = whole.slice();
      for (let k = random.integer(3); k >= 0; k--) damaged[random.integer(whole.length)] = random.integer(256);
      try {
        decodeNpy(damaged, 'a');
      } catch (thrown) {
        expect(thrown, `seed ${seed}, trial ${trial}`).toBeInstanceOf(LabError);
      }
    }
  });
});

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

describe.skipIf(!hasNumpy)('against NumPy (skipped where python3 has no numpy)', () => {
  const python = (code: string, input?: Uint8Array) => {
    const result = spawnSync('python3', ['-c', `import numpy as np, sys, io\n${code}`], { input });
    if (result.status !== 0) throw new Error(result.stderr.toString());
    return new Uint8Array(result.stdout);
  };

  it('reads what NumPy writes', () => {
    const bytes = python(`np.save(sys.stdout.buffer, np.asfortranarray(np.arange(6, dtype='>f8').reshape(2, 3)))`);
    expect(decodeNpy(bytes, 'a')).toEqual({ shape: [2, 3], dtype: 'float64', data: Float64Array.of(0, 1, 2, 3, 4, 5) });
  });

  it('writes what NumPy reads, byte for byte as NumPy would', () => {
    const bytes = encodeNpy({ shape: [2, 2], dtype: 'int16', data: Int16Array.of(1, -2, 3, -4) });
    const resave = 'np.save(sys.stdout.buffer, np.load(io.BytesIO(sys.stdin.buffer.read())))';
    expect(python(resave, bytes)).toEqual(bytes);
  });
});
