// One series of several runs in one plot, by iteration, by share of the run or by time. A class outside React.

import { figureTitle, figureUnit } from '../../plots/figure-words.ts';
import type { PlotLine } from '../../plots/line-plot.ts';
import { measureLines } from '../../plots/measure-columns.ts';
import { memberName } from '../../plots/member-name.ts';
import { runVariable } from '../../plots/plot-colours.ts';
import { type GroupContent, PlotGroup } from '../../plots/plot-group.ts';
import type { Samples } from '../../plots/samples.ts';
import { TraceListener } from '../../plots/trace-listener.ts';
import { bestMember } from '../../state/best-member.ts';
import { useComparison } from '../../state/comparison.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { type OpenRun, useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';

/** share: of the iterations that the run had. seconds: at the mean pace of each member, known once it is over. */
export type CompareAxis = 'iteration' | 'share' | 'seconds';

export interface CompareLook {
  readonly series: string;
  readonly axis: CompareAxis;
  readonly log: boolean;
}

const titles: Readonly<Record<CompareAxis, string>> = {
  iteration: 'Iteration',
  share: 'Percent of the run',
  seconds: 'Seconds',
};

export class ComparePlot {
  readonly #group: PlotGroup;
  readonly #ends: (() => void)[];
  readonly #traces = new TraceListener(() => this.#group.request('calmly'));
  #look: CompareLook;

  constructor(area: HTMLElement, look: CompareLook, onLog: (log: boolean) => void) {
    this.#look = look;
    this.#group = new PlotGroup(area, {
      content: () => this.#content(),
      table: 'all',
      onPick: x => {
        if (this.#look.axis === 'iteration') setCursor({ iteration: Math.max(0, Math.round(x)) });
      },
      onToggleLog: () => onLog(!this.#look.log),
    });
    this.#ends = [
      useLab.subscribe(({ open }, before) => {
        const { runs } = useComparison.getState();
        this.#listen();
        if (runs.some(run => open[run]?.details !== before.open[run]?.details)) this.#group.request('calmly');
      }),
      useComparison.subscribe(() => this.#listen()),
      useCursor.subscribe(({ iteration }) => this.#group.moveCursor(this.#cursorAt(iteration))),
      usePreferences.subscribe(() => this.#group.request('soon')),
    ];
    this.#listen();
  }

  show(look: CompareLook): void {
    if (look.axis !== this.#look.axis) this.#group.resetZoom();
    this.#look = look;
    this.#group.request('soon');
  }

  switchTo(on: boolean): void {
    this.#group.switchTo(on);
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#traces.dispose();
    this.#group.dispose();
  }

  #cursorAt(iteration: number | 'now'): number | undefined {
    return iteration === 'now' || this.#look.axis !== 'iteration' ? undefined : iteration;
  }

  #listen(): void {
    if (this.#traces.follow(comparedRuns().map(({ trace }) => trace))) this.#group.request('soon');
  }

  #content(): GroupContent {
    const { series, axis, log } = this.#look;
    const { runs } = useComparison.getState();
    const lines = comparedRuns().flatMap(run => linesOf(run, runs.indexOf(run.details.entry.run), series, axis));
    const ends = lines.map(({ samples: { x } }) => x[x.length - 1]);
    return {
      plots: [
        {
          id: 'compare',
          title: figureTitle(series),
          unit: figureUnit(series),
          lines,
          fan: [],
          marks: [],
          bands: [],
          levels: [],
          log,
        },
      ],
      end: Math.max(axis === 'seconds' ? 1e-3 : 1, ...ends),
      logX: axis === 'iteration' && usePreferences.getState().logIterations,
      xTitle: titles[axis],
      cursor: this.#cursorAt(useCursor.getState().iteration),
    };
  }
}

export function comparedRuns(): OpenRun[] {
  const { open } = useLab.getState();
  return useComparison.getState().runs.flatMap(run => (open[run] === undefined ? [] : [open[run]]));
}

function linesOf(run: OpenRun, place: number, series: string, axis: CompareAxis): PlotLine[] {
  const { entry, problem } = run.details;
  const best = bestMember(run);
  const count = run.trace.members.length;
  return run.trace.members.flatMap((trace, member): PlotLine[] => {
    const column = trace.column(series);
    const samples =
      column === undefined
        ? measureLines(run.details.measures, member, series, 1)[0]?.samples
        : { x: trace.iterations, y: column };
    if (samples === undefined || samples.x.length === 0) return [];
    const leading = member === best;
    return [
      {
        key: `${entry.run} ${member} ${series} ${axis}`,
        row: count > 1 ? `${entry.name}: ${memberName(problem, member)}` : entry.name,
        place: 1000 * place + member,
        samples: rescaled(samples, factorOf(run, member, axis)),
        generation: trace.rewinds,
        colour: runVariable(place),
        width: leading ? 2 : 1,
        alpha: leading ? 1 : 0.5,
      },
    ];
  });
}

/** From iterations to the axis. */
function factorOf({ trace, details }: OpenRun, member: number, axis: CompareAxis): number {
  if (axis === 'iteration') return 1;
  if (axis === 'share') return 100 / Math.max(1, trace.lastIteration);
  const summary = details.summary?.members[member];
  return summary === undefined ? 0 : summary.seconds / Math.max(1, summary.iterations);
}

function rescaled({ x, y }: Samples, factor: number): Samples {
  return factor === 1 ? { x, y } : { x: x.map(value => factor * value), y };
}
