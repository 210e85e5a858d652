import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listExports, readEvents, readMeasures, readProblem, readRecipe, readSummary, readTrace } from './read-run.ts';
import { superfluousCheckpoints } from './run-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'descent-lab-read-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

describe('reading a run folder', () => {
  it('leaves out the row that is being written, and marks what is empty', () => {
    write(
      'trace.csv',
      'iteration,member,loss,validation,learningRate,data\n0,0,5,,0.9,1\n1,0,NaN,2,0.9,Infinity\n2,0,4',
    );
    expect([...readTrace(folder)]).toEqual([0, 0, 5, Number.NaN, 0.9, 1, 1, 0, Number.NaN, 2, 0.9, Infinity]);
    write('measures.jsonl', '{"iteration":0,"member":0}\n{"iteration":1,"mem');
    expect(readMeasures(folder)).toEqual([{ iteration: 0, member: 0 }]);
    write('events.jsonl', '');
    expect(readEvents(folder)).toEqual([]);
  });

  it('finds nothing where nothing is, and half a document to be none', () => {
    expect([...readTrace(folder)]).toEqual([]);
    expect([readProblem(folder), readSummary(folder)]).toEqual([undefined, undefined]);
    expect([readEvents(folder), readMeasures(folder), listExports(folder)]).toEqual([[], [], []]);
    write('problem.json', '{"views":[');
    expect(readProblem(folder)).toBeUndefined();
    expect(() => readRecipe(folder)).toThrow('not a run folder');
  });

  it('lists exports with their sizes, without those being written', () => {
    mkdirSync(join(folder, 'exports', 'film'), { recursive: true });
    write('exports/x.npy', '12345');
    write('exports/film/a.png', '12');
    write('exports/y.npy.part', '1');
    expect(listExports(folder)).toEqual([
      { name: 'film/a.png', bytes: 2 },
      { name: 'x.npy', bytes: 5 },
    ]);
  });
});

describe('checkpoints of a long run', () => {
  it('stay few, keep the newest two, and leave one not far before any iteration', () => {
    let kept: number[] = [];
    for (let iteration = 0; iteration <= 20000; iteration += 130) {
      kept.push(iteration);
      const dropped = superfluousCheckpoints(kept);
      kept = kept.filter(each => !dropped.includes(each));
      expect(kept.length).toBeLessThanOrEqual(8);
      expect(kept.at(-1)).toBe(iteration);
      if (iteration >= 130) expect(kept.at(-2)).toBe(iteration - 130);
    }
    // Six of them for 20,000 iterations: in square roots 24 apart if they were placed with foresight.
    const gaps = kept.slice(1).map((iteration, i) => Math.sqrt(iteration) - Math.sqrt(kept[i]));
    expect(Math.max(...gaps)).toBeLessThan(60);
  });
});
