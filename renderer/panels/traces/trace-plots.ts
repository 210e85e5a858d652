// The plots of the traces panel: takes the columns of the run on show and of the runs beside it, the look that the user
// chose, and gives the plots what to draw. A class outside React.

import { BlockIndex, leastAt } from '../../plots/block-index.ts';
import { eventWords } from '../../plots/event-words.ts';
import { figureTitle, figureUnit } from '../../plots/figure-words.ts';
import type { PlotLine, PlotMark } from '../../plots/line-plot.ts';
import { measureLines } from '../../plots/measure-columns.ts';
import { memberName } from '../../plots/member-name.ts';
import { runVariable, seriesVariable } from '../../plots/plot-colours.ts';
import { type GroupContent, type GroupPlot, PlotGroup } from '../../plots/plot-group.ts';
import { LEAST_ERROR } from '../../plots/plot-scale.ts';
import type { Samples } from '../../plots/samples.ts';
import { Smoothed } from '../../plots/smoothed.ts';
import { type Cell, toCsv } from '../../plots/text-table.ts';
import { TraceListener } from '../../plots/trace-listener.ts';
import { bestMember } from '../../state/best-member.ts';
import { useComparison } from '../../state/comparison.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { currentRun, type OpenRun, useLab } from '../../state/lab.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { firstSeries, isLoss, seriesOf } from './series-names.ts';
import { setTracesLook, useTracesLook } from './traces-look.ts';

/** A measure that ranges over more than two decades is shown on a logarithmic axis unless told otherwise. */
const WIDE = 100;
const MANY_MEMBERS = 8;
/** A minimum in the last part of a run that goes on is no minimum yet. */
const FRESH = 0.03;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [9, 3, 2, 3]];
const DASH_SIGNS = ['──', '– –', '····', '–·–'];
/** More than members, and more than series: other runs stand below all members in tables. */
const OTHER_PLACES = 1000;
const OTHER_RUN = [5, 4];

interface Source {
  readonly samples: Samples;
  readonly generation: number;
}

export class TracePlots {
  readonly #group: PlotGroup;
  readonly #ends: (() => void)[];
  readonly #smoothed = new Map<string, { readonly smoother: Smoothed; generation: number }>();
  readonly #validation = new Map<object, { readonly index: BlockIndex; rewinds: number }>();
  readonly #traces = new TraceListener(() => this.#group.request('calmly'));
  #cursorBefore = useCursor.getState().iteration;

  constructor(area: HTMLElement, onZoomed: (zoomed: boolean) => void) {
    this.#group = new PlotGroup(area, {
      content: () => this.#content(),
      table: 'all',
      onZoomed,
      onPick: x => this.#pick(x),
      onUnpick: () => setCursor({ iteration: this.#cursorBefore }),
      onToggleLog: name => this.#toggleLog(name),
    });
    const soon = () => this.#group.request('soon');
    this.#ends = [
      useLab.subscribe((state, before) => {
        this.#listen();
        if (currentRun(state)?.details !== currentRun(before)?.details) this.#group.request('calmly');
      }),
      useCursor.subscribe(({ iteration, member }, before) => {
        if (member !== before.member) soon();
        else this.#group.moveCursor(iteration === 'now' ? undefined : iteration);
      }),
      usePreferences.subscribe(soon),
      useTracesLook.subscribe(({ arrangement }) => {
        this.#group.arrange(arrangement === 'one' ? 'stacked' : arrangement);
        soon();
      }),
      useComparison.subscribe(() => this.#listen()),
    ];
    const { arrangement } = useTracesLook.getState();
    this.#group.arrange(arrangement === 'one' ? 'stacked' : arrangement);
    this.#listen();
  }

  switchTo(on: boolean): void {
    this.#group.switchTo(on);
  }

  resetZoom(): void {
    this.#group.resetZoom();
  }

  toPng(): Promise<Blob | undefined> {
    return this.#group.toPng();
  }

  /** The shown series of the run, a row for each iteration and a column for each series and member; never decimated. */
  toCsv(): string {
    const run = currentRun(useLab.getState());
    if (run === undefined) return '';
    const many = run.trace.members.length > 1;
    const columns = shownSeries(run).flatMap(name =>
      run.trace.members.map((_, member) => ({
        title: many ? `${name} (${memberName(run.details.problem, member)})` : name,
        ...sourceOf(run, member, name).samples,
      })),
    );
    const iterations = [...new Set(columns.flatMap(({ x }) => [...x]))].sort((a, b) => a - b);
    const at = columns.map(() => 0);
    const rows = iterations.map((iteration): Cell[] => [
      iteration,
      ...columns.map(({ x, y }, c) => {
        if (x[at[c]] !== iteration) return undefined;
        const value = y[at[c]++];
        return Number.isNaN(value) ? undefined : value;
      }),
    ]);
    return toCsv({ columns: ['iteration', ...columns.map(({ title }) => title)], rows });
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#traces.dispose();
    this.#group.dispose();
  }

  /** Hears of new rows of all runs that are drawn. */
  #listen(): void {
    if (this.#traces.follow(drawnRuns().map(({ trace }) => trace))) this.#group.request('soon');
  }

  #pick(x: number): void {
    const run = currentRun(useLab.getState());
    if (run === undefined) return;
    this.#cursorBefore = useCursor.getState().iteration;
    const iteration = Math.max(0, Math.round(x));
    setCursor({ iteration: iteration >= run.trace.lastIteration ? 'now' : iteration });
  }

  #toggleLog(plot: string): void {
    const run = currentRun(useLab.getState());
    if (run === undefined) return;
    const [name] = plot.split(' ');
    if (isLoss(name, run.trace)) setPreferences({ logLoss: !usePreferences.getState().logLoss });
    else setTracesLook({ logs: { ...useTracesLook.getState().logs, [name]: !isLog(run, name) } });
  }

  #content(): GroupContent {
    const { logIterations } = usePreferences.getState();
    const { iteration } = useCursor.getState();
    const [run, ...others] = drawnRuns();
    const shared = {
      logX: logIterations,
      xTitle: 'Iteration',
      cursor: iteration === 'now' ? undefined : iteration,
    };
    if (run === undefined) return { plots: [], end: 1, ...shared };
    const { arrangement, hidden } = useTracesLook.getState();
    const shown = shownSeries(run);
    const end = Math.max(run.trace.lastIteration, ...others.map(({ trace }) => trace.lastIteration));
    const best = bestMember(run);
    const marks = this.#marks(run, best);
    const quiet = marks.map(({ shortLabel: _short, ...mark }) => mark);
    const together = arrangement === 'one' && shown.length > 1;
    const plots = shown.map((name, place): GroupPlot => {
      const lines = [
        ...this.#fan(run, name, best, hidden, together ? place : undefined),
        ...others
          .filter(other => !hidden.includes(other.details.entry.run))
          .flatMap(other => this.#otherRun(other, name, together ? place : undefined)),
      ];
      const fan = together || run.trace.members.length < 3 ? [] : fanOf(run, name, hidden);
      return {
        id: name,
        title: figureTitle(name),
        unit: figureUnit(name),
        lines,
        fan,
        marks: place === 0 ? marks : quiet,
        bands: [],
        levels: [],
        log: isLog(run, name),
        ...(isMeasure(run, name) ? { leastShare: LEAST_ERROR } : {}),
      };
    });
    return { plots: together ? [merged(plots, run.trace.members.length)] : plots, end, ...shared };
  }

  #fan(run: OpenRun, name: string, best: number, hidden: readonly string[], place: number | undefined): PlotLine[] {
    const count = run.trace.members.length;
    const order = [...run.trace.members.keys()].filter(member => member !== best);
    // The best one lies over the others.
    if (best < count) order.push(best);
    return order.flatMap(member => {
      const label = labelOf(run, member);
      if (hidden.includes(label)) return [];
      const single = count === 1;
      const title = memberName(run.details.problem, member);
      const leading = single || member === best;
      const colour = single && place !== undefined ? seriesVariable(place) : memberVariable(member, count, leading);
      return this.#line({
        key: `${name} ${member}`,
        row: place === undefined ? title : single ? figureTitle(name) : `${title}: ${figureTitle(name)}`,
        place: OTHER_PLACES * member + (place ?? 0),
        source: sourceOf(run, member, name),
        colour,
        width: single ? 1.75 : leading ? 2.5 : 1,
        alpha: leading ? 1 : 0.75,
        dash: single || place === undefined ? [] : DASHES[place % DASHES.length],
      });
    });
  }

  #otherRun(other: OpenRun, name: string, place: number | undefined): PlotLine[] {
    const { run, name: title } = other.details.entry;
    const { runs } = useComparison.getState();
    const source = sourceOf(other, bestMember(other), name);
    return this.#line({
      key: `${run} ${name}`,
      row: place === undefined ? title : `${title}: ${figureTitle(name)}`,
      place: OTHER_PLACES * (OTHER_PLACES + runs.indexOf(run)) + (place ?? 0),
      source,
      colour: runVariable(runs.indexOf(run)),
      width: 1.5,
      alpha: 1,
      dash: OTHER_RUN,
    });
  }

  /** One line, or two where it is smoothed: the smooth one over what it was made of. */
  #line({
    source,
    ...line
  }: Omit<PlotLine, 'samples' | 'generation' | 'backdrop'> & { readonly source: Source }): PlotLine[] {
    const { smoothing } = useTracesLook.getState();
    if (source.samples.x.length === 0) return [];
    if (smoothing === 0) return [{ ...line, ...source }];
    let known = this.#smoothed.get(line.key);
    if (known === undefined || known.smoother.weight !== smoothing) {
      known = { smoother: new Smoothed(smoothing), generation: source.generation };
      this.#smoothed.set(line.key, known);
    }
    if (known.generation !== source.generation) known.smoother.clear();
    known.generation = source.generation;
    const samples = known.smoother.follow(source.samples);
    return [
      { ...line, ...source, width: 1, alpha: 0.25, dash: [], backdrop: true },
      // Another weight is another line to the plot, which keeps what it worked out by key and generation.
      { ...line, key: `${line.key} smoothed ${smoothing}`, samples, generation: source.generation },
    ];
  }

  #marks(run: OpenRun, best: number): PlotMark[] {
    const { problem, events, accepted, summary } = run.details;
    const marks: PlotMark[] = [];
    for (const event of events) {
      const ended = event.source === 'engine' && event.path.endsWith('.finished');
      if (ended && run.trace.members.length === 1) continue;
      const { short, full } = eventWords(event, problem);
      const user = event.source === 'user';
      marks.push({
        at: event.iteration,
        colour: user ? '--lab-pin-event' : '--lab-plot-quiet',
        ...(user ? {} : { dash: [2, 3] }),
        label: full,
        ...(ended ? {} : { shortLabel: short }),
      });
    }
    for (const event of accepted) {
      const { short, full } = eventWords(event, problem);
      marks.push({
        at: event.iteration,
        colour: '--lab-pin-event',
        dash: [3, 3],
        label: `${full} (about to take effect)`,
        shortLabel: short,
      });
    }
    const at = summary?.members[best]?.bestIteration ?? this.#leastValidation(run, best);
    // While every iteration is the best so far, the newest one needs no pin.
    if (at !== undefined && (summary !== undefined || at < (1 - FRESH) * run.trace.lastIteration)) {
      marks.push({ at, colour: '--lab-pin-best', dash: [6, 2], label: `Best at iteration ${at}`, shortLabel: 'best' });
    }
    return marks;
  }

  #leastValidation(run: OpenRun, member: number): number | undefined {
    const trace = run.trace.members[member];
    const column = trace?.column('validation');
    if (trace === undefined || column === undefined) return undefined;
    let known = this.#validation.get(trace);
    if (known === undefined) {
      known = { index: new BlockIndex(), rewinds: trace.rewinds };
      this.#validation.clear();
      this.#validation.set(trace, known);
    }
    if (known.rewinds !== trace.rewinds) known.index.clear();
    known.rewinds = trace.rewinds;
    const at = leastAt(column, known.index);
    return at === undefined ? undefined : trace.iterations[at];
  }
}

/** The run on show, then the runs beside it. */
function drawnRuns(): OpenRun[] {
  const state = useLab.getState();
  const run = currentRun(state);
  if (run === undefined) return [];
  const others = useComparison.getState().runs.filter(id => id !== run.details.entry.run);
  return [run, ...others.flatMap(id => (state.open[id] === undefined ? [] : [state.open[id]]))];
}

function shownSeries(run: OpenRun): string[] {
  const available = seriesOf(run);
  const chosen = useTracesLook.getState().shown?.filter(name => available.includes(name)) ?? [];
  return chosen.length > 0 ? available.filter(name => chosen.includes(name)) : firstSeries(available, run.trace);
}

function labelOf(run: OpenRun, member: number): string {
  return run.details.problem?.members[member]?.label ?? `member ${member}`;
}

/** With more members than colours, only those of note have one. */
export function memberVariable(member: number, count: number, leading: boolean): string {
  return count <= MANY_MEMBERS ? seriesVariable(member) : leading ? seriesVariable(0) : '--lab-plot-quiet';
}

function sourceOf(run: OpenRun, member: number, name: string): Source {
  const trace = run.trace.members[member];
  const column = trace?.column(name);
  if (trace !== undefined && column !== undefined) {
    return { samples: { x: trace.iterations, y: column }, generation: generationOf(trace) + trace.rewinds };
  }
  const [line] = measureLines(run.details.measures, member, name, 1);
  return {
    samples: line?.samples ?? { x: new Float64Array(0), y: new Float64Array(0) },
    generation: generationOf(run.details.measures),
  };
}

const generations = new WeakMap<object, number>();
let generationCount = 0;

/** A number for each object that has been asked for: other data, another number. */
function generationOf(object: object): number {
  let generation = generations.get(object);
  if (generation === undefined) {
    generationCount += 1e6;
    generation = generationCount;
    generations.set(object, generation);
  }
  return generation;
}

function fanOf(run: OpenRun, name: string, hidden: readonly string[]): Samples[] {
  return run.trace.members.flatMap((_, member) =>
    hidden.includes(labelOf(run, member)) ? [] : [sourceOf(run, member, name).samples],
  );
}

/** Errors and other figures of the fit, which are no columns of the trace. */
function isMeasure(run: OpenRun, name: string): boolean {
  return run.trace.members.every(trace => trace.column(name) === undefined);
}

function isLog(run: OpenRun, name: string): boolean {
  if (isLoss(name, run.trace)) return usePreferences.getState().logLoss;
  const chosen = useTracesLook.getState().logs[name];
  if (chosen !== undefined || name === 'learningRate') return chosen ?? false;
  let least = Infinity;
  let most = -Infinity;
  for (const row of run.details.measures) {
    const value = row[name];
    if (typeof value !== 'number') continue;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return least > 0 && most > WIDE * least;
}

/** All series in one plot: told apart by colour where there is one member, by dashes where there are more. */
function merged(plots: readonly GroupPlot[], members: number): GroupPlot {
  const [first] = plots;
  const shared = { ...first, id: plots.map(({ id }) => id).join(' '), unit: undefined };
  const lines = plots.flatMap(each => each.lines);
  if (members > 1) {
    const title = plots.map((each, place) => `${each.title} ${DASH_SIGNS[place % DASH_SIGNS.length]}`).join(', ');
    return { ...shared, lines, title };
  }
  const key = plots.map(({ title, unit }, place) => ({
    label: unit === undefined ? title : `${title}, ${unit}`,
    colour: seriesVariable(place),
  }));
  return { ...shared, lines, title: '', key };
}
