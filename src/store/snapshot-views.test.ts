import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { realValues, type ViewData } from '../protocol/views.ts';
import { cutSnapshots } from './snapshot-log.ts';
import {
  listCheckpoints,
  listSnapshots,
  openSnapshots,
  type Packing,
  readSnapshotView,
  writeFixedView,
} from './snapshot-views.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descent-lab-views-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const picture = (level: number): ViewData => ({
  values: { shape: [2, 2, 3, 1], values: new Uint8Array(12).fill(level) },
  'values.scale': { shape: [2], values: Float64Array.of(-1, 0.5) },
});

/** `iteration` undefined: of a view that never changes. */
function write(view: string, iteration: number | undefined, member: number, data: ViewData, packing?: Packing): void {
  if (iteration === undefined) {
    writeFixedView(folder, view, data);
    return;
  }
  const snapshots = openSnapshots(folder);
  snapshots.add(view, iteration, member, data, packing);
  snapshots.flush();
}

const logFile = () => join(folder, 'snapshots', 'records.bin');

describe('recorded views', () => {
  it('are found at or before an iteration, by member, whole or one frame, reduced', () => {
    for (const iteration of [0, 7, 30]) write('recovered', iteration, 1, picture(iteration));
    const at = (iteration: number) => readSnapshotView(folder, 'recovered', 1, iteration, undefined, undefined);
    expect(at(29)).toEqual({ iteration: 7, reduction: 1, data: picture(7) });
    expect(at(1e9)?.iteration).toBe(30);
    expect(readSnapshotView(folder, 'recovered', 0, 30, undefined, undefined)).toBeUndefined();
    expect(readSnapshotView(folder, 'other', 1, 30, undefined, undefined)).toBeUndefined();
    const one = readSnapshotView(folder, 'recovered', 1, 8, 1, 2);
    expect(one).toMatchObject({ iteration: 7, reduction: 2 });
    expect(one?.data.values.shape).toEqual([1, 1, 2, 1]);
  });

  it('that never change hold for every iteration and member', () => {
    write('truth', undefined, 0, picture(3));
    expect(readSnapshotView(folder, 'truth', 5, 12, undefined, undefined)).toMatchObject({ iteration: 0 });
  });

  it('keep every type of array', () => {
    const data: ViewData = {
      positions: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      triangles: { shape: [1, 3], values: Uint32Array.of(0, 1, 70000) },
      colours: { shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      worldFromObject: { shape: [3, 4], values: Float64Array.from({ length: 12 }, (_, i) => i / 3) },
    };
    write('mesh', 3, 0, data);
    expect(readSnapshotView(folder, 'mesh', 0, 3, undefined, undefined)?.data).toEqual(data);
  });

  it('store finer pictures as bytes over their range, to half a step', () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) * 40);
    write('recovered', 1, 0, { values: { shape: [1, 6, 10, 1], values } });
    const data = readSnapshotView(folder, 'recovered', 0, 1, undefined, undefined)?.data as ViewData;
    expect(data.values.values).toBeInstanceOf(Uint8Array);
    realValues(data, 'values').forEach((value, i) => {
      expect(Math.abs(value - values[i])).toBeLessThan((0.51 * 80) / 255);
    });
  });

  it('that are drawn over one that never changes are recorded as what was drawn, in a fraction of the room', () => {
    const [height, width] = [64, 96];
    const noise = createRandom(1, 'photo');
    const photo = Uint8Array.from({ length: height * width * 3 }, () => Math.floor(256 * noise.uniform()));
    const shape = [1, height, width, 3];
    // Squares of two pixels: the left third is redder, one column of the rest is yellow.
    const kindAt = (column: number) => (column < 16 ? 1 : column === 20 ? 2 : 0);
    const classes = Uint8Array.from({ length: 32 * 48 }, (_, i) => kindAt(i % 48));
    const tinted = {
      classes: { shape: [1, 32, 48, 1], values: classes },
      tints: { shape: [3, 4], values: Float32Array.of(0, 0, 0, 1, 40, 0, -40, 1, 255, 221, 0, 0) },
    };
    const drawn = photo.map((value, i) => {
      const [kind, channel] = [kindAt(Math.floor(((i / 3) % width) / 2)), i % 3];
      if (kind === 2) return [255, 221, 0][channel];
      return Math.min(255, Math.max(0, value + (kind === 1 ? [40, 0, -40][channel] : 0)));
    });
    write('photo', undefined, 0, { values: { shape, values: photo } });
    const written = (view: string, data: ViewData, packing?: Packing): number => {
      const before = statSync(logFile(), { throwIfNoEntry: false })?.size ?? 0;
      write(view, 4, 2, data, packing);
      return statSync(logFile()).size - before;
    };
    const small = written('overlay', tinted, { over: 'photo' });
    expect(readSnapshotView(folder, 'overlay', 2, 4, undefined, undefined)?.data).toEqual({
      values: { shape, values: drawn },
    });
    expect(small).toBeLessThan(0.1 * written('plain', { values: { shape, values: drawn } }));
    const sparse = { shape: [1, height, width, 1], values: new Uint8Array(height * width).fill(255) };
    write('error', 4, 2, { values: sparse }, { isSparse: true });
    expect(readSnapshotView(folder, 'error', 2, 4, undefined, undefined)?.data).toEqual({ values: sparse });
    // Without what it lies over, a record says nothing.
    rmSync(join(folder, 'snapshots', 'fixed-photo.npz'));
    expect(readSnapshotView(folder, 'overlay', 2, 4, undefined, undefined)).toBeUndefined();
  });

  it('of large pictures are recorded smaller, and say so', () => {
    const [height, width] = [2000, 2500];
    const values = new Uint8Array(height * width * 3).fill(9);
    write('recovered', 0, 0, { values: { shape: [1, height, width, 3], values } });
    const recorded = readSnapshotView(folder, 'recovered', 0, 0, undefined, 1e4);
    const [, rows] = recorded?.data.values.shape ?? [];
    expect(rows).toBe(Math.ceil(Math.ceil(height / 2) / ((recorded?.reduction ?? 0) / 2)));
    expect(Object.keys(recorded?.data ?? {})).toEqual(['values']);
  });

  it('that were cut off are passed over for those before them', () => {
    const newest = () => readSnapshotView(folder, 'recovered', 0, 9, undefined, undefined);
    write('recovered', 2, 0, picture(2));
    const whole = statSync(logFile()).size;
    write('recovered', 5, 0, picture(5));
    const both = statSync(logFile()).size;
    expect(newest()?.iteration).toBe(5);
    // A crash of the machine may keep its line and lose its bytes, or make them zeros.
    truncateSync(logFile(), (whole + both) >> 1);
    expect(newest()?.iteration).toBe(2);
    truncateSync(logFile(), both);
    expect(newest()?.iteration).toBe(2);
    cutSnapshots(folder, 9);
    write('recovered', 6, 0, picture(6));
    expect(newest()).toEqual({ iteration: 6, reduction: 1, data: picture(6) });
  });

  it('are few files however many they are, and the later of two records of one iteration counts', () => {
    const snapshots = openSnapshots(folder);
    for (let member = 0; member < 50; member++) snapshots.add('recovered', 3, member, picture(member));
    expect(listSnapshots(folder)).toEqual([]);
    snapshots.flush();
    expect(listSnapshots(folder)).toHaveLength(50);
    expect(readdirSync(join(folder, 'snapshots'))).toHaveLength(2);
    snapshots.add('recovered', 3, 7, picture(99));
    snapshots.flush();
    expect(readSnapshotView(folder, 'recovered', 7, 3, undefined, undefined)?.data).toEqual(picture(99));
    expect(readSnapshotView(folder, 'recovered', 8, 3, undefined, undefined)?.data).toEqual(picture(8));
  });

  it('are cut back to an iteration, and go on from there', () => {
    for (const iteration of [1, 4, 9]) write('recovered', iteration, 0, picture(iteration));
    cutSnapshots(folder, 4);
    expect(listSnapshots(folder)).toEqual([{ iteration: 1, member: 0 }]);
    write('recovered', 4, 0, picture(44));
    const at = (iteration: number) => readSnapshotView(folder, 'recovered', 0, iteration, undefined, undefined);
    expect([at(3), at(9)]).toEqual([
      { iteration: 1, reduction: 1, data: picture(1) },
      { iteration: 4, reduction: 1, data: picture(44) },
    ]);
  });

  it('are listed by iteration and member, checkpoints by iteration', () => {
    expect([listSnapshots(folder), listCheckpoints(folder)]).toEqual([[], []]);
    for (const member of [0, 1]) write('recovered', 12, member, picture(1));
    write('slices', 12, 1, { values: { shape: [1, 1], values: Float32Array.of(1) } });
    write('recovered', 3, 0, picture(1));
    write('truth', undefined, 0, picture(1));
    expect(listSnapshots(folder)).toEqual([
      { iteration: 3, member: 0 },
      { iteration: 12, member: 0 },
      { iteration: 12, member: 1 },
    ]);
    mkdirSync(join(folder, 'checkpoints'));
    for (const name of ['000000100.npz', '000000020.npz', '000000030.npz.part']) {
      writeFileSync(join(folder, 'checkpoints', name), '');
    }
    expect(listCheckpoints(folder)).toEqual([20, 100]);
  });
});
