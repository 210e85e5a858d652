// What a video or a folder of frames shows, at a glance: frames spread evenly over those that are chosen, with the time
// or number of each. One after another, so that a long video does not keep the lab from other work.

import { useEffect, useRef, useState } from 'react';
import { splitFrameChoice, withFrameChoice } from '../../../src/formats/frame-choice.ts';
import type { ClipReport } from '../../../src/protocol/host-calls.ts';
import { theBridge } from '../../state/lab.ts';
import { draw } from './input-picture.tsx';

const MOST_PICTURES = 6;
/** Longer side at which frames of a video file are asked for, in pixels. */
const SIDE = 240;

export interface ClipStripProps {
  readonly fit: string;
  readonly input: string;
  readonly clip: ClipReport;
}

/** Positions among `count` frames, the first and the last among them. */
export function spreadEvenly(count: number, most = MOST_PICTURES): number[] {
  const shown = Math.min(count, most);
  return Array.from({ length: shown }, (_, n) => (shown === 1 ? 0 : Math.round((n * (count - 1)) / (shown - 1))));
}

export function ClipStrip({ fit, input, clip }: ClipStripProps) {
  const [drawn, setDrawn] = useState(0);
  const canvases = useRef<(HTMLCanvasElement | null)[]>([]);
  const { chosen, seconds } = clip;
  const places = spreadEvenly(chosen.length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the input says which frames these are.
  useEffect(() => {
    let gone = false;
    setDrawn(0);
    const drawAll = async (): Promise<void> => {
      const { choice } = splitFrameChoice(input);
      const small = withFrameChoice(input, { ...choice, maxSide: Math.min(choice.maxSide ?? SIDE, SIDE) });
      for (const [n, frame] of places.entries()) {
        // A folder is read as a whole, once, for all sizes.
        const asked = seconds === undefined ? input : small;
        const picture = await theBridge().frame('inputPicture', {
          fit,
          input: asked,
          companions: {},
          settings: {},
          frame,
        });
        const canvas = canvases.current[n];
        if (gone || picture === undefined || canvas === null) return;
        draw(canvas, picture);
        setDrawn(n + 1);
      }
    };
    // It adorns; that the video cannot be had is told where the input itself is used.
    drawAll().catch(() => {});
    return () => {
      gone = true;
    };
  }, [fit, input]);
  return (
    <section className="input-pictures" aria-label="Frames of the video" aria-busy={drawn < places.length}>
      {places.map((place, n) => {
        const number = `frame ${chosen[place]}`;
        const words = seconds === undefined ? number : `${seconds[place].toFixed(2)} s, ${number}`;
        return (
          <figure key={chosen[place]}>
            <canvas
              ref={canvas => {
                canvases.current[n] = canvas;
              }}
              className="input-picture"
              role="img"
              aria-label={words}
              hidden={n >= drawn}
            />
            <figcaption className="input-note">{words}</figcaption>
          </figure>
        );
      })}
    </section>
  );
}
