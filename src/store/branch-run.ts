// Makes a run folder that equals another run up to an iteration and has other live values from there on. A `resume` of it
// goes on from the parent's nearest checkpoint. Node only.

import { constants, copyFileSync, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createHyperTable } from '../protocol/hyper-table.ts';
import { type ProblemDescription, type RunEvent, stoppedMember } from '../protocol/run.ts';
import { makeFolder } from './files.ts';
import { readProblem, readRecipe } from './read-run.ts';
import { createRunFolder, openRunFolder, truncateRun } from './run-folder.ts';
import { snapshotLogFiles } from './snapshot-log.ts';
import { fixedSnapshots, listCheckpoints, nineDigits } from './snapshot-views.ts';

/**
 * `changes`: live values by path, in effect from `iteration` on, in the place of the parent's own changes of the same
 * paths at that iteration; the parent's later changes are left out. Throws `store` errors, and `setting` errors for
 * changes that the run does not take.
 */
export function branchRun(
  parentFolder: string,
  outFolder: string,
  iteration: number,
  changes: Readonly<Record<string, number>>,
): void {
  const { logged, planned: ahead } = openRunFolder(parentFolder);
  const events = [...logged, ...ahead];
  const recipe = readRecipe(parentFolder);
  checkChanges(readProblem(parentFolder), changes);
  const inherited = events.filter(
    event =>
      event.path !== 'stop' &&
      (event.iteration < iteration || (event.iteration === iteration && !(event.path in changes))),
  );
  const added = Object.entries(changes).map(([path, value]): RunEvent => ({ iteration, path, value, source: 'user' }));
  const planned = [...inherited, ...added].sort((a, b) => a.iteration - b.iteration);
  const parent = { run: basename(parentFolder), iteration };
  // At its stop the parent's members ended; the branch goes on from there.
  const stopped = events.find(({ path }) => path === 'stop')?.iteration ?? Infinity;
  const checkpoints = listCheckpoints(parentFolder).filter(each => each <= iteration && each < stopped);
  createRunFolder(outFolder, { ...recipe, planned, parent }, () => copyRecords(parentFolder, outFolder, checkpoints));
}

/** As far as can be told without the data: a parent that was never loaded has no description yet. */
function checkChanges(problem: ProblemDescription | undefined, changes: Readonly<Record<string, number>>): void {
  if (problem === undefined) return;
  const { members } = problem;
  const table = createHyperTable({
    descriptions: members.map(({ live }) => live),
    starts: members.map(({ starts }) => starts),
    groups: [...new Set(members.flatMap(({ groups }) => groups))],
  });
  // That a member ends is checked once the run is loaded.
  for (const [path, value] of Object.entries(changes)) if (stoppedMember(path) === undefined) table.check(path, value);
}

function copyRecords(parentFolder: string, outFolder: string, checkpoints: readonly number[]): void {
  const from = checkpoints.at(-1);
  const copy = (...parts: string[]) => copyWhere(join(parentFolder, ...parts), join(outFolder, ...parts));
  copy('problem.json');
  copy('thumbnail.png');
  for (const name of fixedSnapshots(parentFolder)) copy('snapshots', name);
  if (from === undefined) return;
  for (const name of snapshotLogFiles) copy('snapshots', name);
  for (const name of ['trace.csv', 'events.jsonl', 'measures.jsonl', 'clock.jsonl']) copy(name);
  truncateRun(outFolder, from, 'drop-changes');
  // Last, so that a branch cut off by a crash starts from 0 instead of from a checkpoint without its records.
  for (const each of checkpoints) copy('checkpoints', `${nineDigits(each)}.npz`);
}

/** A file that the parent, still running, has meanwhile dropped is left out. */
function copyWhere(from: string, to: string): void {
  if (!existsSync(from)) return;
  makeFolder(dirname(to));
  copyFileSync(from, to, constants.COPYFILE_FICLONE);
}
