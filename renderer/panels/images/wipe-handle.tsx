// The line between two pictures that are wiped over each other: dragged, or moved with the arrow keys.

import type { KeyboardEvent, PointerEvent } from 'react';
import { HEADER_HEIGHT, READOUT_HEIGHT } from './image-board.ts';
import { setImageSettings, useImageSettings } from './image-settings.ts';
import type { Box } from './look.ts';

const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -0.01,
  ArrowDown: -0.01,
  ArrowRight: 0.01,
  ArrowUp: 0.01,
  PageDown: -0.1,
  PageUp: 0.1,
  Home: -1,
  End: 1,
};

export function WipeHandle({ box }: { readonly box: Box }) {
  const wipe = useImageSettings(state => state.wipe);
  const moveTo = (share: number): void => setImageSettings({ wipe: Math.min(1, Math.max(0, share)) });
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    const board = event.currentTarget.parentElement?.getBoundingClientRect();
    if (board !== undefined) moveTo((event.clientX - board.left - box.left) / box.width);
  };
  const press = (event: KeyboardEvent): void => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    moveTo(wipe + (event.shiftKey ? 5 : 1) * step);
  };
  return (
    <div
      className="images-wipe"
      role="slider"
      tabIndex={0}
      aria-label="Line between the two pictures"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * wipe)}
      aria-valuetext={`${Math.round(100 * wipe)} % of the width`}
      style={{
        left: box.left + wipe * box.width,
        top: box.top + HEADER_HEIGHT,
        height: Math.max(0, box.height - HEADER_HEIGHT - READOUT_HEIGHT),
      }}
      onPointerDown={event => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={event => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
      }}
      onDoubleClick={() => moveTo(0.5)}
      onKeyDown={press}
    />
  );
}
