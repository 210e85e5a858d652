// Starts the engine's process and speaks to it. A process that dies becomes an error event, never a hang.

import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';

export interface EngineClient {
  send(command: EngineCommand): void;
  /** Lets the engine end by itself, as soon as it hears of it. */
  dispose(): void;
  /** Ends it at once, whatever it does. */
  kill(): void;
}

/** What comes with a process's death, its end or the same Ctrl-C for this process, is known within this. */
const EXIT_MILLISECONDS = 200;

export function startEngine(onEvent: (event: EngineEvent) => void): EngineClient {
  const here = dirname(fileURLToPath(import.meta.url));
  const script = [join(here, 'engine.js'), join(here, '../../dist/engine.js')].find(existsSync);
  if (script === undefined) throw new Error('dist/engine.js is missing: run `npm run bundle`.');
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  let expected = false;
  /** What would be left undone if the process died. */
  let underway: EngineCommand['kind'] = 'start';
  const fail = (message: string): void => {
    if (expected) return;
    expected = true;
    const tip = 'Nothing before the last checkpoint is lost: resume the run.';
    onEvent({ kind: 'error', of: underway, error: { code: 'internal', message, tip } });
  };
  child.on('message', message => onEvent(message as EngineEvent));
  // What cannot be written to a process that dies says less than its end, which follows.
  child.on('error', ({ message }) =>
    setTimeout(fail, EXIT_MILLISECONDS, `The engine's process could not be started or reached (${message}).`),
  );
  child.on('exit', (code, signal) => {
    const message = `The engine's process ended unexpectedly (${signal ?? `code ${code}`}).`;
    // Ctrl-C goes to both processes, and ends an engine that only starts: it may be heard here after that end.
    if (signal === 'SIGINT') setTimeout(fail, EXIT_MILLISECONDS, message);
    else fail(message);
  });
  return {
    send(command) {
      if (!duringRun.has(command.kind)) underway = command.kind;
      if (child.connected) child.send(command);
    },
    dispose() {
      expected = true;
      if (child.connected) child.disconnect();
    },
    kill() {
      expected = true;
      child.kill('SIGKILL');
    },
  };
}

/** Commands to a run that is under way already. */
const duringRun: ReadonlySet<EngineCommand['kind']> = new Set([
  'change',
  'pause',
  'go',
  'pace',
  'stop',
  'leave',
  'view',
]);
