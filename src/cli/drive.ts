// Drives one run in the engine's process and shows it: progress, what the user types meanwhile, Ctrl-C, the result.

import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEngine } from '../host/engine-client.ts';
import type { RunSummary } from '../protocol/host-calls.ts';
import type { LabError, LabErrorDetails } from '../protocol/lab-error.ts';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import { assignment, perSecond, whole } from './arguments.ts';
import {
  createProgressPrinter,
  describeResult,
  describeStructure,
  exitCodeOf,
  memberNames,
  printError,
  secondsText,
} from './output.ts';

/** Commands that a user types while a run goes on: one that is refused does not end it. */
const typed: ReadonlySet<EngineCommand['kind']> = new Set(['change', 'pause', 'go', 'pace', 'stop']);

/**
 * Runs one command of the engine to its end. The first Ctrl-C checkpoints and leaves (before the run is loaded it leaves
 * with nothing changed), the second ends the engine at once. A run that diverges is left at its last good state.
 */
export function drive(
  command: EngineCommand,
  options: { readonly json?: boolean | undefined; readonly control?: boolean | undefined },
): Promise<number> {
  return new Promise(done => {
    const printer = createProgressPrinter();
    const json = options.json === true;
    let lines: ReturnType<typeof createInterface> | undefined;
    let interrupts = 0;
    let loadedFolder: string | undefined;
    let members = 0;
    let diverged: LabErrorDetails | undefined;
    const say = (text: string): void => {
      if (!json) printer.line(text);
    };
    const end = (code: number): void => {
      printer.end();
      lines?.close();
      process.off('SIGINT', onInterrupt);
      engine.dispose();
      done(code);
    };
    const onInterrupt = (): void => {
      if (++interrupts === 1) {
        if (!json) printer.status('Leaving … (Ctrl-C again ends at once)');
        engine.send({ kind: 'leave' });
        return;
      }
      engine.kill();
      say(
        loadedFolder === undefined
          ? 'Ended at once.'
          : `Ended at once. Go on from the last checkpoint with: npm run lab -- resume ${loadedFolder}`,
      );
      end(130);
    };
    const onError = ({ of, error }: Extract<EngineEvent, { kind: 'error' }>): void => {
      printer.end();
      // The engine is told to leave, or dies of the same Ctrl-C while it starts.
      if (interrupts > 0 && loadedFolder === undefined) {
        say('Left before the run was loaded; nothing was changed.');
        end(130);
        return;
      }
      if (!json) printError(error);
      if (!typed.has(of)) end(exitCodeOf(error.code));
    };
    const onLeft = ({ iteration, folder }: Extract<EngineEvent, { kind: 'left' }>): void => {
      if (diverged === undefined) {
        say(`Left at iteration ${iteration}. Go on with: npm run lab -- resume ${folder}`);
        end(130);
        return;
      }
      printer.end();
      if (!json) printError(diverged);
      say(`The state is kept. Go on with: npm run lab -- branch ${folder} --at ${iteration}:NAME=VALUE`);
      end(exitCodeOf(diverged.code));
    };
    process.on('SIGINT', onInterrupt);
    const engine = startEngine(event => {
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      switch (event.kind) {
        case 'error':
          return onError(event);
        case 'ready':
          loadedFolder = event.folder;
          members = event.problem.members.length;
          break;
        case 'diverged':
          diverged = event.error;
          return engine.send({ kind: 'leave' });
        case 'left':
          return onLeft(event);
        case 'finished':
          printer.end();
          if (!json) printSummary(event.summary, event.folder);
          return end(0);
        case 'exported':
          for (const { name } of event.files) say(join(event.folder, 'exports', name));
          return end(0);
      }
      const isOneOfMany =
        event.kind === 'event' && members > MOST_SHOWN && /^members\.\d+\.finished$/.test(event.event.path);
      if (!json && interrupts === 0 && !isOneOfMany) showEvent(event, printer);
    });
    if (process.stdin.isTTY || options.control === true) {
      lines = createInterface({ input: process.stdin });
      lines.on('line', text => {
        if (text.trim() === '') return;
        try {
          engine.send(typedCommand(text.trim()));
        } catch (thrown) {
          printError(thrown as LabError);
        }
      });
    }
    engine.send(command);
  });
}

/** What a user may type while a fit runs. */
function typedCommand(text: string): EngineCommand {
  const [word, count] = text.split(/\s+/);
  if (word === 'pause') return { kind: 'pause' };
  if (word === 'go') return { kind: 'go', iterations: undefined };
  if (word === 'stop') return { kind: 'stop' };
  if (word === 'pace') return { kind: 'pace', perSecond: perSecond(count) };
  if (word === 'step') return { kind: 'go', iterations: whole(count, 'step', 1) ?? 1 };
  const [path, value] = assignment(text, 'change');
  return { kind: 'change', path, value: Number(value) };
}

function showEvent(event: EngineEvent, printer: ReturnType<typeof createProgressPrinter>): void {
  if (event.kind === 'progress') printer.show(event.progress);
  else if (event.kind === 'note') printer.line(event.text);
  else if (event.kind === 'reading') printer.status(`Reading frame ${event.done} of ${event.total}`);
  else if (event.kind === 'state' && event.state === 'paused') printer.line(`Paused at iteration ${event.iteration}`);
  else if (event.kind === 'event')
    printer.line(`iteration ${event.event.iteration}: ${event.event.path} = ${event.event.value}`);
  else if (event.kind === 'ready') {
    const { title, threads, kernels } = event.problem.summary;
    printer.line(`${title}, ${threads} threads (${kernels})`);
  }
}

/** More members are counted, not listed. */
const MOST_SHOWN = 8;

/** '31 members: 26 left to better members, 5 converged' */
function othersOf({ members, bestMember }: RunSummary): string {
  const counts = new Map<string, number>();
  for (const { member, reason } of members) {
    if (member !== bestMember) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`);
  return `${members.length - 1} members: ${parts.join(', ')}`;
}

function printSummary(summary: RunSummary, folder: string): void {
  const { members, bestMember } = summary;
  const names = memberNames(members);
  const shown = members.length > MOST_SHOWN ? [bestMember] : [...members.keys()];
  for (const m of shown) {
    const member = members[m];
    process.stdout.write(`${names[m]}: ${describeResult(member)}\n`);
    const structure = describeStructure(member);
    if (structure !== undefined) process.stdout.write(`    ${structure}\n`);
  }
  if (shown.length < members.length) process.stdout.write(`The other ${othersOf(summary)}\n`);
  else if (members.length > 1) process.stdout.write(`Exported: ${names[bestMember]}, the best\n`);
  process.stdout.write(
    `${summary.iterations} iterations in ${secondsText(summary.seconds)}\nResult: ${join(folder, 'exports')}\n`,
  );
}
