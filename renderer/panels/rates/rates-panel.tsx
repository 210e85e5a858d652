// Which learning rates work: every member of a run at its rate and what it has come to; or along another figure that the fit
// declares. A click shows a member in all panels; a brushed range of rates is given to all that still descend, or to the
// members of the next run.

import { Button, NativeSelect, Tooltip } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ScatterView } from '../../../src/protocol/views.ts';
import { figureTitle, figureUnit } from '../../plots/figure-words.ts';
import { numericMeasures } from '../../plots/measure-columns.ts';
import { LEAST_ERROR } from '../../plots/plot-scale.ts';
import { bestMember } from '../../state/best-member.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { useCurrentRun, useLab } from '../../state/lab.ts';
import { type MemberPoint, type RateFigure, ratePoints, scatterCurve, scatterPoints } from '../../state/rate-points.ts';
import { type RateRange, raceRates, spreadLiveRates, steerableMembers } from '../../state/rate-range.ts';
import { formatCount, formatNumber } from '../../widgets/format-number.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { NumberField } from '../../widgets/number-field.tsx';
import { PanelMessage } from '../images/panel-message.tsx';
import { endingsOf, leftBehind } from '../members/member-figures.ts';
import type { PanelProps } from '../panel-components.ts';
import { seriesOf } from '../traces/series-names.ts';
import { RateScatter, type ScatterContent } from './rate-scatter.ts';
import './rates.css';

export function RatesPanel({ visible }: PanelProps) {
  const run = useCurrentRun(({ details }) => details.entry.run);
  const members = useCurrentRun(({ details }) => details.problem?.members.length);
  if (run === undefined || members === undefined || members < 2) {
    return (
      <PanelMessage title="Learning rates of several members are compared here">
        Start a run with more than one member, or give a setting several values. Each is then a point: its learning
        rate, and what it has come to.
      </PanelMessage>
    );
  }
  return <Rates key={run} run={run} visible={visible} />;
}

const LOSS = 'least loss';
const LEFT = 'left to better members';
const HELP =
  'Each point is a member: its learning rate, and what it has come to. A grey one no longer descends; its height is what ' +
  'it had when it left, which an earlier stage may have measured otherwise. Where a fit halves its members, those near a ' +
  'better one leave first, however well they fit: what is kept are distinct results, not copies of the best.';
const firstFigure: RateFigure = { kind: 'least', name: 'loss' };

function Rates({ run, visible }: PanelProps & { readonly run: string }) {
  const pad = useRef<HTMLDivElement>(null);
  const hover = useRef<HTMLSpanElement>(null);
  const [chosen, setChosen] = useState(LOSS);
  const [range, setRange] = useState<RateRange>();
  const over = useCurrentRun(({ details }) => details.summary !== undefined) === true;
  const staged = useCurrentRun(({ details }) =>
    Object.values(endingsOf(details.events)).some(({ reason }) => reason === LEFT),
  );
  const figures = useFigures();
  const figure = figures.find(({ id }) => id === chosen) ?? figures[0];
  const { scatters, along, setAlong } = useAlong(run);
  const drawn = useRef<Drawn>({ figure, range, along });
  drawn.current = { figure, range, along };
  const scatter = useRef<RateScatter>(undefined);
  useEffect(() => {
    const made = new RateScatter(pad.current as HTMLDivElement, {
      content: () => contentOf(run, drawn.current),
      onMember: member => setCursor({ member: useCursor.getState().member === member ? 'best' : member }),
      onRange: next => drawn.current.along === undefined && setRange(next),
      onHover: point => {
        if (hover.current !== null)
          hover.current.textContent = point === undefined ? '' : pointText(run, point, drawn.current.along);
      },
    });
    scatter.current = made;
    const ends = [
      useCursor.subscribe(() => made.request('soon')),
      useLab.getState().open[run]?.trace.subscribe(() => made.request('calmly')) ?? (() => {}),
      useLab.subscribe((state, before) => {
        const [now, old] = [state.open[run]?.details, before.open[run]?.details];
        if (
          now !== undefined &&
          (['measures', 'accepted', 'events', 'summary'] as const).some(part => now[part] !== old?.[part])
        )
          made.request('calmly');
      }),
    ];
    return () => {
      for (const end of ends) end();
      made.dispose();
    };
  }, [run]);
  useEffect(() => scatter.current?.switchTo(visible), [visible]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is looked up, these say when.
  useEffect(() => scatter.current?.request('soon'), [figure, range, along]);
  return (
    <div className="panel filled rates">
      <div className="rates-bar">
        {along === undefined && (
          <NativeSelect
            size="xs"
            aria-label="What the height of a point is"
            value={figure.id}
            data={figures.map(({ id, title }) => ({ value: id, label: title }))}
            onChange={event => setChosen(event.currentTarget.value)}
          />
        )}
        {scatters.length > 0 && (
          <NativeSelect
            size="xs"
            aria-label="What members are set along"
            value={along?.id ?? RATE}
            data={[
              { value: RATE, label: 'Over learning rate' },
              ...scatters.map(({ id, title }) => ({ value: id, label: title })),
            ]}
            onChange={event => setAlong(event.currentTarget.value)}
          />
        )}
        <span className="rates-key">
          <i style={{ background: 'var(--lab-series-0)' }} /> {over ? 'finished' : 'still in'}
          <i style={{ background: 'var(--lab-plot-quiet)' }} /> {staged ? LEFT : 'ended earlier'}
          <i style={{ background: 'var(--lab-pin-best)' }} /> best
          <HelpMark label="the points" text={along?.help ?? HELP} />
        </span>
        <span ref={hover} className="rates-hover numbers" />
        {along === undefined && <RangeFields run={run} range={range} onRange={setRange} />}
      </div>
      <div className="rates-plot">
        <div
          ref={pad}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys that go from member to member.
          tabIndex={0}
          role="application"
          aria-label={
            along === undefined
              ? `${figure.title} of each member over its learning rate. Arrow keys go from member to member; drag to choose a range of rates.`
              : `${along.heightLabel} of each member over ${along.alongLabel}. Arrow keys go from member to member.`
          }
        />
      </div>
    </div>
  );
}

interface RangeFieldsProps {
  readonly run: string;
  readonly range: RateRange | undefined;
  readonly onRange: (range: RateRange | undefined) => void;
}

/** The brushed range in numbers, and what to do with it. */
function RangeFields({ run, range, onRange }: RangeFieldsProps) {
  const problem = useCurrentRun(({ details }) => details.problem);
  const events = useCurrentRun(({ details }) => details.events);
  const accepted = useCurrentRun(({ details }) => details.accepted);
  const state = useCurrentRun(({ details }) => details.entry.state);
  const rates = useMemo(
    () => ratePoints({ problem, events: events ?? [], accepted: accepted ?? [], measures: [] }, [], firstFigure, 'now'),
    [problem, events, accepted],
  ).map(({ along }) => along);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the state and the events say who can be steered.
  const steerable = useMemo(() => steerableMembers(run).length, [run, state, events]);
  const low = range?.low ?? readable(Math.min(...rates));
  const high = range?.high ?? readable(Math.max(...rates));
  const set = (change: Partial<RateRange>): void => {
    const next = { low, high, ...change };
    onRange(next.low < next.high ? next : { low: next.high, high: next.low });
  };
  const check = (text: string) => (Number(text) > 0 ? undefined : 'Give a number above 0.');
  return (
    <span className="rates-range">
      <span>Rates</span>
      <NumberField
        label="Least rate of the range"
        width={74}
        value={low}
        check={check}
        onTurn={value => set({ low: value })}
      />
      <span>to</span>
      <NumberField
        label="Greatest rate of the range"
        width={74}
        value={high}
        check={check}
        onTurn={value => set({ high: value })}
      />
      {steerable > 0 ? (
        <Tooltip label="Moves the rates of all that still descend into this range; each keeps its place among them">
          <Button
            size="compact-xs"
            disabled={range === undefined}
            onClick={() => range !== undefined && void spreadLiveRates(run, range)}
          >
            {steerable === 1 ? 'Set 1 member' : `Set ${formatCount(steerable)} members`}
          </Button>
        </Tooltip>
      ) : (
        <Tooltip label="Prepares the same run with its members' rates in this range">
          <Button
            size="compact-xs"
            disabled={range === undefined}
            onClick={() => range !== undefined && void raceRates(run, range)}
          >
            For the next run…
          </Button>
        </Tooltip>
      )}
    </span>
  );
}

function readable(rate: number): number {
  return Number(rate.toPrecision(3));
}

interface NamedFigure extends RateFigure {
  readonly id: string;
  readonly title: string;
}

/** What a member can be judged by: its loss, held-out loss, and the figures of the fit. */
function useFigures(): readonly NamedFigure[] {
  const heldOut = useCurrentRun(run => seriesOf(run).includes('validation'));
  const declared = useCurrentRun(({ details }) => details.problem?.figures);
  const measured = useCurrentRun(({ details }) => numericMeasures(details.measures));
  return useMemo(() => {
    const names = (measured ?? []).filter(name => declared === undefined || declared.includes(name));
    const unitOf = (name: string) => {
      const unit = figureUnit(name);
      return unit === undefined ? '' : `, ${unit}`;
    };
    return [
      { ...firstFigure, id: LOSS, title: 'Least loss' },
      ...(heldOut === true
        ? [{ id: 'least validation', kind: 'least', name: 'validation', title: 'Least held-out loss' } as const]
        : []),
      ...names.map(
        name => ({ id: name, kind: 'measure', name, title: `${figureTitle(name)}${unitOf(name)}` }) as const,
      ),
    ];
  }, [heldOut, declared, measured]);
}

const RATE = 'rate';

/** What members are set along, undefined: their rates. Where those are all the same, the first of what the fit declares. */
function useAlong(run: string) {
  const views = useCurrentRun(({ details }) => details.problem?.views);
  const scatters = useMemo(() => (views ?? []).filter(view => view.kind === 'scatter'), [views]);
  const [chosen, setAlong] = useState<string>();
  const first = useMemo(() => {
    const opened = useLab.getState().open[run];
    const rates = opened === undefined ? [] : ratePoints(opened.details, [], firstFigure, 'now');
    return new Set(rates.map(({ along }) => along)).size > 1 ? RATE : scatters[0]?.id;
  }, [run, scatters]);
  return { scatters, along: scatters.find(({ id }) => id === (chosen ?? first)), setAlong };
}

interface Drawn {
  readonly figure: NamedFigure;
  readonly range: RateRange | undefined;
  readonly along: ScatterView | undefined;
}

function contentOf(run: string, { figure, range, along }: Drawn): ScatterContent {
  const opened = useLab.getState().open[run];
  const { iteration, member } = useCursor.getState();
  const best = opened === undefined ? 0 : bestMember(opened);
  const details = opened?.details;
  const shown = member === 'best' ? best : member;
  const isMeasured = details !== undefined && along !== undefined;
  const byRate = () => (opened ? ratePoints(opened.details, opened.trace.members, figure, iteration) : []);
  return {
    points: isMeasured ? scatterPoints(details, along, iteration) : byRate(),
    curve: isMeasured ? scatterCurve(details, along, shown, iteration) : [],
    shown,
    best,
    ended: leftBehind(opened?.details.events ?? [], opened?.details.problem?.members.length ?? 0, iteration),
    range: along === undefined ? range : undefined,
    alongTitle: along?.alongLabel ?? 'Learning rate',
    valueTitle: along?.heightLabel ?? figure.title,
    leastShare: along === undefined && figure.kind === 'measure' ? LEAST_ERROR : 0,
  };
}

function pointText(run: string, { member, along, value }: MemberPoint, view: ScatterView | undefined): string {
  const details = useLab.getState().open[run]?.details;
  const label = details?.problem?.members[member]?.label ?? '';
  const ending = endingsOf(details?.events ?? [])[member];
  const ended = ending === undefined ? '' : `, ended at iteration ${ending.iteration}: ${ending.reason}`;
  const at = view === undefined ? `at rate ${formatNumber(along)}` : `at ${formatNumber(along)}`;
  return `${member} ${label}: ${formatNumber(value)} ${at}${ended}`;
}
