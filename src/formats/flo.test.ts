// .flo files: the layout byte by byte, write then read, and damaged files refused by name.
import { describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { decodeFlo, encodeFlo } from './flo.ts';

describe('.flo', () => {
  it('has the layout of the benchmark', () => {
    const bytes = encodeFlo({ width: 2, height: 1, flow: Float32Array.of(1, -2, 0.5, 0) });
    // 202021.25, the number that the format is known by, is "PIEH" in little-endian.
    expect(new DataView(bytes.buffer).getFloat32(0, true)).toBe(202021.25);
    expect([...bytes.subarray(0, 16)]).toEqual([0x50, 0x49, 0x45, 0x48, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80, 0x3f]);
    expect(bytes.length).toBe(12 + 16);
  });

  it('reads what it wrote, and unknown values as NaN', () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = createRandom(seed, 'flo');
      const [width, height] = [1 + random.integer(20), 1 + random.integer(20)];
      const flow = Float32Array.from({ length: 2 * width * height }, () => 10 * random.normal());
      flow.fill(Number.NaN, 0, 2);
      expect(decodeFlo(encodeFlo({ width, height, flow }), 'a.flo'), `seed ${seed}`).toEqual({ width, height, flow });
    }
    const unknown = encodeFlo({ width: 1, height: 1, flow: Float32Array.of(3, 2e9) });
    expect([...decodeFlo(unknown, 'a.flo').flow]).toEqual([Number.NaN, Number.NaN]);
  });

  it('refuses damaged files and says why', () => {
    const bytes = encodeFlo({ width: 3, height: 2, flow: new Float32Array(12) });
    const changed = (at: number, value: number) => Uint8Array.from(bytes, (byte, i) => (i === at ? value : byte));
    const refused = (given: Uint8Array) => expect(() => decodeFlo(given, 'a.flo'));
    refused(changed(0, 0)).toThrow(/does not begin with "PIEH"/);
    refused(bytes.subarray(0, 9)).toThrow(/does not begin/);
    refused(changed(7, 0x80)).toThrow(/is -2147483645 × 2 pixels/);
    refused(bytes.subarray(0, 40)).toThrow(/takes 60 bytes, but the file has 40/);
    refused(changed(4, 2)).toThrow(/takes 44 bytes, but the file has 60/);
    refused(bytes.subarray(0, 40)).toThrow(expect.objectContaining({ code: 'input', where: 'a.flo' }));
  });
});
