// Contact sheet of the members of a run: what each has come to, its loss and its own learning rate. A click shows that
// member in all panels.

import { NativeSelect, Slider, VisuallyHidden } from '@mantine/core';
import { IconPlayerPlayFilled, IconPlayerStopFilled, IconTrophy } from '@tabler/icons-react';
import { memo, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { ENDED_BY_USER, type MemberDescription, type RunState } from '../../../src/protocol/run.ts';
import type { HyperValues, SettingDescription } from '../../../src/protocol/settings.ts';
import { bestMember } from '../../state/best-member.ts';
import { setCursor, useCursor } from '../../state/cursor.ts';
import { hyperTableAt } from '../../state/hyper.ts';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import { changeLiveValues, setMemberRunning } from '../../state/live-changes.ts';
import { changesBack, changesTo, type Dial, dialOf, scaledBy } from '../../state/steering.ts';
import { formatCount } from '../../widgets/format-number.ts';
import { PanelMessage } from '../images/panel-message.tsx';
import { isPicture } from '../images/raster.ts';
import type { PanelProps } from '../panel-components.ts';
import { ContactSheet } from './contact-sheet.ts';
import { endingsOf, leftBehind, statusOf, toldOf } from './member-figures.ts';
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
  const accepted = useCurrentRun(({ details }) => details.accepted) ?? none;
  const problem = useCurrentRun(({ details }) => details.problem);
  const state = useCurrentRun(({ details }) => details.entry.state) ?? 'loading';
  const steerable = ['running', 'paused', 'ready'].includes(state);
  const now = useCursor(state => state.iteration === 'now');
  const [ranks, setRanks] = useState<readonly number[]>([]);
  const [sheet, setSheet] = useState<ContactSheet>();
  const endings = useMemo(() => endingsOf(events), [events]);
  const told = useMemo(() => toldOf(accepted), [accepted]);
  const behind = useMemo(() => leftBehind(events, members.length, 'now'), [events, members]);
  const table = useMemo(
    () => (problem === undefined ? undefined : hyperTableAt(problem, { events, accepted }, 'now')),
    [problem, events, accepted],
  );
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
  const running = members.filter((_, member) => endings[member] === undefined).length;
  const staying = members.filter((_, member) =>
    told[member] === undefined ? endings[member] === undefined : told[member] === 'go on',
  ).length;
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
            : `${formatCount(members.length)} members, ${running === 0 ? 'all have ended' : `${formatCount(running)} still descending`}`}
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
              endedAt={endings[member]?.iteration}
              reason={endings[member]?.reason}
              told={told[member]}
              faint={behind.has(member)}
              aspect={view === undefined || view.kind === 'heat-map' ? 2 : view.width / view.height}
              best={member === best && members.length > 1}
              shown={member === (chosen === 'best' ? best : chosen)}
              chosen={member === chosen}
              state={state}
              turns={steerable && now}
              endable={staying > 1}
              live={members[member].live}
              on={switchedOn(members[member].live, table?.resolve(member, ''))}
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
  /** Undefined: it has not ended. */
  readonly endedAt: number | undefined;
  readonly reason: string | undefined;
  /** By the user, for the next iteration. */
  readonly told: 'end' | 'go on' | undefined;
  /** Others have left it behind. */
  readonly faint: boolean;
  readonly aspect: number;
  readonly best: boolean;
  /** All panels show it. */
  readonly shown: boolean;
  /** By the user, not because it is the best. */
  readonly chosen: boolean;
  readonly state: RunState;
  /** Whoever has not ended can be steered. */
  readonly turns: boolean;
  /** Others descend beside it. */
  readonly endable: boolean;
  readonly live: readonly SettingDescription[];
  /** Names of its live values that are switched on, joined by blanks. */
  readonly on: string;
}

/** Live values that are on or off. */
const isSwitch = ({ control }: SettingDescription) => control === 'switch';

function switchedOn(live: readonly SettingDescription[], values: HyperValues | undefined): string {
  const on = live.filter(setting => isSwitch(setting) && (values?.[setting.name] ?? 0) !== 0);
  return on.map(({ name }) => name).join(' ');
}

/** Drawn anew only where something of it has changed: an event may be about any one of hundreds. */
const MemberTile = memo(function MemberTile(props: MemberTileProps) {
  const { run, sheet, member, label, endedAt, reason, faint, aspect, best, shown, chosen, ...more } = props;
  const { state, told, turns, endable, live, on } = more;
  const ending = endedAt === undefined ? undefined : { iteration: endedAt, reason: reason ?? '' };
  const tile = useRef<HTMLLIElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const spark = useRef<HTMLCanvasElement>(null);
  const loss = useRef<HTMLElement>(null);
  const rate = useRef<HTMLElement>(null);
  useEffect(() => {
    const all = [tile.current, canvas.current, spark.current, loss.current, rate.current] as const;
    if (!isAll(all)) return undefined;
    const [li, picture, curve, lossText, rateText] = all;
    return sheet.attach(member, { tile: li, canvas: picture, spark: curve, loss: lossText, rate: rateText });
  }, [sheet, member]);
  const status = statusOf(ending, state, told);
  const canGoOn = told === 'end' || (ending?.reason === ENDED_BY_USER && told === undefined);
  return (
    <li ref={tile} className="members-tile" data-shown={shown} data-faint={faint} data-member={member}>
      <button
        type="button"
        className="members-pick"
        title={chosen ? 'Back to whichever is best' : 'Show this member in all panels'}
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
        <canvas ref={spark} className="members-spark" />
      </button>
      <div className="members-facts numbers">
        <span>
          loss <b ref={loss}>–</b>
        </span>
        <span className="members-rate" title="Learning rate as it acts, with schedule and halvings">
          rate <b ref={rate}>–</b>
        </span>
      </div>
      <div className="members-foot">
        <span className="members-status" data-status={status.kind} title={status.full}>
          {status.short}
        </span>
        {turns && canGoOn && (
          <TileButton
            label={`Let member ${member} go on where it was ended`}
            reachable={shown}
            onClick={() => void setMemberRunning(run, member, 'running')}
          >
            <IconPlayerPlayFilled size={11} />
          </TileButton>
        )}
        {turns && ending === undefined && (
          <span className="members-turns">
            <RateButton run={run} member={member} factor={0.5} reachable={shown} />
            <RateButton run={run} member={member} factor={2} reachable={shown} />
            {live.filter(isSwitch).map(setting => (
              <SwitchButton
                key={setting.name}
                run={run}
                member={member}
                setting={setting}
                on={on.split(' ').includes(setting.name)}
                reachable={shown}
              />
            ))}
            {endable && told !== 'end' && (
              <TileButton
                label={`End member ${member}, its result stays`}
                reachable={shown}
                onClick={() => void setMemberRunning(run, member, 'ended')}
              >
                <IconPlayerStopFilled size={11} />
              </TileButton>
            )}
          </span>
        )}
      </div>
    </li>
  );
});

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
    <TileButton
      label={label}
      name={`${sign}, ${label.toLowerCase()}`}
      reachable={reachable}
      onClick={() => scaleRate(run, member, factor, label)}
    >
      {sign}
    </TileButton>
  );
}

interface SwitchButtonProps {
  readonly run: string;
  readonly member: number;
  readonly setting: SettingDescription;
  readonly on: boolean;
  readonly reachable: boolean;
}

function SwitchButton({ run, member, setting, on, reachable }: SwitchButtonProps) {
  return (
    <TileButton
      label={`${setting.title}, member ${member}: ${on ? 'on' : 'off'}. ${setting.help}`}
      name={`${setting.title}, member ${member}`}
      pressed={on}
      reachable={reachable}
      onClick={() => setSwitch(run, member, setting, on ? 0 : 1)}
    >
      {setting.title}
    </TileButton>
  );
}

interface TileButtonProps {
  /** In full, for the tooltip. */
  readonly label: string;
  /** For screen readers; left out: the label. */
  readonly name?: string;
  readonly pressed?: boolean;
  readonly reachable: boolean;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function TileButton({ label, name = label, pressed, reachable, onClick, children }: TileButtonProps) {
  return (
    <button
      type="button"
      className="members-turn"
      title={label}
      aria-label={name}
      aria-pressed={pressed}
      tabIndex={reachable ? 0 : -1}
      onClick={onClick}
    >
      {children}
    </button>
  );
}

type Elements = readonly [HTMLElement, HTMLCanvasElement, HTMLCanvasElement, HTMLElement, HTMLElement];

function isAll(elements: readonly (HTMLElement | null)[]): elements is Elements {
  return elements.every(element => element !== null);
}

/** Of this member alone; takes effect at the next iteration, and can be undone. */
function setSwitch(run: string, member: number, { name, title }: SettingDescription, value: number): void {
  const dial = memberDial(member, name);
  if (dial === undefined) return;
  const label = `${value === 0 ? 'Switch off' : 'Switch on'} ${title.toLowerCase()} of member ${member}`;
  void changeLiveValues({ run, label, changes: changesTo(dial, value), back: changesBack(dial) });
}

/** Of this member alone; takes effect at the next iteration, and can be undone. */
function scaleRate(run: string, member: number, factor: number, label: string): void {
  const dial = memberDial(member, 'learningRate');
  if (dial !== undefined) void changeLiveValues({ run, label, ...scaledBy(dial, factor) });
}

function memberDial(member: number, name: string): Dial | undefined {
  const details = currentRun(useLab.getState())?.details;
  if (details?.problem === undefined) return undefined;
  const table = hyperTableAt(details.problem, details, 'now');
  return dialOf({ problem: details.problem, table, name, scope: member, group: '' });
}
