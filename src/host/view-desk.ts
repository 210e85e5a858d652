// Answers pulls of views of the run that an engine holds: at once while the run waits, between two iterations and within a
// budget of time while it runs. The newest request for a view wins. Runs in the engine's process.

import type { Problem } from '../engine/fits.ts';
import type { Run } from '../engine/run.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { EngineCommand, EngineEvent } from '../protocol/messages.ts';
import { reduceView } from '../protocol/reduce-view.ts';
import { isPulled, type PulledView, type ViewArray, type ViewData } from '../protocol/views.ts';
import { readSnapshotView } from '../store/snapshot-views.ts';

export type ViewRequest = Omit<Extract<EngineCommand, { readonly kind: 'view' }>, 'kind'>;

export interface ViewDesk {
  ask(request: ViewRequest): void;
  /** waiting: nothing is computed, so requests are answered at once. running: they wait for `serve`. */
  set(mode: 'waiting' | 'running'): void;
  /** Between two iterations: answers at most one request, when the budget allows. */
  serve(): void;
  /** A view was recorded at this iteration. */
  recorded(view: string, member: number, iteration: number): void;
  /** The run ends: nobody will answer what still waits. */
  close(): void;
}

/** Share of the time that a running fit gives to views. Sending them costs too: together it is to stay under 5 %. */
const SHARE = 0.02;
/** So much is served at the start of a run without a budget, so that a window fills at once. */
const FREE_MILLISECONDS = 60;
/** Other views than pictures that take longer than this come from the records while the fit runs. */
const COSTLY_MILLISECONDS = 20;

/** Requests for one view, member and frame: all are answered from one look at it, each in the size it asked for. */
interface Waiting {
  readonly description: PulledView;
  readonly view: string;
  readonly member: number;
  readonly frame: number | undefined;
  /** Numbers of the newest requests, by most pixels. */
  readonly asks: Map<number | undefined, number>;
}

export function createViewDesk(
  run: Run,
  problem: Problem,
  folder: string,
  emit: (event: EngineEvent) => void,
): ViewDesk {
  const waiting = new Map<string, Waiting>();
  const costs = new Map<string, number>();
  /** Iteration of the newest record of a view, by view and member. */
  const records = new Map<string, number>();
  const answered = new Map<string, number>();
  let mode: 'waiting' | 'running' = 'waiting';
  let free = FREE_MILLISECONDS;
  let nextAt = 0;

  const send = (key: string, { asks }: Waiting, iteration: number, whole: ViewData, already: number): void => {
    answered.set(key, iteration);
    for (const [mostPixels, ask] of asks) {
      const { data, reduction } = reduceView(whole, mostPixels);
      emit({ kind: 'view', ask, iteration, reduction: already * reduction, data: owned(data) });
    }
  };
  const fromPresent = (key: string, wanted: Waiting): void => {
    const { view, member, frame, description } = wanted;
    send(key, wanted, description.changes === 'never' ? 0 : run.iteration, problem.view(view, member, frame), 1);
  };
  const fromRecord = (key: string, wanted: Waiting): boolean => {
    const { view, member, frame } = wanted;
    const record = readSnapshotView(folder, view, member, Infinity, frame, undefined);
    if (record !== undefined) send(key, wanted, record.iteration, record.data, record.reduction);
    return record !== undefined;
  };
  const answer = (key: string, wanted: Waiting, from: 'present' | 'record'): void => {
    waiting.delete(key);
    const began = performance.now();
    try {
      if (from === 'present' || !fromRecord(key, wanted)) {
        fromPresent(key, wanted);
        costs.set(wanted.view, performance.now() - began);
      }
    } catch (thrown) {
      for (const ask of wanted.asks.values()) emit({ kind: 'no-view', ask, error: asLabError(thrown).toDetails() });
    }
    if (mode === 'waiting') return;
    const now = performance.now();
    free -= now - began;
    nextAt = now + (now - began) / SHARE;
  };

  return {
    ask(request) {
      const { ask, view, member, frame, mostPixels } = request;
      const description = problem.views.find(({ id }) => id === view);
      const refusal = refusalOf(request, description, problem.members.length);
      if (description === undefined || !isPulled(description) || refusal !== undefined)
        return emit({ kind: 'no-view', ask, error: refusal });
      const key = `${view} ${member} ${frame}`;
      const wanted = waiting.get(key) ?? { description, view, member, frame, asks: new Map() };
      const older = wanted.asks.get(mostPixels);
      if (older !== undefined) emit({ kind: 'no-view', ask: older, error: undefined });
      wanted.asks.set(mostPixels, ask);
      waiting.set(key, wanted);
      if (mode === 'waiting') answer(key, wanted, 'present');
    },
    set(next) {
      mode = next;
      if (mode === 'waiting') for (const [key, wanted] of [...waiting]) answer(key, wanted, 'present');
    },
    serve() {
      if (waiting.size === 0 || (free <= 0 && performance.now() < nextAt)) return;
      for (const [key, wanted] of waiting) {
        const { kind } = wanted.description;
        const isCostly = kind !== 'image' && kind !== 'depth' && (costs.get(wanted.view) ?? 0) > COSTLY_MILLISECONDS;
        const newest = records.get(`${wanted.view} ${wanted.member}`);
        if (isCostly && newest !== undefined && (answered.get(key) ?? -1) >= newest) continue;
        return answer(key, wanted, isCostly ? 'record' : 'present');
      }
    },
    recorded: (view, member, iteration) => void records.set(`${view} ${member}`, iteration),
    close() {
      for (const { asks } of waiting.values()) {
        for (const ask of asks.values()) emit({ kind: 'no-view', ask, error: undefined });
      }
      waiting.clear();
    },
  };
}

function refusalOf(
  { view, member, frame }: ViewRequest,
  description: Problem['views'][number] | undefined,
  members: number,
): ReturnType<LabError['toDetails']> | undefined {
  const refuse = (message: string) => new LabError({ code: 'state', message, where: `view ${view}` }).toDetails();
  if (description === undefined) return refuse('The run has no such view.');
  if (!isPulled(description)) return refuse('A series is drawn from the measures; it has no data of its own.');
  if (member >= members) return refuse(`The run has ${members} members; there is no member ${member}.`);
  const frames = 'frames' in description ? description.frames : 1;
  if (frame !== undefined && frame >= frames)
    return refuse(`The view has ${frames} frames; there is no frame ${frame}.`);
  return undefined;
}

/** Arrays that own exactly their bytes: the whole buffer behind an array travels between processes. */
function owned(data: ViewData): ViewData {
  return Object.fromEntries(
    Object.entries(data).map(([name, { shape, values }]): [string, ViewArray] => [
      name,
      { shape, values: values.buffer.byteLength === values.byteLength ? values : values.slice() },
    ]),
  );
}
