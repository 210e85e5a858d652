// The board of pictures with its bar and the line below. React lays out frames and buttons; the class ImageBoard draws,
// and writes iterations and values into the frames itself.

import { useEffect, useMemo, useRef, useState } from 'react';
import type { TracksView } from '../../../src/protocol/views.ts';
import { theScene } from '../../scene/scene-holder.ts';
import { useCursor } from '../../state/cursor.ts';
import { BoardBar } from './board-bar.tsx';
import { FramePlayer } from './frame-player.tsx';
import { ImageBoard, type TileStatus } from './image-board.ts';
import { registerBoard, useImageSettings } from './image-settings.ts';
import type { Box } from './look.ts';
import type { PictureView } from './raster.ts';
import { TileFrame } from './tile-frame.tsx';
import { tilesOf } from './tile-plan.ts';
import { WipeHandle } from './wipe-handle.tsx';
import './images.css';

export interface PictureBoardProps {
  readonly run: string;
  readonly views: readonly PictureView[];
  readonly tracks: readonly TracksView[];
  readonly visible: boolean;
}

export function PictureBoard({ run, views, tracks, visible }: PictureBoardProps) {
  const pad = useRef<HTMLDivElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const [board, setBoard] = useState<ImageBoard>();
  const [boxes, setBoxes] = useState<Readonly<Record<string, Box>>>({});
  const [statuses, setStatuses] = useState<Readonly<Record<string, TileStatus>>>({});
  const hidden = useImageSettings(state => state.hidden);
  const errorMap = useImageSettings(state => state.errorMap);
  const mode = useImageSettings(state => state.mode);
  const first = useImageSettings(state => state.first);
  const second = useImageSettings(state => state.second);
  const tiles = useMemo(
    () => tilesOf(views, { hidden, errorMap, mode, first, second }),
    [views, hidden, errorMap, mode, first, second],
  );

  useEffect(() => {
    if (pad.current === null) return;
    const made = new ImageBoard(pad.current, {
      onLayout: setBoxes,
      onClick: view => {
        if (view.kind === 'image' && view.frames > 1) theScene()?.lookThrough(useCursor.getState().frame);
      },
      onStatus: (tile, status) => setStatuses(before => ({ ...before, [tile]: status })),
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
  useEffect(() => board?.switchTo(visible), [board, visible]);
  const shownTracks = useMemo(() => tracks.filter(({ id }) => !hidden.includes(id)), [tracks, hidden]);
  useEffect(() => board?.show(run, tiles, shownTracks), [board, run, tiles, shownTracks]);

  const titles = tiles.map(({ title }) => title).join(', ');
  const frames = Math.max(1, ...views.map(view => (view.kind === 'heat-map' ? 1 : view.frames)));
  const pair = tiles.find(tile => tile.kind === 'pair');
  return (
    <div className="panel filled images">
      <BoardBar run={run} views={views} tracks={tracks} tiles={tiles} visible={visible} />
      <div className="images-board">
        <div
          ref={pad}
          className="images-pad"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys that pan and zoom.
          tabIndex={0}
          role="application"
          aria-label={`Pictures: ${titles}. Plus and minus zoom, arrow keys pan, 0 fits, 1 shows pixel by pixel.`}
        />
        {board !== undefined &&
          tiles.map(tile => (
            <TileFrame
              key={tile.id}
              tile={tile}
              box={boxes[tile.id]}
              board={board}
              run={run}
              status={statuses[tile.id] ?? waiting}
            />
          ))}
        {pair?.how === 'wipe' && boxes[pair.id] !== undefined && <WipeHandle box={boxes[pair.id]} />}
        {tiles.length === 0 && (
          <p className="images-none">
            {mode === 'tiles'
              ? 'All views are hidden. Choose some under Display.'
              : 'This run has only one picture: there is nothing to compare it with.'}
          </p>
        )}
      </div>
      <div className="images-foot numbers">
        <span ref={note} />
        <FramePlayer count={frames} visible={visible} />
      </div>
    </div>
  );
}

const waiting: TileStatus = { kind: 'waiting' };
