// Everything of a film's picture but the views' own pixels, as an SVG: header, titles, plots, pins, cursor. Pure.

import { viridis } from '../numerics/viridis.ts';
import type { MeasureRow } from '../protocol/run.ts';
import type { DepthView, HeatMapView, SeriesView } from '../protocol/views.ts';
import { type Curve, compact, type Film, type FilmView, figuresAt, type Shot } from './film.ts';
import { type Box, type FilmLayout, TITLE } from './film-layout.ts';
import type { ValueRange } from './picture-pixels.ts';
import { along, createPlot, grouped, ink, type Plot, type PlotCurve, seriesColours } from './plot-svg.ts';

export const FONT = 'Inter';
export const BACKGROUND = [255, 255, 255] as const;
/** For how many shots an event is told. */
const TOLD = 8;
const MOST_LINES = 24;

/**
 * Draws shots as SVG documents without background. `ranges`: values shown as darkest and brightest, for each view that
 * has a colour map.
 */
export function createFrameDrawing(
  film: Film,
  layout: FilmLayout,
  ranges: readonly (ValueRange | undefined)[],
): (shot: number) => string {
  const { width, height, unit } = layout;
  const common = { unit, last: film.last };
  const losses = createPlot({
    ...common,
    box: layout.losses,
    scale: 'log',
    curves: [solid(film.loss, 0), solid(film.validation, 1)],
    ticks: 'all',
    iterations: 'hidden',
  });
  const learningRate = createPlot({
    ...common,
    box: layout.learningRate,
    scale: 'log',
    curves: [solid(film.learningRate, 2)],
    ticks: 'ends',
    iterations: 'shown',
  });
  const series = film.views.flatMap((view, index) =>
    view.kind === 'series' ? [createSeriesPlot(film, view, layout.tiles[index], unit)] : [],
  );
  const plots: readonly Plot[] = [losses, learningRate, ...series];
  const hasValidation = Array.prototype.some.call(film.validation.values, value => !Number.isNaN(value));
  const still = [
    ...plots.map(plot => plot.still),
    ...film.views.map((view, index) => legend(view, layout.tiles[index], unit, ranges[index])),
    names(layout.losses, unit, hasValidation ? ['loss', 'validation'] : ['loss'], 0),
    names(layout.learningRate, unit, ['learning rate'], 2),
  ].join('');
  return index => {
    const shot = film.shots[index];
    const moving = [
      header(film, layout, shot),
      ...film.views.map((view, tile) => title(view, layout.tiles[tile], unit, shot)),
      ...plots.map(plot => plot.at(shot.iteration)),
      pins(film, layout, index),
    ].join('');
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}, sans-serif">${still}${moving}</svg>`;
  };
}

const solid = (curve: Curve, colour: number): PlotCurve => ({
  curve,
  colour: seriesColours[colour],
  line: 'solid',
});

function header(film: Film, { header: box, unit }: FilmLayout, shot: Shot): string {
  const right = box.left + box.width;
  const large = Math.round(22 * unit);
  const small = Math.round(15 * unit);
  const { memberLabel } = film;
  const figures = figuresAt(film, shot.iteration).join('  ·  ');
  const count = `iteration ${grouped(shot.iteration)}`;
  const fromTop = (units: number) => (box.top + units * unit).toFixed(1);
  return [
    text(
      shorten(film.title, (box.width - widthOf(count, large) - 2 * large) / large),
      box.left,
      fromTop(19),
      large,
      ink.text,
      {
        weight: 600,
      },
    ),
    text(count, right, fromTop(19), large, ink.text, { weight: 600, anchor: 'end' }),
    text(
      shorten(memberLabel, (box.width - widthOf(figures, small) - 2 * small) / small),
      box.left,
      fromTop(44),
      small,
      ink.dimmed,
    ),
    text(figures, memberLabel === '' ? box.left : right, fromTop(44), small, ink.dimmed, {
      anchor: memberLabel === '' ? 'start' : 'end',
    }),
  ].join('');
}

function title(view: FilmView, box: Box, unit: number, shot: Shot): string {
  const size = Math.round(14 * unit);
  const frames = view.kind === 'image' || view.kind === 'depth' ? view.frames : 1;
  const frame = frames > 1 ? `  frame ${Math.min(shot.frame, frames - 1) + 1} of ${frames}` : '';
  // Beside the title of a view with a colour map stands its legend.
  const room = hasLegend(view, box, unit) ? box.width - 150 * unit : box.width;
  return text(shorten(`${view.title}${frame}`, room / size), box.left, (box.top - 7 * unit).toFixed(1), size, ink.text);
}

function hasLegend(view: FilmView, box: Box, unit: number): view is DepthView | HeatMapView {
  return (view.kind === 'depth' || view.kind === 'heat-map') && box.width >= 240 * unit;
}

/** Bar with the least and the largest value of a view with a colour map. */
function legend(view: FilmView, box: Box, unit: number, range: ValueRange | undefined): string {
  if (!hasLegend(view, box, unit) || range === undefined) return '';
  const size = Math.round(11 * unit);
  const steps = 24;
  const width = 56 * unit;
  const high = `${compact(range[1])}${view.unit === undefined ? '' : ` ${view.unit}`}`;
  const right = box.left + box.width - widthOf(high, size) - 6 * unit;
  const top = box.top - (TITLE - 8) * unit;
  const bar = Array.from({ length: steps }, (_, n) => {
    const colour = Math.round((255 * (n + 0.5)) / steps);
    const [red, green, blue] = viridis.subarray(3 * colour, 3 * colour + 3);
    const left = right - width + (n * width) / steps;
    return `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${(width / steps + 0.5).toFixed(1)}" height="${(8 * unit).toFixed(1)}" fill="rgb(${red},${green},${blue})"/>`;
  });
  const baseline = (top + 8 * unit).toFixed(1);
  return [
    ...bar,
    text(compact(range[0]), right - width - 6 * unit, baseline, size, ink.dimmed, { anchor: 'end' }),
    text(high, box.left + box.width, baseline, size, ink.dimmed, { anchor: 'end' }),
  ].join('');
}

/** What the colours of a plot's curves mean, in its upper right corner. */
function names(box: Box, unit: number, words: readonly string[], firstColour: number): string {
  const size = Math.round(12 * unit);
  const spans = words
    .map((word, n) => `<tspan fill="${seriesColours[firstColour + n]}">${n === 0 ? '' : '   '}${word}</tspan>`)
    .join('');
  return `<text x="${box.left + box.width - Math.round(6 * unit)}" y="${(box.top + 13 * unit).toFixed(1)}" text-anchor="end" font-size="${size}" font-weight="600"${halo(unit)} xml:space="preserve">${spans}</text>`;
}

function pins({ pins: events, shots, last }: Film, { losses, learningRate, unit }: FilmLayout, index: number): string {
  const { iteration } = shots[index];
  const before = shots[Math.max(0, index - TOLD)].iteration;
  const told = events.findLast(event => event.iteration <= iteration && (event.iteration > before || index < TOLD));
  const bottom = learningRate.top + learningRate.height;
  const size = Math.round(13 * unit);
  return events
    .map(event => {
      const x = losses.left + along(event.iteration, last) * losses.width;
      const opacity = event.iteration <= iteration ? 1 : 0.3;
      const half = 5 * unit;
      const line = `<path d="M${x.toFixed(1)} ${losses.top}V${bottom}" stroke="${ink.pin}" stroke-width="${unit.toFixed(2)}" stroke-dasharray="${(3 * unit).toFixed(1)}" stroke-opacity="${opacity}"/>`;
      const flag = `<path d="M${(x - half).toFixed(1)} ${(losses.top - 1.6 * half).toFixed(1)}h${(2 * half).toFixed(1)}l${(-half).toFixed(1)} ${(1.6 * half).toFixed(1)}z" fill="${ink.pin}" fill-opacity="${opacity}"/>`;
      if (event !== told) return line + flag;
      const isRight = x > losses.left + 0.6 * losses.width;
      const label = text(
        event.caption,
        isRight ? x - 1.6 * half : x + 1.6 * half,
        (losses.top - 3 * unit).toFixed(1),
        size,
        ink.pin,
        {
          weight: 600,
          anchor: isRight ? 'end' : 'start',
          rim: halo(unit),
        },
      );
      return line + flag + label;
    })
    .join('');
}

/** A series view as a plot in its tile: one line for each number of its measure, dashed ones for the truth. */
function createSeriesPlot(film: Film, view: SeriesView, tile: Box, unit: number): Plot {
  const rows = film.measures.filter(({ member }) => member === film.member);
  const axis = Math.round(56 * unit);
  const below = Math.round(22 * unit);
  const above = Math.round(6 * unit);
  const box = {
    left: tile.left + axis,
    top: tile.top + above,
    width: tile.width - axis - above,
    height: tile.height - below - above,
  };
  const lines = linesOf(rows, view.measure);
  const truth = view.reference === undefined ? [] : linesOf(rows, view.reference);
  const curves = (list: readonly Line[], line: 'solid' | 'dashed'): PlotCurve[] =>
    list.map(({ curve }, n) => ({ curve, colour: seriesColour(n), line }));
  const plot = createPlot({
    box,
    unit,
    last: film.last,
    scale: view.scale,
    curves: [...curves(lines, 'solid'), ...curves(truth, 'dashed')],
    ticks: 'all',
    iterations: 'shown',
  });
  const size = Math.round(12 * unit);
  const right = box.left + box.width - 6 * unit;
  const key = lines.map(({ name }, n) =>
    text(name, right, (box.top + (n + 1) * 1.25 * size).toFixed(1), size, seriesColour(n), {
      anchor: 'end',
      weight: 600,
      rim: halo(unit),
    }),
  );
  return { ...plot, still: plot.still + key.join('') };
}

const seriesColour = (n: number): string => seriesColours[n % seriesColours.length];

interface Line {
  /** Empty for the numbers of a list. */
  readonly name: string;
  readonly curve: Curve;
}

/** A measure is a number, a list of numbers, or numbers by name. */
function linesOf(rows: readonly MeasureRow[], measure: string): Line[] {
  const iterations = rows.map(row => row.iteration);
  const values = new Map<string, number[]>();
  rows.forEach((row, at) => {
    const value = row[measure];
    const entries = typeof value === 'number' ? [['', value] as const] : Object.entries(value ?? {});
    for (const [key, number] of entries) {
      if (typeof number !== 'number') continue;
      if (!values.has(key)) values.set(key, new Array<number>(rows.length).fill(Number.NaN));
      values.get(key)?.splice(at, 1, number);
    }
  });
  return [...values].slice(0, MOST_LINES).map(([key, list]) => ({
    name: /^\d*$/.test(key) ? '' : key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(),
    curve: { iterations, values: list },
  }));
}

interface TextLook {
  readonly anchor?: 'start' | 'end';
  readonly weight?: 400 | 600;
  /** Attributes of what is behind the letters, see `halo`. */
  readonly rim?: string;
}

/** A light rim that keeps letters apart from the curves under them. */
const halo = (unit: number) =>
  ` stroke="#fff" stroke-width="${(3 * unit).toFixed(1)}" stroke-linejoin="round" paint-order="stroke"`;

function text(
  content: string,
  x: number,
  y: string,
  size: number,
  fill: string,
  { anchor = 'start', weight = 400, rim = '' }: TextLook = {},
): string {
  if (content === '') return '';
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${fill}" text-anchor="${anchor}" font-weight="${weight}"${rim} xml:space="preserve">${escapeXml(content)}</text>`;
}

/** Roughly, in pixels: half an em and a little for each letter. */
function widthOf(content: string, size: number): number {
  return 0.56 * size * content.length;
}

/** Cut to about `ems` times the size of the letters. */
function shorten(content: string, ems: number): string {
  const most = Math.max(3, Math.floor(ems / 0.56));
  return content.length <= most ? content : `${content.slice(0, most - 1).trimEnd()}…`;
}

/** Without the characters that XML forbids. */
function escapeXml(content: string): string {
  return content
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
