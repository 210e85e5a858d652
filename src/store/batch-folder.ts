// A batch on disk: batch.json says what is to be done, rows.jsonl what is done, a line for each finished row that is on
// the disk before the next one starts. Killed at any byte, it goes on after its last whole line. Node only.

import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import { makeFolder, readLines, storing, writeAtomically } from './files.ts';

const RECIPE = 'batch.json';
const ROWS = 'rows.jsonl';

export interface BatchFolder<Row> {
  readonly path: string;
  /** Rows finished before it was opened. */
  readonly done: readonly Row[];
  /** On the disk when it returns. */
  append(row: Row): void;
  writeExport(name: string, bytes: Uint8Array): void;
  dispose(): void;
}

export function isBatch(path: string): boolean {
  return existsSync(join(path, RECIPE));
}

/** Throws a `store` error where it cannot be read. */
export function readBatchRecipe<Recipe>(path: string): Recipe {
  return storing(path, () => {
    try {
      return JSON.parse(readFileSync(join(path, RECIPE), 'utf8')) as Recipe;
    } catch (cause) {
      throw new LabError({
        code: 'store',
        message: `The recipe of this batch is damaged: ${RECIPE} cannot be read.`,
        where: path,
        tip: 'Start it anew into another folder.',
        cause,
      });
    }
  });
}

/**
 * A new folder, or one that holds a batch of the same recipe, which goes on. Throws a `store` error for a folder with
 * anything else in it.
 */
export function openBatchFolder<Recipe extends object, Row>(path: string, recipe: Recipe): BatchFolder<Row> {
  return storing(path, () => {
    const text = `${JSON.stringify(recipe, undefined, 2)}\n`;
    if (isBatch(path)) requireSameRecipe(path, recipe);
    else {
      if (existsSync(path) && readdirSync(path).length > 0) {
        throw new LabError({
          code: 'store',
          message: 'The output folder is not empty.',
          where: path,
          tip: 'Choose another --out, or remove what is in it.',
        });
      }
      makeFolder(path);
      writeAtomically(join(path, RECIPE), text);
    }
    const rows = join(path, ROWS);
    const done = readLines<Row>(rows);
    // Without what a kill has cut off.
    writeAtomically(rows, done.map(row => `${JSON.stringify(row)}\n`).join(''));
    const handle = openSync(rows, 'a');
    return {
      path,
      done,
      append: row =>
        storing(path, () => {
          writeFileSync(handle, `${JSON.stringify(row)}\n`);
          fsyncSync(handle);
        }),
      writeExport: (name, bytes) => storing(path, () => writeAtomically(join(path, 'exports', name), bytes)),
      dispose: () => closeSync(handle),
    };
  });
}

function requireSameRecipe(path: string, recipe: object): void {
  const stored = readBatchRecipe<Record<string, unknown>>(path);
  const wanted = JSON.parse(JSON.stringify(recipe)) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(stored), ...Object.keys(wanted)])];
  const changed = names.find(
    name => name !== 'version' && JSON.stringify(stored[name]) !== JSON.stringify(wanted[name]),
  );
  if (changed === undefined) return;
  throw new LabError({
    code: 'store',
    message:
      changed === 'files'
        ? 'The batch in this folder was made from other files: the scene or the table has changed.'
        : `The output folder holds another batch: its ${changed} is ${stored[changed]}, not ${wanted[changed]}.`,
    where: path,
    tip: changed === 'files' ? 'Restore them, or choose another --out.' : 'Choose another --out, or resume that batch.',
  });
}
