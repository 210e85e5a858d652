// The last picture of the film that would be made, composed by the same code as the film itself.

import { useEffect, useRef, useState } from 'react';
import { type Film, isPictureView, planFilm } from '../../src/film/film.ts';
import { type FilmLayout, layOut } from '../../src/film/film-layout.ts';
import { createFrameDrawing } from '../../src/film/frame-svg.ts';
import { paintPicture, placePicture, widenRange } from '../../src/film/picture-pixels.ts';
import type { Frame } from '../../src/protocol/frames.ts';
import type { RunDetails } from '../../src/protocol/host-calls.ts';
import { bestMember } from '../state/best-member.ts';
import { type OpenRun, theBridge } from '../state/lab.ts';

/** Wide enough to judge, small enough to draw at once. */
const STILL_WIDTH = 960;

/** What the engine would film now; throws what a film of these views would throw. */
export function planFilmOf(run: OpenRun, views: readonly string[], recorded: RunDetails['snapshots']): Film {
  const { details, trace } = run;
  const member = bestMember(run);
  const rows = trace.members[member];
  const curve = (name: string) => ({ iterations: rows?.iterations ?? [], values: rows?.column(name) ?? [] });
  const problem = details.problem ?? { summary: {}, terms: [], views: [], members: [] };
  const source = {
    title: details.entry.name,
    problem,
    member,
    loss: curve('loss'),
    validation: curve('validation'),
    learningRate: curve('learningRate'),
    events: details.events,
    measures: details.measures,
    snapshots: recorded.filter(each => each.member === member).map(({ iteration }) => iteration),
  };
  return planFilm(source, views);
}

interface FilmStillProps {
  readonly run: string;
  readonly film: Film;
}

export function FilmStill({ run, film }: FilmStillProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawing, setDrawing] = useState('');
  const layout = layOut(film.views, STILL_WIDTH);
  useEffect(() => {
    const stop = new AbortController();
    void drawStill(run, film).then(({ pixels, svg }) => {
      const context = canvas.current?.getContext('2d');
      if (stop.signal.aborted || context === null || context === undefined) return;
      context.putImageData(new ImageData(pixels.rgba, pixels.width, pixels.height), 0, 0);
      setDrawing(`data:image/svg+xml,${encodeURIComponent(svg)}`);
    });
    return () => stop.abort();
  }, [run, film]);
  return (
    <div
      className="film-still"
      role="img"
      aria-label={`Last picture of the film: ${film.views.map(view => view.title).join(', ')} over the trace`}
      style={{ aspectRatio: `${layout.width} / ${layout.height}` }}
    >
      <canvas ref={canvas} width={layout.width} height={layout.height} aria-hidden />
      {drawing !== '' && <img src={drawing} alt="" />}
    </div>
  );
}

async function drawStill(run: string, film: Film) {
  const layout = layOut(film.views, STILL_WIDTH);
  // Videos show the frame that they show before they are played.
  const shot = film.shots.findIndex(({ iteration }) => iteration === film.last);
  const { frame } = film.shots[shot];
  const frames = await Promise.all(film.views.map((_, tile) => pull(run, film, layout, tile)));
  const pixels = blank(layout);
  const ranges = film.views.map((view, tile) => {
    const data = frames[tile]?.data;
    return isPictureView(view) && data !== undefined ? widenRange(view, data, undefined) : undefined;
  });
  film.views.forEach((view, tile) => {
    const data = frames[tile]?.data;
    if (!isPictureView(view) || data === undefined) return;
    const picture = paintPicture(view, data, frame, ranges[tile]);
    if (picture !== undefined) placePicture(pixels, picture, layout.tiles[tile]);
  });
  return { pixels, svg: createFrameDrawing(film, layout, ranges)(shot) };
}

/** A view that cannot be had leaves its tile empty: the film will tell why. */
async function pull(run: string, film: Film, layout: FilmLayout, tile: number): Promise<Frame | undefined> {
  const view = film.views[tile];
  if (!isPictureView(view)) return undefined;
  const frames = view.kind === 'heat-map' ? 1 : view.frames;
  const { frame } = film.shots[0];
  const { width, height } = layout.tiles[tile];
  try {
    return await theBridge().frame('view', {
      run,
      view: view.id,
      member: view.changes === 'never' ? 0 : film.member,
      at: film.last,
      // One that never changes has no iteration either; the host gives it for any.
      ...(view.kind === 'heat-map' ? {} : { frame: Math.min(frame, frames - 1), mostPixels: 4 * width * height }),
    });
  } catch {
    return undefined;
  }
}

function blank({ width, height }: FilmLayout) {
  return { width, height, rgba: new Uint8ClampedArray(4 * width * height).fill(255) };
}
