// Contact sheet of the members of a run: what each has come to, its loss and its own learning rate. A click shows that
// member in all panels.

import { NativeSelect, Slider, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconTrophy } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { MemberDescription } from '../../../src/protocol/run.ts';
import { bestMember } from '../../state/best-member.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { hyperTableAt } from '../../state/hyper.ts';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import { changeLiveValues } from '../../state/live-changes.ts';
import { dialOf, scaledBy } from '../../state/steering.ts';
import { formatCount } from '../../widgets/format-number.ts';
import { PanelMessage } from '../images/panel-message.tsx';
import { isPicture } from '../images/raster.ts';
import type { PanelProps } from '../panel-components.ts';
import { ContactSheet } from './contact-sheet.ts';
import { type Ending, endingsOf } from './member-figures.ts';
import { setMemberSettings, useMemberSettings } from './member-settings.ts';
import './members.css';

export function MembersPanel({ visible }: PanelProps) {
  const kind = useLab(state => state.current.kind);
  const run = useLab(({ current }) => (current.kind === 'run' ? current.run : undefined));
  const members = useCurrentRun(({ details }) => details.problem?.members);
  const error = useCurrentRun(({ details }) => details.error);
  if (kind !== 'run' || run === undefined) {
    return (
      <PanelMessage title="Members of a run are shown here">
        Several members descend side by side when a setting is given several values, or when there are more starts than
        one.
      </PanelMessage>
    );
  }
  if (members === undefined) {
    if (error === undefined) return <PanelMessage title="Reading the input…" busy />;
    return (
      <PanelMessage title={error.message} error>
        {error.tip}
      </PanelMessage>
    );
  }
  return <Sheet key={run} run={run} members={members} visible={visible} />;
}

interface SheetProps extends PanelProps {
  readonly run: string;
  readonly members: readonly MemberDescription[];
}

const none: readonly never[] = [];

function Sheet({ run, members, visible }: SheetProps) {
  const views = useCurrentRun(({ details }) => details.problem?.views) ?? none;
  const events = useCurrentRun(({ details }) => details.events) ?? none;
  const sort = useMemberSettings(state => state.sort);
  const size = useMemberSettings(state => state.size);
  const best = useCurrentRun(bestMember);
  const chosen = useCursor(state => state.member);
  const steerable = useCurrentRun(({ details }) => ['running', 'paused', 'ready'].includes(details.entry.state));
  const now = useCursor(state => state.iteration === 'now');
  const [ranks, setRanks] = useState<readonly number[]>([]);
  const [sheet, setSheet] = useState<ContactSheet>();
  const endings = useMemo(() => endingsOf(events), [events]);
  const view = useMemo(
    () =>
      views.filter(isPicture).find(each => each.kind === 'image' && each.changes === 'with-iterations') ??
      views.filter(isPicture).find(each => each.kind === 'depth' && each.changes === 'with-iterations'),
    [views],
  );
  useEffect(() => {
    const made = new ContactSheet({ run, view, onOrder: setRanks });
    setSheet(made);
    return () => made.dispose();
  }, [run, view]);
  useEffect(() => sheet?.switchTo(visible), [sheet, visible]);
  useEffect(() => sheet?.resize(size), [sheet, size]);
  const order = sort === 'loss' && ranks.length === members.length ? ranks : members.map((_, member) => member);
  const running = members.length - Object.keys(endings).length;
  return (
    <div className="panel filled members">
      <div className="members-bar">
        <NativeSelect
          size="xs"
          aria-label="Order of the members"
          value={sort}
          data={[
            { value: 'number', label: 'By number' },
            { value: 'loss', label: 'By loss' },
          ]}
          onChange={event => setMemberSettings({ sort: event.currentTarget.value === 'loss' ? 'loss' : 'number' })}
        />
        <span className="members-count numbers">
          {members.length === 1
            ? 'One member'
            : `${formatCount(members.length)} members, ${formatCount(running)} still descending`}
        </span>
        <span className="members-space" />
        <span className="members-size">
          <span>Size</span>
          <Slider
            className="members-size-slider"
            size="sm"
            min={96}
            max={480}
            step={16}
            value={size}
            label={null}
            thumbLabel="Size of the tiles"
            thumbProps={{ 'aria-valuetext': `${size} pixels wide` }}
            onChange={value => setMemberSettings({ size: value })}
          />
        </span>
      </div>
      <ul
        className="members-sheet"
        aria-label="Members"
        style={{ gridTemplateColumns: `repeat(auto-fill, minmax(min(${size}px, 100%), 1fr))` }}
      >
        {sheet !== undefined &&
          order.map(member => (
            <MemberTile
              key={member}
              run={run}
              sheet={sheet}
              member={member}
              label={members[member].label}
              ending={endings[member]}
              aspect={view === undefined || view.kind === 'heat-map' ? 2 : view.width / view.height}
              best={member === best && members.length > 1}
              shown={member === (chosen === 'best' ? best : chosen)}
              chosen={member === chosen}
              turns={steerable === true && now && endings[member] === undefined}
            />
          ))}
      </ul>
    </div>
  );
}

interface MemberTileProps {
  readonly run: string;
  readonly sheet: ContactSheet;
  readonly member: number;
  readonly label: string;
  readonly ending: Ending | undefined;
  readonly aspect: number;
  readonly best: boolean;
  /** All panels show it. */
  readonly shown: boolean;
  /** By the user, not because it is the best. */
  readonly chosen: boolean;
  /** Its learning rate can be turned. */
  readonly turns: boolean;
}

function MemberTile(props: MemberTileProps) {
  const { run, sheet, member, label, ending, aspect, best, shown, chosen, turns } = props;
  const tile = useRef<HTMLLIElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const loss = useRef<HTMLElement>(null);
  const rate = useRef<HTMLElement>(null);
  useEffect(() => {
    if (tile.current === null || canvas.current === null || loss.current === null || rate.current === null) return;
    return sheet.attach(member, {
      tile: tile.current,
      canvas: canvas.current,
      loss: loss.current,
      rate: rate.current,
    });
  }, [sheet, member]);
  const state = ending === undefined ? undefined : `ended at ${ending.iteration}: ${ending.reason}`;
  return (
    <li ref={tile} className="members-tile" data-shown={shown} data-ended={ending !== undefined} data-member={member}>
      <Tooltip label={chosen ? 'Back to whichever is best' : 'Show this member in all panels'} openDelay={800}>
        <button
          type="button"
          className="members-pick"
          aria-pressed={shown}
          onClick={() => setCursor({ member: chosen ? 'best' : member })}
        >
          <canvas ref={canvas} style={{ aspectRatio: aspect }} />
          <span className="members-label">
            {best && <IconTrophy size={13} className="members-best" aria-hidden="true" />}
            <VisuallyHidden component="span">Member </VisuallyHidden>
            <span className="members-number numbers">{member}</span>
            <span className="members-name" title={label}>
              {label}
            </span>
            {best && <VisuallyHidden component="span">, the best</VisuallyHidden>}
          </span>
        </button>
      </Tooltip>
      <div className="members-facts numbers">
        <span>
          loss <b ref={loss}>–</b>
        </span>
        <span className="members-rate" title="Learning rate as it acts, with schedule and halvings">
          rate <b ref={rate}>–</b>
        </span>
        {turns && (
          <span className="members-turns">
            <RateButton run={run} member={member} factor={0.5} reachable={shown} />
            <RateButton run={run} member={member} factor={2} reachable={shown} />
          </span>
        )}
      </div>
      {state !== undefined && (
        <div className="members-ended" title={state}>
          {state}
        </div>
      )}
    </li>
  );
}

interface RateButtonProps {
  readonly run: string;
  readonly member: number;
  readonly factor: 0.5 | 2;
  /** With the Tab key: only on the member on show, or Tab would pass hundreds. */
  readonly reachable: boolean;
}

function RateButton({ run, member, factor, reachable }: RateButtonProps) {
  const label = `${factor === 2 ? 'Double' : 'Halve'} the learning rate of member ${member}`;
  const sign = factor === 2 ? '×2' : '÷2';
  return (
    <Tooltip label={label}>
      <button
        type="button"
        className="members-turn"
        aria-label={`${sign}, ${label.toLowerCase()}`}
        tabIndex={reachable ? 0 : -1}
        onClick={() => scaleRate(run, member, factor, label)}
      >
        {sign}
      </button>
    </Tooltip>
  );
}

/** Of this member alone; takes effect at the next iteration, and can be undone. */
function scaleRate(run: string, member: number, factor: number, label: string): void {
  const details = currentRun(useLab.getState())?.details;
  if (details?.problem === undefined) return;
  const table = hyperTableAt(details.problem, details, 'now');
  const dial = dialOf({ problem: details.problem, table, name: 'learningRate', scope: member, group: '' });
  if (dial !== undefined) void changeLiveValues({ run, label, ...scaledBy(dial, factor) });
}
