// The key to pictures of flow: the colour wheel, which tells where each pixel goes, and the length that has full colour.

import { Tooltip } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { flowColours } from '../../src/numerics/flow-wheel.ts';

export interface FlowLegendProps {
  /** Side of the wheel on the screen, in pixels. */
  readonly side: number;
}

export function FlowLegend({ side }: FlowLegendProps) {
  const label = 'Each colour is a direction, as the wheel shows it; white stands still';
  return (
    <Tooltip
      label={
        <>
          <Wheel side={96} />
          <br />
          {label}
        </>
      }
    >
      <span role="img" aria-label={label} style={{ display: 'inline-flex' }}>
        <Wheel side={side} />
      </span>
    </Tooltip>
  );
}

function Wheel({ side }: FlowLegendProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = Math.round(side * devicePixelRatio);
    const element = canvas.current;
    if (element === null) return;
    element.width = pixels;
    element.height = pixels;
    element.getContext('2d')?.putImageData(new ImageData(wheelPixels(pixels), pixels, pixels), 0, 0);
  }, [side]);
  return <canvas ref={canvas} aria-hidden style={{ width: side, height: side }} />;
}

/** RGBA [pixels, pixels]: the colour of the motion from the middle to each place, transparent outside the wheel. */
export function wheelPixels(pixels: number): Uint8ClampedArray<ArrayBuffer> {
  const flow = new Float32Array(2 * pixels * pixels);
  for (let i = 0; i < pixels * pixels; i++) {
    flow[2 * i] = (2 * ((i % pixels) + 0.5)) / pixels - 1;
    flow[2 * i + 1] = (2 * (Math.floor(i / pixels) + 0.5)) / pixels - 1;
  }
  const colours = flowColours(flow, 1);
  const rgba = new Uint8ClampedArray(4 * pixels * pixels);
  for (let i = 0; i < pixels * pixels; i++) {
    if (Math.hypot(flow[2 * i], flow[2 * i + 1]) > 1) continue;
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = Math.round(255 * colours[3 * i + c]);
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}
