// Which frame of a video all panels show: a slider, and playing through them.

import { ActionIcon, Slider, Tooltip } from '@mantine/core';
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconViewfinder } from '@tabler/icons-react';
import { useEffect } from 'react';
import { ActionButton } from '../../shell/action-button.tsx';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { useCurrentRun } from '../../state/lab.ts';
import { setPlaying, useImageMoment, useImageSettings } from './image-settings.ts';

export interface FramePlayerProps {
  /** Frames of the video; one: nothing to choose. */
  readonly count: number;
  readonly visible: boolean;
}

export function FramePlayer({ count, visible }: FramePlayerProps) {
  const frame = useCursor(state => state.frame);
  const playing = useImageMoment(state => state.playing);
  const rate = useImageSettings(state => state.frameRate);
  const hasCameras = useCurrentRun(({ details }) => details.problem?.views.some(({ kind }) => kind === 'cameras'));
  useEffect(() => {
    if (!playing || !visible || count < 2) return;
    const timer = setInterval(() => setCursor({ frame: (useCursor.getState().frame + 1) % count }), 1000 / rate);
    return () => clearInterval(timer);
  }, [playing, visible, count, rate]);
  if (count < 2) return undefined;
  const label = playing ? 'Stop at this frame' : 'Play the frames';
  return (
    <div className="images-frames">
      <Tooltip label={`${label} (Shift+P)`}>
        <ActionIcon size="sm" aria-label={label} onClick={() => setPlaying(!playing)}>
          {playing ? <IconPlayerPauseFilled size={14} /> : <IconPlayerPlayFilled size={14} />}
        </ActionIcon>
      </Tooltip>
      <Slider
        className="images-frames-slider"
        size="sm"
        min={0}
        max={count - 1}
        value={Math.min(frame, count - 1)}
        label={null}
        thumbLabel="Frame of the video"
        onChange={value => {
          setPlaying(false);
          setCursor({ frame: value });
        }}
      />
      <span className="images-frames-count">
        frame {Math.min(frame, count - 1) + 1} of {count}
      </span>
      {hasCameras === true && (
        <ActionButton action="scene.through">
          <IconViewfinder size={15} />
        </ActionButton>
      )}
    </div>
  );
}
