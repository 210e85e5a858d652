// What a film of a run shows: its curves, events and figures over the iterations, and one shot for each snapshot. Pure,
// so that the engine's process films a run and the window shows a still of it with the same code.

import { LabError, nearestName } from '../protocol/lab-error.ts';
import type { MeasureRow, ProblemDescription, RunEvent } from '../protocol/run.ts';
import type { DepthView, HeatMapView, ImageView, SeriesView, ViewDescription } from '../protocol/views.ts';

/** Views that can be a picture of a film. */
export type PictureView = ImageView | DepthView | HeatMapView;
export type FilmView = PictureView | SeriesView;

export interface Curve {
  /** Ascending. */
  readonly iterations: ArrayLike<number>;
  /** NaN where there is none. */
  readonly values: ArrayLike<number>;
}

/** All that is known of the member of a run that is filmed. */
export interface FilmSource {
  readonly title: string;
  readonly problem: ProblemDescription;
  readonly member: number;
  readonly loss: Curve;
  readonly validation: Curve;
  readonly learningRate: Curve;
  readonly events: readonly RunEvent[];
  readonly measures: readonly MeasureRow[];
  /** Iterations with recorded views of the member, ascending. */
  readonly snapshots: readonly number[];
}

/** One picture of the film. */
export interface Shot {
  readonly iteration: number;
  /** Of videos and volumes. */
  readonly frame: number;
}

export interface FilmEvent {
  readonly iteration: number;
  /** 'learningRate = 0.5' */
  readonly caption: string;
}

export interface Film extends FilmSource {
  readonly views: readonly FilmView[];
  readonly shots: readonly Shot[];
  readonly pins: readonly FilmEvent[];
  /** Of the member among several; empty for a single one. */
  readonly memberLabel: string;
  /** The last iteration of the time axis. */
  readonly last: number;
}

const MOST_DEFAULT_VIEWS = 4;
const MOST_FRAMES_PLAYED = 240;

export function isFilmable(view: ViewDescription): view is FilmView {
  return view.kind === 'image' || view.kind === 'depth' || view.kind === 'heat-map' || view.kind === 'series';
}

export function isPictureView(view: ViewDescription): view is PictureView {
  return isFilmable(view) && view.kind !== 'series';
}

/** What a film shows when nobody chose: pictures, else anything that can be shown. */
export function defaultViews(views: readonly ViewDescription[]): readonly string[] {
  const pictures = views.filter(({ kind }) => kind === 'image' || kind === 'depth');
  const chosen = pictures.length > 0 ? pictures : views.filter(isFilmable);
  return chosen.slice(0, MOST_DEFAULT_VIEWS).map(({ id }) => id);
}

/**
 * A film of these views, one shot for each snapshot; videos and volumes are played once at the end. Throws a `setting`
 * error for a view that there is not or that cannot be filmed, a `state` error where nothing was recorded.
 */
export function planFilm(source: FilmSource, chosen: readonly string[]): Film {
  const { problem, member, snapshots } = source;
  if (snapshots.length === 0) {
    throw new LabError({
      code: 'state',
      message: 'This run has no recorded pictures to make a film of.',
      where: 'snapshots',
      tip: 'Let it run for a few iterations first.',
    });
  }
  const views = chosen.map(id => findView(problem.views, id));
  const depths = views.map(view => (view.kind === 'image' || view.kind === 'depth' ? view.frames : 1));
  const frames = Math.max(1, ...depths);
  const last = snapshots[snapshots.length - 1];
  const shots = snapshots.map(iteration => ({ iteration, frame: Math.floor(frames / 2) }));
  if (frames > 1) {
    const played = Math.min(frames, MOST_FRAMES_PLAYED);
    for (let frame = 0; frame < played; frame++) shots.push({ iteration: last, frame });
  }
  const pins = source.events
    .filter(({ path }) => !path.startsWith('members.') || path.startsWith(`members.${member}.`))
    .filter(({ iteration }) => iteration <= last)
    .map(({ iteration, path, value }) => ({
      iteration,
      caption: captionOf(path.replace(/^members\.\d+\./, ''), value),
    }))
    .sort((a, b) => a.iteration - b.iteration);
  const memberLabel = problem.members.length > 1 ? (problem.members[member]?.label ?? '') : '';
  return { ...source, views, shots, pins, memberLabel, last };
}

function findView(views: readonly ViewDescription[], id: string): FilmView {
  const view = views.find(each => each.id === id);
  const filmable = views.filter(isFilmable).map(each => each.id);
  if (view !== undefined && isFilmable(view)) return view;
  const near = view === undefined ? nearestName(id, filmable) : undefined;
  const which = filmable.length === 0 ? 'This run has no view to film.' : `Choose among ${filmable.join(', ')}.`;
  throw new LabError({
    code: 'setting',
    message:
      view === undefined ? `There is no view "${id}".` : `The view "${id}" (${view.kind}) cannot be shown in a film.`,
    where: `view ${id}`,
    tip: near === undefined ? which : `Did you mean "${near}"? ${which}`,
  });
}

function captionOf(name: string, value: number | string): string {
  return typeof value === 'number' ? `${name} = ${Number(value.toPrecision(4))}` : `${name}: ${value}`;
}

/** How long the last shot stays, in pictures. */
export function holdOf(framesPerSecond: number): number {
  return 2 * framesPerSecond;
}

/** 'PSNR 31.12 dB': the first scalar measures at the iteration, after the losses of the trace. */
export function figuresAt(film: Film, iteration: number): readonly string[] {
  const loss = valueAt(film.loss, iteration);
  const validation = valueAt(film.validation, iteration);
  const row = film.measures.findLast(each => each.member === film.member && each.iteration <= iteration);
  const measures = Object.entries(row ?? {}).flatMap(([name, value]) =>
    name !== 'iteration' && name !== 'member' && typeof value === 'number' && Number.isFinite(value)
      ? [figure(name, value)]
      : [],
  );
  return [
    ...(Number.isNaN(loss) ? [] : [figure('loss', loss)]),
    ...(Number.isNaN(validation) ? [] : [figure('validation', validation)]),
    ...measures.slice(0, 2),
  ];
}

const figureNames: Readonly<Record<string, string>> = { psnr: 'PSNR', ssim: 'SSIM', rse: 'RSE' };

function figure(name: string, value: number): string {
  const title = figureNames[name] ?? name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return /psnr/i.test(name) ? `${title} ${value.toFixed(2)} dB` : `${title} ${compact(value)}`;
}

/** Three significant digits, powers of ten for very small and very large values. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-2 || size >= 1e5)) {
    return value.toExponential(1).replace('.0e', 'e').replace('e+', 'e').replaceAll('-', '−');
  }
  return String(Number(value.toPrecision(3))).replace('-', '−');
}

/** The newest value at or before the iteration; NaN where there is none. */
export function valueAt({ iterations, values }: Curve, iteration: number): number {
  for (let i = countUntil(iterations, iteration) - 1; i >= 0; i--) {
    if (!Number.isNaN(values[i])) return values[i];
  }
  return Number.NaN;
}

/** How many of the ascending iterations are at or before `iteration`. */
export function countUntil(iterations: ArrayLike<number>, iteration: number): number {
  let low = 0;
  let high = iterations.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (iterations[middle] <= iteration) low = middle + 1;
    else high = middle;
  }
  return low;
}
