// The plots of the spectrum panel: every series that the fit declares, of one member, over the iterations at which it was
// measured, with references, predictions and what word-valued measures said. A class outside React.

import type { SeriesView } from '../../../src/protocol/views.ts';
import type { PlotBand, PlotLevel, PlotLine, PlotMark } from '../../plots/line-plot.ts';
import { measureLines, numbersOf, rowAt, wordMeasures, wordStretches } from '../../plots/measure-columns.ts';
import { SERIES_COLOURS, seriesVariable } from '../../plots/plot-colours.ts';
import { type GroupContent, type GroupPlot, PlotGroup } from '../../plots/plot-group.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { currentRun, type OpenRun, useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { readableName } from '../../widgets/format-number.ts';
import { shownMember } from './shown-member.ts';

const MOST_LINES = 64;
/** Room for four labels at the axis. */
const LEAST_HEIGHT = 128;
/** A prediction is shown ahead of the run while it is not further away than this many times what was run. */
const AHEAD = 3;

export class SpectrumPlots {
  readonly #group: PlotGroup;
  readonly #ends: (() => void)[];
  /** Axes that were turned from what the fit declared; for as long as the panel lives. */
  readonly #turned = new Set<string>();
  #cursorBefore = useCursor.getState().iteration;

  constructor(area: HTMLElement, onZoomed: (zoomed: boolean) => void) {
    this.#group = new PlotGroup(area, {
      content: () => this.#content(),
      table: 'own',
      leastHeight: LEAST_HEIGHT,
      onZoomed,
      onPick: x => {
        this.#cursorBefore = useCursor.getState().iteration;
        const last = lastMeasured(currentRun(useLab.getState()));
        setCursor({ iteration: Math.round(x) >= last ? 'now' : Math.max(0, Math.round(x)) });
      },
      onUnpick: () => setCursor({ iteration: this.#cursorBefore }),
      onToggleLog: id => {
        if (!this.#turned.delete(id)) this.#turned.add(id);
        this.#group.request('soon');
      },
    });
    this.#ends = [
      useLab.subscribe((state, before) => {
        const [details, old] = [currentRun(state)?.details, currentRun(before)?.details];
        if (details?.entry.run !== old?.entry.run || details?.problem !== old?.problem) this.#group.request('soon');
        else if (details?.measures !== old?.measures || details?.events !== old?.events) this.#group.request('calmly');
      }),
      useCursor.subscribe(({ iteration, member }, before) => {
        if (member !== before.member) this.#group.request('soon');
        else this.#group.moveCursor(iteration === 'now' ? undefined : iteration);
      }),
      usePreferences.subscribe(() => this.#group.request('soon')),
    ];
  }

  switchTo(on: boolean): void {
    this.#group.switchTo(on);
  }

  resetZoom(): void {
    this.#group.resetZoom();
  }

  dispose(): void {
    for (const end of this.#ends) end();
    this.#group.dispose();
  }

  #content(): GroupContent {
    const run = currentRun(useLab.getState());
    const { iteration } = useCursor.getState();
    const shared = {
      logX: usePreferences.getState().logIterations,
      xTitle: 'Iteration',
      cursor: iteration === 'now' ? undefined : iteration,
    };
    if (run === undefined) return { plots: [], end: 1, ...shared };
    const member = shownMember(run);
    const views = run.details.problem?.views.filter(view => view.kind === 'series') ?? [];
    const bands = bandsOf(run, member);
    const plots = views.map((view): GroupPlot => {
      const declared = view.scale === 'log';
      const lines = linesOf(run, member, view);
      return {
        id: view.id,
        title: headingOf(view),
        lines,
        key: lines.length > 1 ? keyOf(lines) : [],
        fan: [],
        marks: marksOf(run, member, view),
        bands,
        levels: levelsOf(run, member, view),
        log: this.#turned.has(view.id) ? !declared : declared,
      };
    });
    const last = lastMeasured(run);
    const ahead = plots.flatMap(({ marks }) => marks.map(({ at }) => at)).filter(at => at > last && at <= AHEAD * last);
    return { plots, end: Math.max(last, ahead.length === 0 ? 0 : Math.min(...ahead) * 1.02), ...shared };
  }
}

/** Title and what the axis is, unless one says the other. */
function headingOf({ title, label }: SeriesView): string {
  const [a, b] = [title.toLowerCase(), label.toLowerCase()];
  if (a.includes(b)) return title;
  return b.includes(a) ? label : `${title} (${label})`;
}

function lastMeasured(run: OpenRun | undefined): number {
  return run?.details.measures.reduce((last, { iteration }) => Math.max(last, iteration), 0) ?? 0;
}

function linesOf({ details }: OpenRun, member: number, { id, measure }: SeriesView): PlotLine[] {
  const lines = measureLines(details.measures, member, measure, MOST_LINES);
  const coloured = (place: number) => place < SERIES_COLOURS;
  return lines
    .map(
      ({ label, samples }, place): PlotLine => ({
        key: `${id} ${label}`,
        row: label === '' ? 'value' : label,
        place,
        samples,
        generation: details.measures.length,
        colour: coloured(place) ? seriesVariable(place) : '--lab-plot-quiet',
        width: coloured(place) ? 1.75 : 1,
        alpha: coloured(place) ? 1 : 0.4,
        backdrop: !coloured(place),
      }),
    )
    .reverse();
}

/** The lines that have a colour, in the order of their measure. */
function keyOf(lines: readonly PlotLine[]): NonNullable<GroupPlot['key']> {
  return lines
    .filter(({ backdrop }) => backdrop !== true)
    .map(({ row, colour }) => ({ label: /^\d+$/.test(row) ? row : readableName(row).toLowerCase(), colour }))
    .reverse();
}

function levelsOf({ details }: OpenRun, member: number, { reference }: SeriesView): PlotLevel[] {
  if (reference === undefined) return [];
  return numbersOf(rowAt(details.measures, member, 'now')?.[reference])
    .slice(0, SERIES_COLOURS)
    .map((value, place) => ({ value, colour: seriesVariable(place) }))
    .filter(({ value }) => Number.isFinite(value));
}

/** Lines that are predicted for the same iteration share a mark. */
function marksOf({ details }: OpenRun, member: number, { marks, title }: SeriesView): PlotMark[] {
  if (marks === undefined) return [];
  const places = new Map<number, number[]>();
  numbersOf(rowAt(details.measures, member, 'now')?.[marks]).forEach((at, place) => {
    if (Number.isFinite(at)) places.set(Math.round(at), [...(places.get(Math.round(at)) ?? []), place]);
  });
  return [...places].map(([at, lines]) => {
    const names =
      lines.length > 3 ? `${lines[0] + 1}…${lines[lines.length - 1] + 1}` : lines.map(p => p + 1).join(', ');
    return {
      at,
      colour: lines[0] < SERIES_COLOURS ? seriesVariable(lines[0]) : '--lab-plot-quiet',
      dash: [2, 4],
      label: `${title} ${names}: predicted for iteration ${at}`,
      shortLabel: names,
    };
  });
}

function bandsOf({ details }: OpenRun, member: number): PlotBand[] {
  const [measure] = wordMeasures(details.measures);
  if (measure === undefined) return [];
  const words = captionWords(details.recipe.fit, measure);
  return wordStretches(details.measures, member, measure).map(({ word, from, to }) => ({
    from,
    to,
    colour: wordVariable(words, word),
  }));
}

/** The words of a measure in the fit's order. */
export function captionWords(fit: string, measure: string): readonly string[] {
  const description = useLab.getState().description?.fits.find(({ id }) => id === fit);
  return Object.keys(description?.captions[measure] ?? {});
}

/** Words that the fit does not list have the quiet colour. */
export function wordVariable(words: readonly string[], word: string): string {
  const place = words.indexOf(word);
  return place < 0 ? '--lab-plot-quiet' : seriesVariable(place);
}
