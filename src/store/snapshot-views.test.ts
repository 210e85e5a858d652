import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../numerics/random.ts';
import { realValues, type ViewData } from '../protocol/views.ts';
import { listCheckpoints, listSnapshots, readSnapshotView, writeSnapshotView } from './snapshot-views.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descent-lab-views-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const picture = (level: number): ViewData => ({
  values: { shape: [2, 2, 3, 1], values: new Uint8Array(12).fill(level) },
  'values.scale': { shape: [2], values: Float64Array.of(-1, 0.5) },
});

describe('recorded views', () => {
  it('are found at or before an iteration, by member, whole or one frame, reduced', () => {
    for (const iteration of [0, 7, 30]) writeSnapshotView(folder, 'recovered', iteration, 1, picture(iteration));
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
    writeSnapshotView(folder, 'truth', undefined, 0, picture(3));
    expect(readSnapshotView(folder, 'truth', 5, 12, undefined, undefined)).toMatchObject({ iteration: 0 });
  });

  it('keep every type of array', () => {
    const data: ViewData = {
      positions: { shape: [2, 3], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      triangles: { shape: [1, 3], values: Uint32Array.of(0, 1, 70000) },
      colours: { shape: [2, 3], values: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      worldFromObject: { shape: [3, 4], values: Float64Array.from({ length: 12 }, (_, i) => i / 3) },
    };
    writeSnapshotView(folder, 'mesh', 3, 0, data);
    expect(readSnapshotView(folder, 'mesh', 0, 3, undefined, undefined)?.data).toEqual(data);
  });

  it('store finer pictures as bytes over their range, to half a step', () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i) * 40);
    writeSnapshotView(folder, 'recovered', 1, 0, { values: { shape: [1, 6, 10, 1], values } });
    const data = readSnapshotView(folder, 'recovered', 0, 1, undefined, undefined)?.data as ViewData;
    expect(data.values.values).toBeInstanceOf(Uint8Array);
    realValues(data, 'values').forEach((value, i) => {
      expect(Math.abs(value - values[i])).toBeLessThan((0.51 * 80) / 255);
    });
  });

  it('that are drawn over one that never changes are recorded as what differs, in a fraction of the room', () => {
    const [height, width] = [64, 64];
    const noise = createRandom(1, 'photo');
    const photo = Uint8Array.from({ length: height * width * 3 }, () => Math.floor(256 * noise.uniform()));
    const shape = [1, height, width, 3];
    const drawn = photo.map((value, i) => (i % (3 * width) < 90 ? value + 40 : value));
    writeSnapshotView(folder, 'photo', undefined, 0, { values: { shape, values: photo } });
    writeSnapshotView(folder, 'overlay', 4, 2, { values: { shape, values: drawn } }, { over: 'photo' });
    writeSnapshotView(folder, 'plain', 4, 2, { values: { shape, values: drawn } });
    expect(readSnapshotView(folder, 'overlay', 2, 4, undefined, undefined)?.data).toEqual({
      values: { shape, values: drawn },
    });
    const bytes = (view: string) => statSync(join(folder, 'snapshots', `000000004-2-${view}.npz`)).size;
    expect(bytes('overlay')).toBeLessThan(0.1 * bytes('plain'));
    const sparse = { shape: [1, height, width, 1], values: new Uint8Array(height * width).fill(255) };
    writeSnapshotView(folder, 'error', 4, 2, { values: sparse }, {});
    expect(readSnapshotView(folder, 'error', 2, 4, undefined, undefined)?.data).toEqual({ values: sparse });
    // Without what it lies over, a record says nothing.
    rmSync(join(folder, 'snapshots', 'fixed-photo.npz'));
    expect(readSnapshotView(folder, 'overlay', 2, 4, undefined, undefined)).toBeUndefined();
  });

  it('of large pictures are recorded smaller, and say so', () => {
    const [height, width] = [2000, 2500];
    const values = new Uint8Array(height * width * 3).fill(9);
    writeSnapshotView(folder, 'recovered', 0, 0, { values: { shape: [1, height, width, 3], values } });
    const recorded = readSnapshotView(folder, 'recovered', 0, 0, undefined, 1e4);
    const [, rows] = recorded?.data.values.shape ?? [];
    expect(rows).toBe(Math.ceil(Math.ceil(height / 2) / ((recorded?.reduction ?? 0) / 2)));
    expect(Object.keys(recorded?.data ?? {})).toEqual(['values']);
  });

  it('that were cut off are passed over for those before them', () => {
    writeSnapshotView(folder, 'recovered', 2, 0, picture(2));
    writeFileSync(join(folder, 'snapshots', '000000005-0-recovered.npz'), 'PK\x03\x04 cut off');
    expect(readSnapshotView(folder, 'recovered', 0, 9, undefined, undefined)?.iteration).toBe(2);
  });

  it('are listed by iteration and member, checkpoints by iteration', () => {
    expect([listSnapshots(folder), listCheckpoints(folder)]).toEqual([[], []]);
    for (const member of [0, 1]) writeSnapshotView(folder, 'recovered', 12, member, picture(1));
    writeSnapshotView(folder, 'slices', 12, 1, { values: { shape: [1, 1], values: Float32Array.of(1) } });
    writeSnapshotView(folder, 'recovered', 3, 0, picture(1));
    writeSnapshotView(folder, 'truth', undefined, 0, picture(1));
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
