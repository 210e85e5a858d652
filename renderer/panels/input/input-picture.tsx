// A small picture of an input, its first frame; a class-free painter draws it once, when it arrives.

import { useEffect, useRef, useState } from 'react';
import type { Frame } from '../../../src/protocol/frames.ts';
import { theBridge } from '../../state/lab.ts';
import { reportProblem } from '../../state/problems.ts';
import { pictureOf } from './picture-pixels.ts';

/** Longer side of what is drawn, in pixels of the device. */
const LONGEST = 480;

export interface InputPictureProps {
  readonly fit: string;
  readonly input: string;
  readonly name: string;
}

export function InputPicture({ fit, input, name }: InputPictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<'waiting' | 'drawn' | 'failed'>('waiting');
  useEffect(() => {
    let gone = false;
    setState('waiting');
    theBridge()
      .frame('inputPicture', { fit, input, frame: 0 })
      .then(
        frame => {
          if (gone || frame === undefined || canvas.current === null) return;
          draw(canvas.current, frame);
          setState('drawn');
        },
        thrown => {
          if (gone) return;
          reportProblem(thrown);
          setState('failed');
        },
      );
    return () => {
      gone = true;
    };
  }, [fit, input]);
  return (
    <>
      <canvas
        ref={canvas}
        className="input-picture"
        role="img"
        aria-label={`First frame of ${name}`}
        hidden={state !== 'drawn'}
      />
      {state === 'failed' && <p className="input-note">Its picture could not be shown; see Problems.</p>}
    </>
  );
}

function draw(canvas: HTMLCanvasElement, { data }: Frame): void {
  const { width, height, pixels } = pictureOf(data, LONGEST);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
}
