// Traces: losses, terms, learning rates and figures of the run over its iterations. The plots themselves are a class
// outside React; here are the controls around them and the legend.

import './traces-panel.css';
import { ActionIcon, Checkbox, Popover, SegmentedControl, Slider, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconChartLine,
  IconClipboardText,
  IconLayoutGrid,
  IconLayoutRows,
  IconPhotoDown,
  IconSquare,
  IconStarFilled,
  IconWaveSine,
  IconZoomReset,
} from '@tabler/icons-react';
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { perform } from '../../actions/actions.ts';
import { figureTitle } from '../../plots/figure-words.ts';
import { runVariable } from '../../plots/plot-colours.ts';
import { bestMember } from '../../state/best-member.ts';
import { useComparison } from '../../state/comparison.ts';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { CopyButton } from '../../widgets/copy-button.tsx';
import type { PanelProps } from '../panel-components.ts';
import { legendEntries } from './legend-entries.ts';
import { firstSeries, seriesOf } from './series-names.ts';
import { registerTraces } from './standing-traces.ts';
import { memberVariable, TracePlots } from './trace-plots.ts';
import { setTracesLook, toggleHidden, useTracesLook } from './traces-look.ts';

export function TracesPanel({ visible }: PanelProps) {
  const area = useRef<HTMLDivElement>(null);
  const [plots, setPlots] = useState<TracePlots>();
  const [zoomed, setZoomed] = useState(false);
  const state = useTraceState();
  useEffect(() => {
    const made = new TracePlots(area.current as HTMLDivElement, setZoomed);
    setPlots(made);
    return () => made.dispose();
  }, []);
  useEffect(() => {
    plots?.switchTo(visible && state === 'rows');
    registerTraces(state === 'rows' ? plots : undefined);
    return () => registerTraces(undefined);
  }, [plots, visible, state]);
  return (
    <div className="panel filled traces">
      {state === 'rows' && plots !== undefined && <Toolbar plots={plots} zoomed={zoomed} />}
      <div className="traces-plots" ref={area} hidden={state !== 'rows'} data-testid="traces-plots" />
      {state === 'rows' ? <Legend /> : <p className="traces-empty">{emptyWords[state]}</p>}
    </div>
  );
}

type TraceState = 'rows' | 'no-run' | 'draft' | 'reading' | 'waiting' | 'failed';

const emptyWords: Readonly<Record<Exclude<TraceState, 'rows'>, string>> = {
  'no-run':
    'Losses and learning rates are drawn here over the iterations. Start a sample or open a run from the library.',
  draft: 'The traces begin when the run is started.',
  reading: 'Reading the input. The first iteration follows.',
  waiting: 'No iteration yet. Press Space to run, or . for a single iteration.',
  failed: 'The run ended before its first iteration; the problems panel says why.',
};

/** Changes only where the words or the presence of the plots do, not with every row. */
function useTraceState(): TraceState {
  const trace = useCurrentRun(run => run.trace);
  const subscribe = useCallback((listener: () => void) => trace?.subscribe(listener) ?? (() => {}), [trace]);
  const hasRows = useSyncExternalStore(subscribe, () => trace !== undefined && trace.lastIteration >= 0);
  const without = useLab((state): TraceState => {
    if (state.current.kind !== 'run') return state.current.kind === 'draft' ? 'draft' : 'no-run';
    const run = currentRun(state)?.details.entry.state;
    if (run === 'failed') return 'failed';
    return run === 'paused' || run === 'ready' ? 'waiting' : 'reading';
  });
  return hasRows ? 'rows' : without;
}

interface ToolbarProps {
  readonly plots: TracePlots;
  readonly zoomed: boolean;
}

function Toolbar({ plots, zoomed }: ToolbarProps) {
  const arrangement = useTracesLook(look => look.arrangement);
  const logIterations = usePreferences(preferences => preferences.logIterations);
  return (
    <div className="traces-toolbar" role="toolbar" aria-label="Traces">
      <SeriesChoice />
      <SegmentedControl
        size="xs"
        aria-label="Arrangement of the plots"
        value={arrangement}
        onChange={value => setTracesLook({ arrangement: value as typeof arrangement })}
        data={[
          { value: 'tiles', label: <Mark title="Side by side" icon={<IconLayoutGrid size={14} />} /> },
          { value: 'stacked', label: <Mark title="Below each other" icon={<IconLayoutRows size={14} />} /> },
          { value: 'one', label: <Mark title="All in one plot" icon={<IconSquare size={14} />} /> },
        ]}
      />
      <Tooltip label="Logarithmic iterations, here and on the timeline (X)">
        <UnstyledButton
          className="traces-toggle"
          aria-label="log x: logarithmic iterations"
          aria-pressed={logIterations}
          aria-keyshortcuts="X"
          onClick={() => perform('traces.log-iterations')}
        >
          log x
        </UnstyledButton>
      </Tooltip>
      <Smoothing />
      <span className="traces-space" />
      {zoomed && (
        <Tool label="Show all iterations (double click)" onClick={() => perform('traces.whole')}>
          <IconZoomReset size={16} />
        </Tool>
      )}
      <CopyButton
        label="Copy the plotted series as CSV, every iteration"
        icon={<IconClipboardText size={16} />}
        text={() => plots.toCsv()}
      />
      <Tool label="Save the plots as a PNG picture" onClick={() => perform('traces.save-png')}>
        <IconPhotoDown size={16} />
      </Tool>
    </div>
  );
}

function Mark({ title, icon }: { readonly title: string; readonly icon: React.ReactNode }) {
  return (
    <Tooltip label={title}>
      <span className="traces-mark" role="img" aria-label={title}>
        {icon}
      </span>
    </Tooltip>
  );
}

interface ToolProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: React.ReactNode;
}

function Tool({ label, onClick, children }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

/** Names of the series of the run, joined by blanks: a text, so that it is the same while they are. */
function useSeries(): { readonly available: string; readonly first: string } {
  const available = useCurrentRun(run => seriesOf(run).join(' ')) ?? '';
  const first = useCurrentRun(run => firstSeries(seriesOf(run), run.trace).join(' ')) ?? '';
  return { available, first };
}

function SeriesChoice() {
  const { available, first } = useSeries();
  const shown = useTracesLook(look => look.shown);
  const names = available.split(' ').filter(name => name !== '');
  const known = shown?.filter(name => names.includes(name)) ?? [];
  const chosen = known.length > 0 ? known : first.split(' ');
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter(each => each !== name) : [...chosen, name];
    if (next.length === 0) return;
    // What other runs have and this one has not stays chosen for them.
    setTracesLook({ shown: [...(shown ?? []).filter(each => !names.includes(each)), ...next] });
  };
  return (
    <Popover position="bottom-start" shadow="md" withinPortal>
      <Popover.Target>
        <UnstyledButton className="traces-toggle" aria-label={`Plotted: ${chosen.length} of ${names.length} series…`}>
          <IconChartLine size={14} /> {chosen.length} of {names.length} series…
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <fieldset className="traces-series">
          <legend>Plotted</legend>
          {names.map(name => (
            <Checkbox
              key={name}
              size="xs"
              label={figureTitle(name)}
              checked={chosen.includes(name)}
              disabled={chosen.length === 1 && chosen[0] === name}
              onChange={() => toggle(name)}
            />
          ))}
        </fieldset>
        <UnstyledButton className="traces-toggle" onClick={() => setTracesLook({ shown: undefined })}>
          Back to the usual ones
        </UnstyledButton>
      </Popover.Dropdown>
    </Popover>
  );
}

function Smoothing() {
  const smoothing = useTracesLook(look => look.smoothing);
  return (
    <Tooltip label="Exponential moving average: weight of what came before. The faint line is the data itself.">
      <div className="traces-smoothing">
        <IconWaveSine size={14} aria-hidden />
        <span>
          <span className="traces-wide">Smoothing </span>
          {smoothing === 0 ? 'off' : smoothing}
        </span>
        <Slider
          className="traces-slider"
          size="xs"
          min={0}
          max={0.99}
          step={0.01}
          label={null}
          value={smoothing}
          thumbLabel="Smoothing"
          onChange={value => setTracesLook({ smoothing: value })}
        />
      </div>
    </Tooltip>
  );
}

const noRuns: readonly string[] = [];

/** Members and runs beside them; each can be hidden. A lone member needs no legend. */
function Legend() {
  const members = useCurrentRun(run => run.details.problem?.members);
  const best = useCurrentRun(bestMember);
  const shown = useCurrentRun(run => run.details.entry.run);
  const compared = useComparison(comparison => comparison.runs);
  const hidden = useTracesLook(look => look.hidden);
  const library = useLab(state => state.library);
  const others = shown === undefined ? noRuns : compared.filter(run => run !== shown);
  if (members === undefined || (members.length < 2 && others.length === 0)) return undefined;
  return (
    <fieldset className="traces-legend">
      <legend className="traces-legend-name">Shown lines</legend>
      {legendEntries(members.map(({ label }) => label)).map(({ label, title, members: own }) => {
        const leading = best !== undefined && own.includes(best);
        return (
          <LegendKey
            key={own[0]}
            id={label}
            title={title}
            colour={memberVariable(own[0], members.length, leading)}
            best={members.length > 1 && leading}
            dashed={false}
            off={hidden.includes(label)}
          />
        );
      })}
      {members.length > 2 && (
        <span className="traces-key traces-median">
          <i className="traces-dashed" style={{ color: 'var(--lab-plot-median)' }} /> median
        </span>
      )}
      {others.map(run => (
        <LegendKey
          key={run}
          id={run}
          title={library?.[run]?.name ?? run}
          colour={runVariable(compared.indexOf(run))}
          best={false}
          dashed
          off={hidden.includes(run)}
        />
      ))}
    </fieldset>
  );
}

interface LegendKeyProps {
  readonly id: string;
  readonly title: string;
  readonly colour: string;
  readonly best: boolean;
  readonly dashed: boolean;
  readonly off: boolean;
}

function LegendKey({ id, title, colour, best, dashed, off }: LegendKeyProps) {
  return (
    <UnstyledButton
      className="traces-key"
      aria-pressed={!off}
      title={off ? `Show ${title}` : `Hide ${title}`}
      onClick={() => toggleHidden(id)}
    >
      <i className={dashed ? 'traces-dashed' : ''} style={{ color: `var(${colour})` }} />
      <span>{title}</span>
      {best && <IconStarFilled size={10} aria-label="best" />}
    </UnstyledButton>
  );
}
