// Who writes a run folder: lock.json names the process, so that no two engines drive one run. The lock of a process that
// is gone counts for nothing. Node only.

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../protocol/lab-error.ts';
import { storing } from './files.ts';

interface Holder {
  readonly pid: number;
  /** When that process began, as its system counts; tells it from a later one of the same number. */
  readonly began: string | undefined;
  readonly computer: string;
}

export interface RunLock {
  release(): void;
}

/** Others may take over the same dead lock at the same time. */
const ATTEMPTS = 10;
/** Between making the file and writing into it no process takes this long. */
const WRITTEN_MILLISECONDS = 2000;

/** Throws a `state` error that names the holder where another process drives the run. */
export function lockRun(folder: string): RunLock {
  const file = join(folder, 'lock.json');
  const own: Holder = { pid: process.pid, began: beginningOf(process.pid), computer: hostname() };
  const text = `${JSON.stringify(own)}\n`;
  return storing(folder, () => {
    for (let attempt = 0; !tryToWrite(file, text); attempt++) {
      const held = read(file);
      const holder = held === undefined ? undefined : parse(held);
      const isHeld = holder === undefined ? isFresh(file) : isAlive(holder);
      if (isHeld || attempt === ATTEMPTS) throw lockedBy(holder, folder);
      if (held !== undefined) setAside(file, held);
    }
    return {
      release() {
        if (read(file) === text) rmSync(file, { force: true });
      },
    };
  });
}

function tryToWrite(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    rmSync(file, { force: true });
    throw thrown;
  }
}

/** Removes the lock that holds `held`; one that somebody else has written meanwhile is put back. */
function setAside(file: string, held: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return; // somebody else was faster
    throw thrown;
  }
  if (read(aside) === held) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined; // being written, or cut off
  }
}

function isFresh(file: string): boolean {
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && Date.now() - written < WRITTEN_MILLISECONDS;
}

/** Of a process on another computer nobody here can tell, so it counts as alive. */
function isAlive({ pid, began, computer }: Holder): boolean {
  if (computer !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
  const now = beginningOf(pid);
  return began === undefined || now === undefined || now === began;
}

/** On Linux, in ticks since the system started; 'gone' for a process that has ended and was not waited for. */
function beginningOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19];
}

function lockedBy(holder: Holder | undefined, folder: string): LabError {
  const elsewhere = holder !== undefined && holder.computer !== hostname();
  const who =
    holder === undefined ? 'Another process' : `Process ${holder.pid}${elsewhere ? ` on ${holder.computer}` : ''}`;
  return new LabError({
    code: 'state',
    message: `${who} drives this run already.`,
    where: folder,
    tip: elsewhere
      ? 'Leave it there first; if that computer is gone, remove lock.json from the run folder.'
      : 'Steer it there, or leave it there first (Ctrl-C).',
  });
}
