// The input of the run that is being prepared, with the mask that the user draws on it or takes from a file.

import { Alert, Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { asLabError, type LabErrorDetails } from '../../../src/protocol/lab-error.ts';
import { useCursor } from '../../state/cursor.ts';
import { useDraft } from '../../state/draft.ts';
import { theBridge } from '../../state/lab.ts';
import { guarded } from '../../state/problems.ts';
import { FramePlayer } from './frame-player.tsx';
import { registerBoard } from './image-settings.ts';
import { MaskBar } from './mask-bar.tsx';
import { MaskBoard } from './mask-board.ts';
import { chooseMask, draftMask } from './mask-edits.ts';
import { PanelMessage } from './panel-message.tsx';
import { inputRasterOf, paintRaster } from './raster.ts';
import './images.css';
import './mask.css';

export function MaskEditor({ visible }: { readonly visible: boolean }) {
  const busy = useDraft(state => state.busy);
  const error = useDraft(state => state.error);
  const report = useDraft(state => state.report);
  if (report === undefined) {
    if (error !== undefined) {
      return (
        <PanelMessage title={error.message} error>
          {error.tip}
        </PanelMessage>
      );
    }
    return busy === 'no' ? (
      <PanelMessage title="No input yet">Drop a picture, a video, its frames or an array.</PanelMessage>
    ) : (
      <PanelMessage title={busy === 'uploading' ? 'Handing the files over…' : 'Reading the input…'} busy />
    );
  }
  if (report.picture === undefined) {
    return (
      <PanelMessage title="This input has no picture">
        {report.kind === 'synthetic'
          ? 'The fit makes its data from the settings. Start it, and the traces show how it goes.'
          : 'It is an array of numbers. A mask for it can be given as a file of the same shape; its missing entries may also be NaN.'}
      </PanelMessage>
    );
  }
  const { frames, height, width } = report.picture;
  return (
    <PictureMask
      key={`${report.input} ${width} ${height}`}
      frames={frames}
      height={height}
      width={width}
      visible={visible}
    />
  );
}

interface PictureMaskProps {
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly visible: boolean;
}

function PictureMask({ frames, height, width, visible }: PictureMaskProps) {
  const pad = useRef<HTMLDivElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const [board, setBoard] = useState<MaskBoard>();
  const drawn = useDraft(state => state.drawn);
  const file = useDraft(state => state.mask);
  // The mask of a scene says where the object is, not what is missing.
  const isScene = useDraft(state => state.report?.kind === 'scene');
  const error = useInputPicture(board, frames, visible);
  useEffect(() => {
    if (pad.current === null) return;
    const made = new MaskBoard(pad.current, {
      onNote: text => {
        if (note.current !== null && note.current.textContent !== text) note.current.textContent = text;
      },
    });
    setBoard(made);
    registerBoard(made);
    return () => {
      registerBoard(undefined);
      made.dispose();
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another draft of the same input has a mask of its own.
  useEffect(() => board?.edit(draftMask(width, height)), [board, drawn, width, height]);
  useEffect(() => board?.setEditing(file === undefined && !isScene ? 'free' : 'locked'), [board, file, isScene]);
  useEffect(() => board?.switchTo(visible), [board, visible]);
  return (
    <div className="panel filled images mask">
      {!isScene && <MaskBar width={width} height={height} />}
      {!isScene && file !== undefined && <MaskFile name={file} />}
      {error !== undefined && (
        <Alert color="red" title={error.message} className="mask-notice">
          {error.tip}
        </Alert>
      )}
      <div className="images-board">
        <div
          ref={pad}
          className="images-pad"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys that draw.
          tabIndex={0}
          role="application"
          aria-label="Input with mask. B brush, E eraser, R box, P polygon, T text, H pan; comma and full stop change the brush; arrow keys move, Enter presses and lifts the tool, I inverts, plus and minus zoom, 0 fits."
        />
      </div>
      <div className="images-foot numbers">
        <span ref={note} />
        {frames > 1 && <span>The mask holds for all frames</span>}
        <FramePlayer count={frames} visible={visible} />
      </div>
    </div>
  );
}

/** Says where the mask comes from when it is not drawn. */
function MaskFile({ name }: { readonly name: string }) {
  const text = name === 'alpha' ? 'the transparency of the picture' : name.replace(/^upload:/, '').replace(/^.*\//, '');
  return (
    <Alert className="mask-notice" color="indigo" title={`The mask comes from ${text}`}>
      <Button size="compact-xs" variant="default" onClick={() => guarded(() => chooseMask(undefined))}>
        Draw one instead
      </Button>
    </Alert>
  );
}

/** Brings the frame under the cursor to the board. */
function useInputPicture(board: MaskBoard | undefined, frames: number, visible: boolean): LabErrorDetails | undefined {
  const fit = useDraft(state => state.fit);
  const input = useDraft(state => state.input);
  // Settings choose its picture: a new report tells that they did.
  const scene = useDraft(state => (state.report?.kind === 'scene' ? state.report : undefined));
  const wanted = useCursor(state => state.frame);
  const frame = Math.min(wanted, frames - 1);
  const [error, setError] = useState<LabErrorDetails>();
  useEffect(() => {
    if (board === undefined || input === undefined || !visible) return;
    let stale = false;
    const { companions, settings } = useDraft.getState();
    const named = scene === undefined ? {} : { companions, settings };
    theBridge()
      .frame('inputPicture', { fit, input, ...named, frame })
      .then(
        answer => {
          const picture = answer === undefined ? undefined : inputRasterOf(answer);
          if (stale || picture === undefined) return;
          const { raster, paint } = picture;
          const canvas = document.createElement('canvas');
          canvas.width = raster.width;
          canvas.height = raster.height;
          const pixels = new ImageData(paintRaster(raster, paint), raster.width, raster.height);
          canvas.getContext('2d')?.putImageData(pixels, 0, 0);
          board.show(canvas);
          setError(undefined);
        },
        thrown => {
          if (!stale) setError(asLabError(thrown).toDetails());
        },
      );
    return () => {
      stale = true;
    };
  }, [board, fit, input, scene, frame, visible]);
  return error;
}
