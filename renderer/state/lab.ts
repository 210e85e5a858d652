// What the window knows: the connection, the library, the runs it has opened, and which of them it shows. All that
// arrives from the host lands here; all that the user asks of the host leaves from here.

import { create } from 'zustand';
import {
  type HostCall,
  isCalm,
  type LabDescription,
  type RunDetails,
  type RunEntry,
  type RunNews,
} from '../../src/protocol/host-calls.ts';
import { LabError } from '../../src/protocol/lab-error.ts';
import type { Bridge, ConnectionState, HostNews } from '../bridge/bridge.ts';
import { atNextBeat, beatMilliseconds } from './beat.ts';
import { resetCursor } from './cursor.ts';
import { showPanel } from './layout.ts';
import { guarded, reportProblem } from './problems.ts';
import { TraceStore } from './trace-store.ts';
import { beforeUndo, remember } from './undo.ts';

/** A run this window listens to. */
export interface OpenRun {
  readonly details: RunDetails;
  /** Frames read so far, while its input is being read. */
  readonly reading: { readonly done: number; readonly total: number } | undefined;
  /** The same object for as long as the run is open. */
  readonly trace: TraceStore;
  /** Another number each time it is read anew: what was recorded before may have been made again. */
  readonly version: number;
}

/** What the workbench shows: nothing yet, a run that is being prepared, or a run. */
export type Current =
  | { readonly kind: 'none' }
  | { readonly kind: 'draft' }
  | { readonly kind: 'run'; readonly run: string };

export interface LabState {
  readonly connection: ConnectionState;
  readonly description: LabDescription | undefined;
  /** The library by run; undefined until it was read. */
  readonly library: Readonly<Record<string, RunEntry>> | undefined;
  readonly open: Readonly<Record<string, OpenRun>>;
  readonly current: Current;
}

export const useLab = create<LabState>(() => ({
  connection: 'connecting',
  description: undefined,
  library: undefined,
  open: {},
  current: { kind: 'none' },
}));

let bridge: Bridge;
/** Traces that arrived before the answer to `open`. */
const early = new Map<string, Float64Array[]>();
const loading = new Map<string, Promise<void>>();
const keepers = new Set<(run: string) => boolean>();
/** The run that the user asked for last, until it is on show. */
let wanted: string | undefined;
let readings = 0;

export function theBridge(): Bridge {
  return bridge;
}

/** Takes a bridge into use; called once. */
export function connectLab(carrier: Bridge): void {
  bridge = carrier;
  bridge.onNews(receive);
  bridge.onConnection(connection => {
    useLab.setState({ connection });
    if (connection === 'open') void guarded(refresh);
  });
}

/** Everything anew: at the start, and after a lost connection. */
async function refresh(): Promise<void> {
  gathers = 0;
  const [description, entries] = await Promise.all([bridge.call('describe', {}), bridge.call('listRuns', {})]);
  useLab.setState({ description, library: Object.fromEntries(entries.map(entry => [entry.run, entry])) });
  await Promise.all(Object.keys(useLab.getState().open).map(loadRun));
}

/** The run the workbench shows. */
export function currentRun({ current, open }: LabState): OpenRun | undefined {
  return current.kind === 'run' ? open[current.run] : undefined;
}

/** Hook: a part of the run on show; undefined where none is. */
export function useCurrentRun<Part>(select: (run: OpenRun) => Part): Part | undefined {
  return useLab(state => {
    const run = currentRun(state);
    return run === undefined ? undefined : select(run);
  });
}

/** Opens a run and shows it, unless the user has gone elsewhere before it was there. */
export async function showRun(run: string): Promise<void> {
  wanted = run;
  await openRun(run);
  if (wanted === run) leaveFor({ kind: 'run', run });
  else closeUnneeded();
}

/** Who keeps runs open besides the one on show. */
export function keepOpen(keeps: (run: string) => boolean): void {
  keepers.add(keeps);
}

function leaveFor(current: Current): void {
  wanted = undefined;
  if (current.kind !== 'none') resetCursor();
  useLab.setState({ current });
  closeUnneeded();
}

function closeUnneeded(): void {
  const { open, current } = useLab.getState();
  for (const run of Object.keys(open)) {
    const isShown = run === wanted || (current.kind === 'run' && current.run === run);
    if (!isShown && ![...keepers].some(keeps => keeps(run))) closeRun(run);
  }
}

/** Listens to a run, for comparison or to show it. */
export async function openRun(run: string): Promise<void> {
  if (useLab.getState().open[run] === undefined) await loadRun(run);
}

export function closeRun(run: string): void {
  useLab.setState(({ open, current }) => ({
    open: Object.fromEntries(Object.entries(open).filter(([id]) => id !== run)),
    current: current.kind === 'run' && current.run === run ? { kind: 'none' } : current,
  }));
  void bridge.call('close', { run }).catch(() => {});
}

export function showWelcome(): void {
  leaveFor({ kind: 'none' });
}

/** Shows the run being prepared, with the panels that prepare it in front. */
export function showDraft(): void {
  leaveFor({ kind: 'draft' });
  showPanel('images');
  showPanel('settings');
}

/** One at a time for each run: who comes second waits for the first. */
function loadRun(run: string): Promise<void> {
  const underway = loading.get(run) ?? readRun(run).finally(() => loading.delete(run));
  loading.set(run, underway);
  return underway;
}

async function readRun(run: string): Promise<void> {
  early.set(run, []);
  try {
    const details = await bridge.call('open', { run });
    const trace = useLab.getState().open[run]?.trace ?? new TraceStore();
    trace.reset(details.problem?.terms ?? []);
    for (const rows of early.get(run) ?? []) trace.append(rows);
    useLab.setState(({ open }) => ({
      open: { ...open, [run]: { details, reading: undefined, trace, version: ++readings } },
    }));
  } finally {
    early.delete(run);
  }
}

/** News of a run that goes on, kept until the next beat. */
let calm: HostNews[] = [];
let callOffCalm = (): void => {};
/** What the host was told last. */
let gathers = 0;

function receive(news: HostNews): void {
  if (canWait(news)) {
    if (calm.length === 0) callOffCalm = atNextBeat(takeCalm);
    calm.push(news);
    return;
  }
  if (news.kind !== 'trace') takeCalm();
  take(news);
}

function canWait(news: HostNews): boolean {
  if (news.kind === 'entry') {
    const known = useLab.getState().library?.[news.run];
    return news.entry !== undefined && known?.state === 'running' && news.entry.state === 'running';
  }
  return news.kind === 'run' && isCalm(news.event);
}

function takeCalm(): void {
  callOffCalm();
  const all = calm;
  calm = [];
  gatherFor(beatMilliseconds() / 2);
  const before = useLab.getState();
  const after = all.reduce(apply, before);
  if (after !== before) useLab.setState(after);
}

/** While the beat is slow the host may gather what it tells: a message costs as much as what it says. */
function gatherFor(milliseconds: number): void {
  if (Math.abs(milliseconds - gathers) <= gathers / 4) return;
  gathers = milliseconds;
  void bridge.call('gather', { milliseconds }).catch(() => {});
}

function take(news: HostNews): void {
  if (news.kind === 'trace') {
    const waiting = early.get(news.run);
    if (waiting !== undefined) waiting.push(news.rows);
    else useLab.getState().open[news.run]?.trace.append(news.rows);
    return;
  }
  if (news.kind === 'entry') {
    useLab.setState(state => apply(state, news));
    const { current } = useLab.getState();
    if (news.entry === undefined && current.kind === 'run' && current.run === news.run) closeRun(news.run);
    return;
  }
  const opened = useLab.getState().open[news.run];
  if (opened === undefined || !isNew(news, opened)) return;
  // Loaded once more, after a resume: what lies behind its checkpoint is gone, so everything is read anew.
  if (news.event.kind === 'problem' && opened.details.problem !== undefined) {
    void guarded(() => loadRun(news.run));
    return;
  }
  if (news.event.kind === 'problem') opened.trace.reset(news.event.problem.terms);
  if (news.event.kind === 'failed' || news.event.kind === 'diverged')
    reportProblem(new LabError(news.event.error), news.run);
  useLab.setState(state => apply(state, news));
}

/** The answer to `open` that is under way says it too, and what was heard is not said again. */
function isNew({ run, seq }: Extract<HostNews, { readonly kind: 'run' }>, { details }: OpenRun): boolean {
  return !early.has(run) && seq > details.seq;
}

/** What the window knows once it has heard the news. */
function apply(state: LabState, news: HostNews): LabState {
  if (news.kind === 'entry') return applyEntry(state, news.run, news.entry);
  const opened = state.open[news.run];
  if (news.kind === 'trace' || opened === undefined || !isNew(news, opened)) return state;
  const change = applyNews(opened, news.event);
  const details = { ...opened.details, ...change.details, seq: news.seq };
  return { ...state, open: { ...state.open, [news.run]: { ...opened, ...change, details } } };
}

function applyEntry(state: LabState, run: string, entry: RunEntry | undefined): LabState {
  const { library = {}, open } = state;
  if (entry === undefined) {
    const { [run]: _gone, ...rest } = library;
    return { ...state, library: rest };
  }
  const opened = open[run];
  return {
    ...state,
    library: { ...library, [run]: entry },
    ...(opened === undefined ? {} : { open: { ...open, [run]: { ...opened, details: { ...opened.details, entry } } } }),
  };
}

interface Change {
  readonly reading?: OpenRun['reading'];
  readonly details?: Partial<RunDetails>;
}

function applyNews({ details }: OpenRun, news: RunNews): Change {
  switch (news.kind) {
    case 'state': {
      const { state, iteration } = news;
      // Progress is told a moment later; a paused run shows at once where it stands.
      const progress = details.progress === undefined ? undefined : { ...details.progress, state, iteration };
      return { reading: undefined, details: { entry: { ...details.entry, state, iteration }, progress } };
    }
    case 'problem':
      return { reading: undefined, details: { problem: news.problem, recipe: news.recipe } };
    case 'progress':
      return { details: { progress: news.progress } };
    case 'reading':
      return { reading: news };
    case 'accepted':
      return { details: { accepted: [...details.accepted, news.event] } };
    case 'event': {
      const { event } = news;
      const rest = details.accepted.filter(({ path, value }) => path !== event.path || value !== event.value);
      return { details: { events: [...details.events, event], accepted: rest } };
    }
    case 'measures':
      return { details: { measures: [...details.measures, news.row] } };
    case 'snapshot': {
      const { iteration, member } = news;
      return { details: { snapshots: [...details.snapshots, { iteration, member }] } };
    }
    case 'checkpoint': {
      const { iteration } = news;
      return { details: { checkpoints: [...details.checkpoints.filter(each => each !== iteration), iteration] } };
    }
    case 'finished':
      return { details: { summary: news.summary } };
    case 'failed':
      return { details: { error: news.error } };
    case 'pace':
      return { details: { pace: news.perSecond } };
    case 'diverged':
    case 'note':
      return {};
  }
}

// What users do to runs. Each tells its failure in the problems panel.

export function pauseRun(run: string): Promise<void> {
  return guarded(() => bridge.call('pause', { run }), run);
}

/** Runs on to the end, or `iterations` more and then pauses; resumes a run that no engine holds. */
export function goRun(run: string, iterations?: number): Promise<void> {
  return guarded(() => bridge.call('go', { run, ...(iterations === undefined ? {} : { iterations }) }), run);
}

export function setPace(run: string, perSecond: number | undefined): Promise<void> {
  return guarded(() => bridge.call('pace', { run, ...(perSecond === undefined ? {} : { perSecond }) }), run);
}

export function stopRun(run: string): Promise<void> {
  return guarded(() => bridge.call('stop', { run }), run);
}

/** Starts a run and shows it, with what it is steered by in front. */
export async function startRun(request: HostCall<'start'>): Promise<void> {
  const { run } = await bridge.call('start', request);
  await showRun(run);
  showPanel('steer');
}

/** A new run from `iteration` of this one, with other live values from there on. */
export function branchRun(run: string, iteration: number, changes: Readonly<Record<string, number>>): Promise<void> {
  return guarded(async () => {
    const branch = await bridge.call('branch', { run, iteration, changes });
    await showRun(branch.run);
  }, run);
}

export function replayRun(run: string): Promise<void> {
  return guarded(async () => showRun((await bridge.call('replay', { run })).run), run);
}

export function renameRun(run: string, name: string): Promise<void> {
  const before = useLab.getState().library?.[run]?.name ?? run;
  const send = (to: string) => bridge.call('rename', { run, name: to });
  return remembered(() => send(name), { label: 'Rename run', undo: () => send(before) }, run);
}

export function tagRun(run: string, tags: readonly string[]): Promise<void> {
  const before = useLab.getState().library?.[run]?.tags ?? [];
  const send = (to: readonly string[]) => bridge.call('tag', { run, tags: [...to] });
  return remembered(() => send(tags), { label: 'Tag run', undo: () => send(before) }, run);
}

/** To the bin; undo brings them back. */
export function deleteRuns(runs: readonly string[]): Promise<void> {
  const one = runs.length === 1;
  const { current } = useLab.getState();
  const shown = current.kind === 'run' && runs.includes(current.run) ? current.run : undefined;
  return remembered(() => bridge.call('delete', { runs: [...runs] }), {
    label: one ? 'Delete run' : `Delete ${runs.length} runs`,
    notice: one ? 'Run deleted' : `${runs.length} runs deleted`,
    undo: async () => {
      await bridge.call('restore', { runs: [...runs] });
      if (shown !== undefined && useLab.getState().current.kind === 'none') await showRun(shown);
    },
  });
}

interface Order {
  readonly label: string;
  readonly notice?: string;
  readonly undo: () => Promise<unknown>;
}

/** Does what the user ordered; it can be undone once the host has done it. */
function remembered(act: () => Promise<unknown>, order: Order, run?: string): Promise<void> {
  return guarded(async () => {
    await beforeUndo(act());
    remember({ ...order, undo: () => guarded(order.undo, run), redo: () => guarded(act, run) });
  }, run);
}
