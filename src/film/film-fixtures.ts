// A small run folder for tests of films: two pictures, a heat map and a series over a few snapshots.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProblemDescription } from '../protocol/run.ts';
import type { ViewDescription } from '../protocol/views.ts';
import { openSnapshots, writeFixedView } from '../store/snapshot-views.ts';

export const SIZE = 8;
export const ITERATIONS = [0, 1, 3, 10, 20] as const;

const image = { kind: 'image', height: SIZE, width: SIZE, channels: 3, range: [0, 1] } as const;
const views: readonly ViewDescription[] = [
  { ...image, id: 'observed', title: 'Observed', changes: 'never', frames: 1 },
  { ...image, id: 'recovered', title: 'Recovered <&>', changes: 'with-iterations', frames: 1 },
  {
    kind: 'heat-map',
    id: 'spectrum',
    title: 'Spectrum',
    changes: 'with-iterations',
    rowLabel: 'tube',
    columnLabel: 'slice',
    scale: 'log',
  },
  {
    kind: 'series',
    id: 'tubes',
    title: 'Singular tubes',
    changes: 'with-iterations',
    measure: 'tubes',
    reference: 'trueTubes',
    label: 'norm',
    scale: 'log',
  },
  { kind: 'points', id: 'points', title: 'Points', changes: 'with-iterations', unit: 'm' },
  { ...image, id: 'clip', title: 'Clip', changes: 'with-iterations', frames: 3 },
];

/** A run whose picture `recovered` has the grey level 10 × its snapshot; its upper left pixel is red. */
export function makeRunFolder(snapshots: readonly number[] = ITERATIONS): string {
  const folder = mkdtempSync(join(tmpdir(), 'film-'));
  mkdirSync(join(folder, 'exports'));
  const write = (name: string, document: unknown) => writeFileSync(join(folder, name), JSON.stringify(document));
  write('recipe.json', {
    schema: 1,
    fit: 'toy',
    input: 'sample:toy',
    files: [],
    members: [{}],
    planned: [],
    terms: ['data'],
  });
  const problem: ProblemDescription = {
    summary: {},
    terms: ['data'],
    views,
    members: [{ label: 'toy', groups: ['all'], maximumIterations: 20, live: [], starts: {} }],
  };
  write('problem.json', problem);
  const rows = Array.from({ length: 21 }, (_, i) => `${i},0,${0.9 ** i},${i % 5 === 0 ? 0.95 ** i : ''},0.9,1`);
  writeFileSync(
    join(folder, 'trace.csv'),
    `${['iteration,member,loss,validation,learningRate,data', ...rows].join('\n')}\n`,
  );
  writeFileSync(
    join(folder, 'events.jsonl'),
    '{"iteration":5,"path":"learningRate","value":0.5,"source":"user"}\n{"iteration":12,"path":"left.learningRate","value":0.25,"source":"engine"}\n',
  );
  writeFileSync(
    join(folder, 'measures.jsonl'),
    ITERATIONS.map(
      iteration =>
        `${JSON.stringify({ iteration, member: 0, psnr: 10 + iteration, tubes: [1, 0.01 * (1 + iteration)], trueTubes: [1, 0.2] })}\n`,
    ).join(''),
  );
  const pixels = (level: number, frames = 1) => {
    const values = new Uint8Array(frames * SIZE * SIZE * 3).fill(level);
    values.set([255, 0, 0], 0);
    const scale = { shape: [2], values: Float64Array.of(0, 1 / 255) };
    return { values: { shape: [frames, SIZE, SIZE, 3], values }, 'values.scale': scale };
  };
  writeFixedView(folder, 'observed', pixels(200));
  const records = openSnapshots(folder);
  snapshots.forEach((iteration, n) => {
    records.add('recovered', iteration, 0, pixels(10 * n));
    records.add('clip', iteration, 0, pixels(20 * n, 3));
    const values = Float32Array.of(1, 0.1, 0.01, 0.001);
    records.add('spectrum', iteration, 0, { values: { shape: [2, 2], values } });
  });
  records.flush();
  return folder;
}
