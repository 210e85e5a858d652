// What does not fit is refused before it is read, with both numbers.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { availableBytes, memoryForecast, requireMemory } from './memory.ts';
import { readInput } from './read-input.ts';

const folder = mkdtempSync(join(tmpdir(), 'memory-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A .npy file of zeros that takes no room on the disk. */
function sparseArray(name: string, shape: readonly number[]): string {
  const path = join(folder, name);
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117);
  writeFileSync(
    path,
    Buffer.concat([Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]), Buffer.from(`${dictionary}\n`)]),
  );
  truncateSync(path, 128 + 4 * shape.reduce((product, extent) => product * extent, 1));
  return path;
}

describe('memory', () => {
  it('is refused with what is needed and what is free', () => {
    expect(() => requireMemory(3 * 2 ** 30, 'a.npy', 2 ** 30)).toThrow('about 3.00 GB of memory, and 1.00 GB are free');
    expect(() => requireMemory(2 ** 30, 'a.npy', 2 ** 30)).not.toThrow();
    expect(availableBytes()).toBeGreaterThan(0);
  });

  it('is predicted from the header of an array, before a byte of its values is read', async () => {
    const path = sparseArray('huge.npy', [200000, 200000, 50]);
    await expect(readInput(path)).rejects.toMatchObject({ code: 'memory', where: path });
  });

  it('counts what the input is wanted for', async () => {
    const path = sparseArray('small.npy', [20, 30]);
    const asked: unknown[] = [];
    const further = (extent: unknown) => {
      asked.push(extent);
      return asked.length === 1 ? 0 : 2 ** 60;
    };
    expect((await readInput(path, { further })).kind).toBe('array');
    await expect(readInput(path, { further })).rejects.toMatchObject({ code: 'memory' });
    expect(asked[0]).toEqual({ kind: 'array', shape: [20, 30] });
  });

  it('is told before much of it is taken', () => {
    expect(memoryForecast(2 ** 30, 2 ** 31)).toEqual(['This takes about 1.00 GB of memory, of 2.00 GB that are free.']);
    expect(memoryForecast(2 ** 28, 2 ** 31)).toEqual([]);
  });
});
