// Which tiles a board has, from the views that a fit declared and what the user wants to see. Fits are not known by name:
// a picture with a reference gets a tile with their difference.

import type { ImageSettings } from './image-settings.ts';
import type { DifferenceKind, PictureView } from './raster.ts';

/** One tile. `id` stays the same for as long as it shows the same. */
export type Tile =
  | {
      readonly kind: 'view';
      readonly id: string;
      readonly title: string;
      readonly help: string;
      readonly view: PictureView;
    }
  | {
      readonly kind: 'difference';
      readonly id: string;
      readonly title: string;
      readonly help: string;
      readonly view: PictureView;
      readonly second: PictureView;
      readonly difference: DifferenceKind;
    }
  | {
      readonly kind: 'pair';
      readonly id: string;
      readonly title: string;
      readonly help: string;
      readonly view: PictureView;
      readonly second: PictureView;
      readonly how: 'wipe' | 'blink' | 'overlay';
    };

/** Tiles in reading order: given pictures, first what others should come to equal, those that change, their errors, depths, then heat maps. */
export function tilesOf(
  views: readonly PictureView[],
  settings: Pick<ImageSettings, 'hidden' | 'errorMap' | 'mode' | 'first' | 'second'>,
): Tile[] {
  if (settings.mode !== 'tiles') {
    const pair = pairOf(views, settings);
    return pair === undefined ? [] : [comparison(pair, settings.mode)];
  }
  const shown = views.filter(({ id }) => !settings.hidden.includes(id));
  const pictures = shown.filter(({ kind }) => kind === 'image');
  const isGoal = ({ id }: PictureView) => views.some(other => other.kind === 'image' && other.reference === id);
  const rank = (view: PictureView) => (view.changes === 'never' ? 0 : 2) + (isGoal(view) ? 0 : 1);
  const order = [...pictures].sort((a, b) => rank(a) - rank(b));
  const { errorMap } = settings;
  return [
    ...order.map(tileOf),
    ...(errorMap === 'none' ? [] : errorsOf(order, views, errorMap)),
    ...shown.filter(({ kind }) => kind === 'depth').map(tileOf),
    ...shown.filter(({ kind }) => kind === 'heat-map').map(tileOf),
  ];
}

/** The two views to compare; those that the user chose where this run has them. */
export function pairOf(
  views: readonly PictureView[],
  { first, second }: Pick<ImageSettings, 'first' | 'second'>,
): readonly [PictureView, PictureView] | undefined {
  const pictures = views.filter(({ kind }) => kind !== 'heat-map');
  const named = (id: string | undefined) => pictures.find(view => view.id === id);
  const otherOf = (view: PictureView | undefined) =>
    view?.kind === 'image' ? named(view.reference ?? view.over) : undefined;
  const changing = pictures.find(view => otherOf(view) !== undefined) ?? pictures[0];
  const reference = otherOf(changing);
  const left = named(first) ?? reference ?? pictures[0];
  const right = named(second) ?? (changing !== left ? changing : pictures.find(view => view !== left));
  return left === undefined || right === undefined ? undefined : [left, right];
}

function tileOf(view: PictureView): Tile {
  return { kind: 'view', id: view.id, title: view.title, help: view.help ?? '', view };
}

function errorsOf(
  pictures: readonly PictureView[],
  views: readonly PictureView[],
  difference: DifferenceKind,
): readonly Tile[] {
  const pairs = pictures.flatMap(view => {
    const second = view.kind === 'image' ? views.find(({ id }) => id === view.reference) : undefined;
    return second === undefined ? [] : [[view, second] as const];
  });
  const name = difference === 'absolute' ? 'Absolute error' : 'Signed error';
  return pairs.map(pair => ({
    ...differenceTile(pair, difference),
    title: pairs.length === 1 ? name : `${name} of ${lower(pair[0].title)}`,
  }));
}

function differenceTile([view, second]: readonly [PictureView, PictureView], difference: DifferenceKind): Tile {
  const formula = `${view.title} − ${lower(second.title)}`;
  return {
    kind: 'difference',
    id: `${view.id} ${difference} ${second.id}`,
    title: formula,
    help: `${difference === 'absolute' ? `|${formula}|` : formula}, mean over the channels. Turn up the gain to see small errors.`,
    view,
    second,
    difference,
  };
}

function comparison(pair: readonly [PictureView, PictureView], mode: Exclude<ImageSettings['mode'], 'tiles'>): Tile {
  const [view, second] = pair;
  if (mode === 'difference') return differenceTile([second, view], 'signed');
  const help = {
    wipe: `${view.title} on the left of the line, ${lower(second.title)} on its right. Drag the line, or move it with the arrow keys.`,
    blink: `${view.title} and ${lower(second.title)} take turns: what moves differs.`,
    overlay: `${second.title} over ${lower(view.title)}.`,
  }[mode];
  return {
    kind: 'pair',
    id: `${view.id} ${mode} ${second.id}`,
    title: `${view.title} | ${lower(second.title)}`,
    help,
    view,
    second,
    how: mode,
  };
}

/** Words inside a title; abbreviations stay as they are. */
function lower(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title[0].toLowerCase() + title.slice(1) : title;
}
