// Starting, pausing, stepping and ending runs.

import { branchAtCursor } from '../state/branch-changes.ts';
import { openDialog } from '../state/dialogs.ts';
import { startDraft, useDraft } from '../state/draft.ts';
import { currentRun, deleteRuns, goRun, pauseRun, replayRun, stopRun, useLab } from '../state/lab.ts';
import type { Action } from './action.ts';
import { whileConnected } from './while-connected.ts';

const run = () => currentRun(useLab.getState())?.details;
const state = () => run()?.entry.state;
const going = () => state() === 'running' || state() === 'loading';
/** Its engine was lost: it goes on from the last checkpoint. */
const broken = () => state() === 'failed' && run()?.problem !== undefined && run()?.summary === undefined;
const waiting = () => state() === 'paused' || state() === 'ready';
const draftReady = () =>
  useLab.getState().current.kind === 'draft' &&
  useDraft.getState().busy === 'no' &&
  useDraft.getState().report !== undefined;
const withRun = (act: (run: string) => Promise<void>) => () => {
  const entry = run()?.entry;
  return entry === undefined ? undefined : act(entry.run);
};

export const runActions: readonly Action[] = whileConnected([
  {
    id: 'run.toggle',
    title: 'Run or pause',
    group: 'Run',
    keywords: 'start go play continue resume halt',
    shortcut: 'Space',
    enabled: () => going() || waiting() || broken() || draftReady(),
    run: () => {
      if (draftReady()) return startDraft('run');
      return withRun(going() ? pauseRun : goRun)();
    },
  },
  {
    id: 'run.start-paused',
    title: 'Start paused',
    group: 'Run',
    keywords: 'load ready single step',
    shortcut: 'Shift+Space',
    enabled: draftReady,
    run: () => startDraft('pause'),
  },
  {
    id: 'run.step',
    title: 'One iteration',
    group: 'Run',
    keywords: 'single step next',
    shortcut: '.',
    enabled: waiting,
    run: withRun(id => goRun(id, 1)),
  },
  {
    id: 'run.more',
    title: 'Run N more iterations, then pause…',
    group: 'Run',
    keywords: 'steps count',
    shortcut: 'Shift+N',
    enabled: () => waiting() || going(),
    run: () => openDialog('steps'),
  },
  {
    id: 'run.stop',
    title: 'Stop and keep the result',
    group: 'Run',
    keywords: 'end finish',
    enabled: () => going() || waiting(),
    run: withRun(stopRun),
  },
  {
    id: 'run.discard',
    title: 'Discard the run',
    group: 'Run',
    keywords: 'delete remove bin',
    enabled: () => run() !== undefined,
    run: withRun(id => deleteRuns([id])),
  },
  {
    id: 'run.branch',
    title: 'Branch from the cursor',
    group: 'Run',
    keywords: 'fork copy checkpoint',
    shortcut: 'B',
    enabled: () => run()?.problem !== undefined,
    run: branchAtCursor,
  },
  {
    id: 'run.replay',
    title: 'Replay the run bit for bit',
    group: 'Run',
    keywords: 'repeat again reproduce',
    enabled: () => run()?.problem !== undefined,
    run: withRun(replayRun),
  },
]);
