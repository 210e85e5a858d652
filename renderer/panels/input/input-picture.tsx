// Small pictures of what a fit is given: the first frame of an input, and the views of a run that never change. Drawn
// once, when they arrive.

import { useEffect, useRef, useState } from 'react';
import type { Frame } from '../../../src/protocol/frames.ts';
import type { ImageView, ViewDescription } from '../../../src/protocol/views.ts';
import { theBridge } from '../../state/lab.ts';
import { pictureOf } from './picture-pixels.ts';

/** Longer side of what is drawn, in pixels of the device. */
const LONGEST = 480;

export interface InputPictureProps {
  readonly fit: string;
  readonly input: string;
  readonly name: string;
  readonly companions: Readonly<Record<string, string>>;
  /** They may choose a frame of a scene. */
  readonly settings: Readonly<Record<string, string>>;
}

export function InputPicture({ fit, input, name, companions, settings }: InputPictureProps) {
  return (
    <DrawnPicture
      id={`${fit} ${input} ${JSON.stringify(settings)}`}
      label={`First frame of ${name}`}
      ask={() => theBridge().frame('inputPicture', { fit, input, companions, settings, frame: 0 })}
    />
  );
}

export interface StaticPicturesProps {
  readonly run: string;
  readonly views: readonly ViewDescription[];
}

/** The pictures of a run that no iteration changes. */
export function StaticPictures({ run, views }: StaticPicturesProps) {
  const pictures = views.filter((view): view is ImageView => view.kind === 'image' && view.changes === 'never');
  return (
    <div className="input-pictures">
      {pictures.map(({ id, title, range }) => (
        <figure key={id}>
          <DrawnPicture
            id={`${run} ${id}`}
            label={title}
            range={range}
            ask={() =>
              theBridge().frame('view', { run, view: id, member: 0, at: 0, frame: 0, mostPixels: LONGEST * LONGEST })
            }
          />
          <figcaption className="input-note">{title}</figcaption>
        </figure>
      ))}
    </div>
  );
}

interface DrawnPictureProps {
  /** Asked for anew when it changes. */
  readonly id: string;
  readonly label: string;
  readonly range?: readonly [number, number];
  readonly ask: () => Promise<Frame | undefined>;
}

function DrawnPicture({ id, label, range, ask }: DrawnPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'waiting' | 'drawn' | 'failed'>('waiting');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the id says when it is another picture.
  useEffect(() => {
    let gone = false;
    setState('waiting');
    ask().then(
      frame => {
        if (gone || frame === undefined || canvas.current === null) return;
        draw(canvas.current, frame, range);
        setState('drawn');
      },
      // It adorns; that it cannot be had is told where the input itself is used.
      () => !gone && setState('failed'),
    );
    return () => {
      gone = true;
    };
  }, [id]);
  if (state === 'failed') return <p className="input-note">No picture of it can be shown.</p>;
  return <canvas ref={canvas} className="input-picture" role="img" aria-label={label} hidden={state !== 'drawn'} />;
}

/** Reduced until its longer side fits. */
export function draw(canvas: HTMLCanvasElement, { data }: Frame, range?: readonly [number, number]): void {
  const { width, height, pixels } = pictureOf(data, LONGEST, range);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
