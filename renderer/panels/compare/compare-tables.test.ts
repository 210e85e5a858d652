import { describe, expect, it } from 'vitest';
import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import { type ComparedRun, differingSettings, figureTable, textOfFigures } from './compare-tables.ts';

const compared = (name: string, change: object = {}, members: object[] = [{ method: 'gd', rank: 100 }]): ComparedRun =>
  ({
    entry: { run: name, name, figures: {}, iteration: 10 },
    recipe: { fit: 'f', input: 'sample:x', mask: undefined, seed: 0, twin: 'simd', members },
    events: [],
    summary: undefined,
    problem: undefined,
    ...change,
  }) as unknown as ComparedRun;

const fits = [
  {
    ...{ id: 'f', title: 'Fit', optimizers: [], schedules: [], companions: [{ id: 'mesh', title: 'Mesh' }] },
    settings: [
      { name: 'method', title: 'Method', choiceTitles: { gd: 'Descent' } },
      { name: 'rank', title: 'Rank' },
    ],
  },
] as unknown as readonly FitDescription[];

describe('the settings that differ', () => {
  it('are named by their titles, and no others', () => {
    const runs = [compared('a'), compared('b', {}, [{ method: 'gd', rank: 50 }])];
    expect(differingSettings(runs, fits)).toEqual({ columns: ['Setting', 'a', 'b'], rows: [['Rank', '100', '50']] });
  });

  it('tell files beside the input', () => {
    const { recipe } = compared('b');
    const runs = [compared('a'), compared('b', { recipe: { ...recipe, companions: { mesh: '/can.ply' } } })];
    expect(differingSettings(runs, fits).rows).toEqual([['Mesh', 'none', '/can.ply']]);
  });

  it('tell members of a race in one cell, and what was left open', () => {
    const runs = [
      compared('a', {}, [
        { method: 'gd', rate: 0.5 },
        { method: 'admm', rate: undefined },
      ]),
      compared('b', {}, [{ method: 'gd', rate: 0.5 }]),
    ];
    expect(differingSettings(runs, fits).rows).toEqual([
      ['Members', '2', '1'],
      ['Method', 'Descent / admm', 'Descent'],
      ['Rate', '0.5 / from the input', '0.5'],
    ]);
  });

  it('tell what the user changed while a run went on', () => {
    const events = [
      { iteration: 120, path: 'learningRate', value: 0.45, source: 'user' },
      { iteration: 130, path: 'members.0.recovered', value: 'halved', source: 'engine' },
    ];
    expect(differingSettings([compared('a', { events }), compared('b')], fits).rows).toEqual([
      ['Changed while it ran', 'Learning rate 0.45 at 120', 'nothing'],
    ]);
  });
});

describe('the figures', () => {
  const summary = {
    bestMember: 1,
    members: [
      { member: 0, label: 'slow', reason: 'converged', iterations: 20, seconds: 2, loss: 0.5, halvings: 0 },
      { member: 1, label: 'fast', reason: 'converged', iterations: 10, seconds: 1, loss: 0.1, halvings: 0 },
    ],
  };
  const runs = [
    compared('a', { summary, entry: { run: 'a', name: 'a', figures: { psnr: 30 }, iteration: 20 } }),
    compared('b', { entry: { run: 'b', name: 'b', figures: { psnr: 31 }, iteration: 7 } }),
  ];

  it('have a row for each member of a run that is over, and the best of each marked', () => {
    const table = figureTable(runs, 'all');
    expect(table.rows.map(({ name }) => name)).toEqual(['a: slow', 'a: fast', 'b']);
    expect(table.figures).toEqual(['iterations', 'seconds', 'loss', 'psnr']);
    expect(table.best).toEqual({ iterations: [], seconds: [1], loss: [1], psnr: [2] });
  });

  it('leave out a score that only ranks states', () => {
    const [{ member, ...rest }] = summary.members;
    const scored = { bestMember: 0, members: [{ ...rest, member, bestValidation: 0.2 }] };
    const table = (problem: object) =>
      figureTable([compared('a', { summary: scored, problem: { members: [], ...problem } })], 'all').figures;
    expect(table({})).toContain('bestValidation');
    expect(table({ validationIs: 'rank' })).not.toContain('bestValidation');
  });

  it('are those of the best member alone where that is asked for', () => {
    expect(figureTable(runs, 'best').rows.map(({ name, member }) => [name, member])).toEqual([
      ['a: fast', 1],
      ['b', undefined],
    ]);
  });

  it('are copied with their units', () => {
    const { columns, rows } = textOfFigures(figureTable(runs, 'all'));
    expect(columns).toEqual(['Run', 'Iterations', 'Time, s', 'Loss', 'PSNR, dB']);
    expect(rows[2]).toEqual(['b', 7, undefined, undefined, 31]);
  });
});
