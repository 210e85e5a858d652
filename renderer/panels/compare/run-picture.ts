// One run's picture of a view in a canvas, at the shared cursor, of the run's best member. Outside React.

import type { Frame } from '../../../src/protocol/frames.ts';
import { usePreferences } from '../../state/preferences.ts';
import { feedView, type ViewFeed } from '../../state/view-feed.ts';
import { type PictureView, paintOf, paintRaster, rasterOf } from '../images/raster.ts';

const MOST_PIXELS = 500_000;

export class RunPicture {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: PictureView;
  readonly #feed: ViewFeed;
  readonly #onProblem: (words: string | undefined) => void;

  constructor(
    canvas: HTMLCanvasElement,
    run: string,
    member: number,
    view: PictureView,
    onProblem: (words: string | undefined) => void,
  ) {
    this.#canvas = canvas;
    this.#view = view;
    this.#onProblem = onProblem;
    const frame = view.kind === 'heat-map' ? undefined : 'cursor';
    this.#feed = feedView(
      { run, view: view.id, member, frame, mostPixels: MOST_PIXELS },
      frame => this.#paint(frame),
      error => onProblem(error.message),
    );
  }

  switchTo(on: boolean): void {
    this.#feed.switchTo(on);
  }

  dispose(): void {
    this.#feed.dispose();
  }

  #paint(frame: Frame): void {
    const raster = rasterOf(this.#view, frame);
    if (raster === undefined) return;
    this.#onProblem(undefined);
    const { width, height } = raster;
    const paint = paintOf(raster, this.#view, usePreferences.getState().colourMap, 'grey');
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#canvas.getContext('2d')?.putImageData(new ImageData(paintRaster(raster, paint), width, height), 0, 0);
  }
}
