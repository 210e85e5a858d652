// The cache of results: found by their key only, damaged files are none, the longest unused go first, and no disk error.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openByteCache } from './byte-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descent-lab-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (count: number, value: number) => new Uint8Array(count).fill(value);
const files = () => readdirSync(folder).map(name => join(folder, name));

describe('a cache of bytes', () => {
  it('finds what was put, by the whole key', () => {
    const cache = openByteCache(join(folder, 'inner'), 10000);
    cache.put(['a', 'b'], bytes(100, 1));
    cache.put(['ab'], bytes(100, 2));
    expect(cache.get(['a', 'b'])).toEqual(bytes(100, 1));
    expect(openByteCache(join(folder, 'inner'), 10000).get(['ab'])).toEqual(bytes(100, 2));
    expect(cache.get(['a'])).toBeUndefined();
    cache.put(['ab'], bytes(3, 4));
    expect(cache.get(['ab'])).toEqual(bytes(3, 4));
  });

  it('takes a damaged or cut file for none', () => {
    const cache = openByteCache(folder, 10000);
    for (const damage of [(b: Buffer) => b.subarray(0, 60), (b: Buffer) => b.fill(9, 50, 51), () => Buffer.alloc(0)]) {
      cache.put(['a'], bytes(100, 1));
      const [file] = files();
      writeFileSync(file, damage(readFileSync(file)));
      expect(cache.get(['a'])).toBeUndefined();
    }
  });

  it('stays below its bound: what was not used for longest goes', () => {
    const cache = openByteCache(folder, 1000);
    ['a', 'b', 'c'].forEach((key, n) => {
      cache.put([key], bytes(250, n));
      for (const file of files()) {
        const { mtimeMs } = statSync(file);
        // An hour older with each step, so that the order is that of use.
        utimesSync(file, new Date(), new Date(mtimeMs - 3600_000));
      }
    });
    expect(cache.get(['a'])).toEqual(bytes(250, 0));
    cache.put(['d'], bytes(250, 3));
    expect(cache.get(['b'])).toBeUndefined();
    expect(['a', 'c', 'd'].map(key => cache.get([key])?.[0])).toEqual([0, 2, 3]);
    const total = files().reduce((sum, file) => sum + statSync(file).size, 0);
    expect(total).toBeLessThanOrEqual(1000);
    cache.put(['huge'], bytes(2000, 5));
    expect(cache.get(['huge'])).toBeUndefined();
    expect(cache.get(['d'])).toEqual(bytes(250, 3));
  });

  it.skipIf(!existsSync('/dev/full'))(
    'goes without what no longer fits on a full disk, and leaves no part of it',
    () => {
      const cache = openByteCache(folder, 10000);
      cache.put(['a'], bytes(100, 1));
      const [file] = files();
      cache.put(['b'], bytes(100, 2));
      // Writing to this device fails as on a full disk (ENOSPC).
      symlinkSync('/dev/full', `${file}.part`);
      cache.put(['a'], bytes(100, 7));
      expect(cache.get(['a'])).toEqual(bytes(100, 1));
      expect(cache.get(['b'])).toEqual(bytes(100, 2));
      expect(files().filter(name => name.endsWith('.part'))).toEqual([]);
    },
  );

  it('is empty where it cannot be written', () => {
    writeFileSync(join(folder, 'file'), 'x');
    const cache = openByteCache(join(folder, 'file', 'inner'), 1000);
    cache.put(['a'], bytes(10, 1));
    expect(cache.get(['a'])).toBeUndefined();
  });
});
