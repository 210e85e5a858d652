// `evaluate pose` and `starts`: tables of poses about a scene, made in this process.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeBopResults } from '../formats/bop-results.ts';
import { encodeCsv } from '../formats/csv.ts';
import { evaluatePoses, type PoseEvaluation, readStarts } from '../host/pose-tables.ts';
import { LabError } from '../protocol/lab-error.ts';
import { unitOf, whole } from './arguments.ts';

export interface EvaluateArguments {
  readonly 'unit-mm'?: string | undefined;
  readonly symmetries?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface StartsArguments {
  readonly 'unit-mm'?: string | undefined;
  readonly shell?: string[] | undefined;
  readonly seed?: string | undefined;
  readonly 'per-case'?: string | undefined;
  readonly visible?: string | undefined;
  readonly out?: string | undefined;
}

/** Prints the figures of a results file, per object and over all; `out` gets the errors of each row. */
export async function evaluate(scene: string, poses: string, options: EvaluateArguments): Promise<number> {
  const { symmetries = 'use' } = options;
  if (symmetries !== 'use' && symmetries !== 'ignore') {
    throw setting('--symmetries', symmetries, 'choose use or ignore');
  }
  const unitMillimetres = unitOf(options['unit-mm']);
  const evaluation = await evaluatePoses(scene, poses, { unitMillimetres, symmetries });
  if (options.out !== undefined) await write(options.out, errorTable(evaluation));
  if (options.json === true) {
    const { objects, all, allBySymmetry, notes } = evaluation;
    process.stdout.write(`${JSON.stringify({ objects, all, allBySymmetry, notes }, undefined, 2)}\n`);
  } else {
    for (const note of evaluation.notes) process.stderr.write(`${note}\n`);
    process.stdout.write(describe(evaluation));
  }
  return 0;
}

/** Writes starts at exact distances from the truth, as a BOP results file. */
export async function starts(scene: string, options: StartsArguments): Promise<number> {
  const { out } = options;
  if (out === undefined) throw setting('--out', '', 'name the file to write, such as starts.csv');
  const shells = (options.shell ?? []).map(text => {
    const match = /^(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(text);
    if (match === null) throw setting('--shell', text, 'write degrees/millimetres, such as 40/16');
    return { rotationDegrees: Number(match[1]), translationMillimetres: Number(match[2]) };
  });
  if (shells.length === 0) throw setting('--shell', '', 'write degrees/millimetres, such as 40/16');
  const rows = await readStarts(scene, unitOf(options['unit-mm']), {
    shells,
    seed: numberOf(options.seed, '--seed', 0, 'whole'),
    perCase: whole(options['per-case'], 'per-case', 1) ?? 3,
    visibleShare: numberOf(options.visible, '--visible', 0.1, 'any'),
  });
  await write(out, encodeBopResults(rows));
  process.stdout.write(`${rows.length} starts: ${out}\n`);
  return 0;
}

function describe({ objects, all, allBySymmetry }: PoseEvaluation): string {
  const head = ['cases', 'ADD mean', 'median', 'ADD-S', 'rot °', 'trans mm', 'AUC 2 cm', '10 cm', '5°/5 mm', '0.1 D'];
  const line = (name: string, cells: readonly string[]) =>
    `${name.slice(0, 24).padEnd(24)}${cells.map(cell => cell.padStart(9)).join('')}\n`;
  const percent = (share: number) => (100 * share).toFixed(1);
  const figures = (summary: PoseEvaluation['all']) => [
    String(summary.cases),
    summary.meanAdd.toFixed(2),
    summary.medianAdd.toFixed(2),
    summary.medianAddS.toFixed(2),
    summary.medianRotationDegrees.toFixed(2),
    summary.medianTranslationMillimetres.toFixed(2),
    percent(summary.auc20),
    percent(summary.auc100),
    percent(summary.recall5Degrees5Millimetres),
    percent(summary.recallTenthOfDiameter),
  ];
  const rows = objects.map(
    ({ objectId, name, summary, bySymmetry }) =>
      line(`${objectId} ${name}`, figures(summary)) + (bySymmetry ? line('  by ADD-S', figures(bySymmetry)) : ''),
  );
  const last = allBySymmetry ? line('all, symmetric by ADD-S', figures(allBySymmetry)) : '';
  return `${line('object', head)}${rows.join('')}${line('all', figures(all))}${last}`;
}

function errorTable({ poses }: PoseEvaluation): Uint8Array {
  return encodeCsv({
    header: [
      ...['scene_id', 'im_id', 'obj_id', 'add_mm', 'add_s_mm', 'rotation_deg', 'translation_mm'],
      ...['within_tenth_of_diameter', 'within_5deg_5mm'],
    ],
    rows: poses.map(({ pose, errors }) => [
      pose.sceneId,
      pose.imageId,
      pose.objectId,
      errors.addMillimetres,
      errors.addSMillimetres,
      errors.rotationDegrees,
      errors.translationMillimetres,
      errors.withinTenthOfDiameter ? 1 : 0,
      errors.within5Degrees5Millimetres ? 1 : 0,
    ]),
  });
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

function numberOf(text: string | undefined, option: string, missing: number, kind: 'whole' | 'any'): number {
  const value = text === undefined ? missing : Number(text);
  if (value >= 0 && (kind === 'any' || Number.isInteger(value)) && text?.trim() !== '') return value;
  throw setting(option, text ?? '', `give a ${kind === 'whole' ? 'whole ' : ''}number, 0 or more`);
}

function setting(option: string, value: string, advice: string): LabError {
  return new LabError({
    code: 'setting',
    message: `${option} ${value}: ${advice}.`.replace(' :', ':'),
    where: 'command line',
    tip: 'Run `npm run lab -- help`.',
  });
}
