// The chart of the compare panel with its two choices: what, and over what.

import { NativeSelect } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { figureTitle } from '../../plots/figure-words.ts';
import type { OpenRun } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { seriesOf } from '../traces/series-names.ts';
import { type CompareAxis, ComparePlot } from './compare-plot.ts';

interface CompareChartProps {
  readonly runs: readonly OpenRun[];
  readonly visible: boolean;
}

const axes: readonly { readonly value: CompareAxis; readonly label: string }[] = [
  { value: 'iteration', label: 'by iteration' },
  { value: 'share', label: 'by percent of the run' },
  { value: 'seconds', label: 'by time, at the mean pace' },
];

export function CompareChart({ runs, visible }: CompareChartProps) {
  const area = useRef<HTMLDivElement>(null);
  const plot = useRef<ComparePlot>(undefined);
  const logLoss = usePreferences(preferences => preferences.logLoss);
  const [chosen, setChosen] = useState('loss');
  const [wantedAxis, setAxis] = useState<CompareAxis>('iteration');
  const [wantedLog, setLog] = useState<boolean>();
  const series = commonSeries(runs);
  const over = runs.every(({ details }) => details.summary !== undefined);
  const look = {
    series: series.includes(chosen) ? chosen : (series[0] ?? 'loss'),
    axis: wantedAxis === 'seconds' && !over ? 'iteration' : wantedAxis,
    log: wantedLog ?? (/(loss|error|validation)$/i.test(chosen) && logLoss),
  } as const;
  // biome-ignore lint/correctness/useExhaustiveDependencies: how it looks and whether it can be seen is told below.
  useEffect(() => {
    const made = new ComparePlot(area.current as HTMLDivElement, look, setLog);
    plot.current = made;
    made.switchTo(visible);
    return () => made.dispose();
  }, []);
  useEffect(() => plot.current?.switchTo(visible), [visible]);
  useEffect(
    () => plot.current?.show({ series: look.series, axis: look.axis, log: look.log }),
    [look.series, look.axis, look.log],
  );
  return (
    <section className="compare-part compare-chart" aria-label="Chart">
      <header>
        <h2>Curves</h2>
        <NativeSelect
          size="xs"
          aria-label="What is compared"
          value={look.series}
          onChange={event => {
            setChosen(event.currentTarget.value);
            setLog(undefined);
          }}
          data={series.map(name => ({ value: name, label: figureTitle(name) }))}
        />
        <NativeSelect
          size="xs"
          aria-label="Over what it is drawn"
          value={look.axis}
          onChange={event => setAxis(event.currentTarget.value as CompareAxis)}
          data={axes.map(axis => ({ ...axis, disabled: axis.value === 'seconds' && !over }))}
        />
      </header>
      <div ref={area} className="compare-plot" data-testid="compare-plot" />
    </section>
  );
}

/** What all runs have; where they have nothing in common, what any has. */
function commonSeries(runs: readonly OpenRun[]): string[] {
  const each = runs.map(run => seriesOf(run));
  const all = [...new Set(each.flat())];
  const common = all.filter(name => each.every(names => names.includes(name)));
  return common.length > 0 ? common : all;
}
