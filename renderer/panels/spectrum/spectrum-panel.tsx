// Spectrum: the series and heat maps that the fit declares, and what its other measures say at the cursor. It knows them
// by their kind only.

import './spectrum-panel.css';
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconZoomReset } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import type { PanelProps } from '../panel-components.ts';
import { FiguresAtCursor } from './figures-at-cursor.tsx';
import { HeatMap } from './heat-map.tsx';
import { captionWords, SpectrumPlots, wordVariable } from './spectrum-plots.ts';

type SpectrumState = 'shown' | 'no-run' | 'reading' | 'waiting' | 'none';

const emptyWords: Readonly<Record<Exclude<SpectrumState, 'shown'>, string>> = {
  'no-run':
    'What a fit finds out about the structure of its data is drawn here. Start a sample or open a run from the library.',
  reading: 'Reading the input. The first measures follow.',
  waiting: 'Nothing was measured yet. The first measures come with the first iterations.',
  none: 'This fit declares no spectra, and nothing was measured in this run.',
};

export function SpectrumPanel({ visible }: PanelProps) {
  const state = useLab((lab): SpectrumState => {
    const run = currentRun(lab);
    if (run === undefined) return 'no-run';
    const { problem, measures, summary } = run.details;
    if (problem === undefined) return 'reading';
    const declares = problem.views.some(({ kind }) => kind === 'series' || kind === 'heat-map');
    if (measures.length > 0) return 'shown';
    if (summary !== undefined) return 'none';
    return declares ? 'waiting' : 'none';
  });
  if (state !== 'shown') {
    return (
      <div className="panel filled spectrum">
        <p className="spectrum-empty">{emptyWords[state]}</p>
      </div>
    );
  }
  return <Spectrum visible={visible} />;
}

function Spectrum({ visible }: PanelProps) {
  const area = useRef<HTMLDivElement>(null);
  const plots = useRef<SpectrumPlots>(undefined);
  const [zoomed, setZoomed] = useState(false);
  const run = useCurrentRun(({ details }) => details.entry.run);
  const views = useCurrentRun(({ details }) => details.problem?.views);
  const hasSeries = views?.some(({ kind }) => kind === 'series') === true;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whether it can be seen is told below.
  useEffect(() => {
    if (!hasSeries) return;
    const made = new SpectrumPlots(area.current as HTMLDivElement, setZoomed);
    made.switchTo(visible);
    plots.current = made;
    return () => made.dispose();
  }, [hasSeries]);
  useEffect(() => plots.current?.switchTo(visible), [visible]);
  return (
    <div className="panel filled spectrum">
      {hasSeries && (
        <div className="spectrum-left">
          <div className="spectrum-plots" ref={area} data-testid="spectrum-plots" />
          <div className="spectrum-key">
            <WordKey />
            <Notes />
            {zoomed && (
              <Tooltip label="Show all iterations (double click)">
                <ActionIcon
                  size="xs"
                  aria-label="Show all iterations of the spectrum"
                  onClick={() => plots.current?.resetZoom()}
                >
                  <IconZoomReset size={14} />
                </ActionIcon>
              </Tooltip>
            )}
          </div>
        </div>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: an area that scrolls is reached by keys. */}
      <section className="spectrum-right" tabIndex={0} aria-label="Measures">
        <FiguresAtCursor visible={visible} />
        {run !== undefined &&
          views?.map(view =>
            view.kind === 'heat-map' ? (
              <HeatMap key={`${run} ${view.id}`} run={run} view={view} visible={visible} />
            ) : undefined,
          )}
      </section>
    </div>
  );
}

/** What the colours of the strip along the plots mean. */
function WordKey() {
  const fit = useCurrentRun(({ details }) => details.recipe.fit) ?? '';
  const measure = useCurrentRun(({ details }) => {
    const row = details.measures.findLast(each => Object.values(each).some(value => typeof value === 'string'));
    return row === undefined ? undefined : Object.keys(row).find(name => typeof row[name] === 'string');
  });
  if (measure === undefined) return undefined;
  const words = captionWords(fit, measure);
  return words.map(word => (
    <span key={word}>
      <i style={{ background: `var(${wordVariable(words, word)})` }} /> {word}
    </span>
  ));
}

function Notes() {
  const hasReference = useCurrentRun(({ details }) =>
    details.problem?.views.some(view => view.kind === 'series' && view.reference !== undefined),
  );
  const hasMarks = useCurrentRun(({ details }) =>
    details.problem?.views.some(view => view.kind === 'series' && view.marks !== undefined),
  );
  return (
    <>
      {hasReference === true && <span>- - true value</span>}
      {hasMarks === true && <span>┆ predicted</span>}
    </>
  );
}
