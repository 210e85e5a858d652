// One heat map of the fit with its key and the value under the pointer.

import { useEffect, useRef, useState } from 'react';
import type { HeatMapView } from '../../../src/protocol/views.ts';
import { ColourLegend } from '../../plots/colour-legend.tsx';
import { usePreferences } from '../../state/preferences.ts';
import { feedView, type ViewFeed } from '../../state/view-feed.ts';
import { HeatMapPainter, type HeatMapRange } from './heat-map-painter.ts';

interface HeatMapProps {
  readonly run: string;
  readonly view: HeatMapView;
  readonly visible: boolean;
}

export function HeatMap({ run, view, visible }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<HeatMapPainter>(undefined);
  const feed = useRef<ViewFeed>(undefined);
  const readout = useRef<HTMLParagraphElement>(null);
  const [range, setRange] = useState<HeatMapRange>();
  const [problem, setProblem] = useState<string>();
  const map = usePreferences(preferences => preferences.colourMap);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is seen and in which colours is told below, without a new feed.
  useEffect(() => {
    const made = new HeatMapPainter(canvas.current as HTMLCanvasElement, view, next =>
      setRange(before => (before?.low === next.low && before.high === next.high ? before : next)),
    );
    painter.current = made;
    feed.current = feedView(
      { run, view: view.id, frame: undefined },
      frame => {
        setProblem(undefined);
        made.paint(frame, usePreferences.getState().colourMap);
      },
      error => setProblem(error.message),
    );
    feed.current.switchTo(visible);
    return () => feed.current?.dispose();
  }, [run, view]);
  useEffect(() => feed.current?.switchTo(visible), [visible]);
  useEffect(() => painter.current?.repaint(map), [map]);
  return (
    <figure className="spectrum-map">
      <figcaption title={view.help}>{view.title}</figcaption>
      <div className="spectrum-map-frame">
        <span className="spectrum-map-rows">{view.rowLabel}</span>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${view.title}: ${view.rowLabel} downwards, ${view.columnLabel} to the right`}
          onPointerMove={event => {
            const box = event.currentTarget.getBoundingClientRect();
            const words = painter.current?.wordsAt(
              (event.clientX - box.left) / box.width,
              (event.clientY - box.top) / box.height,
            );
            if (readout.current !== null) readout.current.textContent = words ?? '';
          }}
          onPointerLeave={() => {
            if (readout.current !== null) readout.current.textContent = '';
          }}
        />
        <span className="spectrum-map-columns">{view.columnLabel}</span>
      </div>
      {range !== undefined && (
        <ColourLegend
          map={map}
          low={range.low}
          high={range.high}
          unit={view.unit}
          label={view.title}
          scale={view.scale}
        />
      )}
      <p className="spectrum-readout numbers" ref={readout} />
      {problem !== undefined && <p className="spectrum-problem">{problem}</p>}
    </figure>
  );
}
