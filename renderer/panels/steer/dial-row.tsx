// One live value: title, slider, number, half and double, back to the start, and what does not follow it.

import { ActionIcon, Switch, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { asLabError } from '../../../src/protocol/lab-error.ts';
import { checkSetting, type SettingDescription } from '../../../src/protocol/settings.ts';
import { turnForBranch } from '../../state/branch-changes.ts';
import { changeLiveValues, type LiveEdit } from '../../state/live-changes.ts';
import { useProblems } from '../../state/problems.ts';
import {
  backToStart,
  changesBack,
  changesTo,
  type Dial,
  followAgain,
  type LiveChange,
  scaledBy,
  type TurnedAll,
} from '../../state/steering.ts';
import { createCoalescer } from '../../widgets/coalescer.ts';
import { formatNumber, readableName } from '../../widgets/format-number.ts';
import { newGesture, type Turn } from '../../widgets/gesture.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { LogSlider } from '../../widgets/log-slider.tsx';
import { LONGEST_UNIT, NumberField } from '../../widgets/number-field.tsx';
import { scaleOf } from '../../widgets/slider-scale.ts';
import { parsePath } from './change-history.ts';
import type { SteerMode } from './steer-mode.ts';

/** Between two changes of one drag. */
const SEND_MILLISECONDS = 200;
/** How long a value is shown that the run has not confirmed. */
const TRUST_MILLISECONDS = 2000;

export interface DialRowProps {
  readonly run: string;
  readonly dial: Dial;
  readonly mode: SteerMode;
  /** Of a group's own row; otherwise the title of the setting. */
  readonly title?: string;
  /** The row that this one follows unless it has a value of its own. */
  readonly common?: Dial | undefined;
}

export function DialRow(props: DialRowProps) {
  return props.dial.setting.control === 'switch' ? <SwitchRow {...props} /> : <ValueRow {...props} />;
}

/** A live value that is on or off. */
function SwitchRow({ run, dial, mode }: DialRowProps) {
  const { setting, values } = dial;
  const { shown, turn } = useTurns(run, dial, mode);
  const some = values.some(value => value !== 0);
  return (
    <div className="steer-dial" data-path={dial.path}>
      <div className="steer-dial-head">
        <span className="steer-dial-title">
          <span>{setting.title}</span>
          <HelpMark text={setting.help} label={setting.title} />
        </span>
        <Switch
          size="xs"
          aria-label={setting.title}
          label={shown === undefined ? 'differs' : undefined}
          checked={shown === undefined ? some : shown !== 0}
          disabled={mode.kind === 'off'}
          onChange={event => turn(event.currentTarget.checked ? 1 : 0, newGesture(), 'done')}
        />
      </div>
    </div>
  );
}

function ValueRow({ run, dial, mode, title, common }: DialRowProps) {
  const { setting, start } = dial;
  const { shown, turn, send } = useTurns(run, dial, mode);
  const scale = useScale(setting, dial);
  const refusal = useRefusal(run, dial.path);
  const [mistyped, setMistyped] = useState<string | undefined>(undefined);
  const wrong = mistyped ?? refusal;
  const errorId = useId();
  const off = mode.kind === 'off';
  const name = title ?? setting.title;
  const longUnit = title === undefined && (setting.unit?.length ?? 0) > LONGEST_UNIT;
  const changed = dial.origin === 'own' && dial.value !== start;
  const spread = dial.values.length > 1 ? dial.values.filter(value => value !== shown) : [];
  const moved = dial.values.some(value => value !== start) || dial.exceptions.length > 0;
  const nothing = dial.values.every(value => value === 0);
  const all = (what: TurnedAll, how: string): void => send(`${how} ${lower(setting.title)}`, what.changes, what.back);
  return (
    <div className="steer-dial" data-group={title !== undefined} data-path={dial.path}>
      <div className="steer-dial-head">
        <span className="steer-dial-title">
          <span title={name}>
            {name}
            {longUnit && <small> {setting.unit}</small>}
          </span>
          {changed && <span className="steer-dot" role="img" aria-label="changed" />}
          {title === undefined && <HelpMark text={`${setting.help} ${rangeText(setting)}`} label={setting.title} />}
        </span>
        <NumberField
          label={`${name}, value`}
          value={shown}
          placeholder={dial.value === undefined ? 'differs' : ''}
          scale={scale}
          unit={longUnit ? undefined : setting.unit}
          disabled={off}
          width={96}
          check={text => refusedBecause(setting, text)}
          onTurn={turn}
          onRefusal={setMistyped}
          describedBy={wrong === undefined ? undefined : errorId}
        />
      </div>
      {wrong !== undefined && (
        <span className="number-field-error" id={errorId} role="alert">
          {wrong}
        </span>
      )}
      <div className="steer-dial-body">
        <Tooltip label={`Halve ${lower(name)}`}>
          <button
            type="button"
            className="steer-times"
            aria-label={`÷2, halve ${lower(name)}`}
            disabled={off || nothing}
            onClick={() => all(scaledBy(dial, 0.5), 'Halve')}
          >
            ÷2
          </button>
        </Tooltip>
        <LogSlider
          label={name}
          scale={scale}
          value={shown}
          start={start}
          others={spread}
          unit={setting.unit}
          disabled={off}
          onTurn={turn}
        />
        <Tooltip label={`Double ${lower(name)}`}>
          <button
            type="button"
            className="steer-times"
            aria-label={`×2, double ${lower(name)}`}
            disabled={off || nothing}
            onClick={() => all(scaledBy(dial, 2), 'Double')}
          >
            ×2
          </button>
        </Tooltip>
        <Tooltip label={`Back to the start value${start === undefined ? '' : `, ${formatNumber(start)}`}`}>
          <ActionIcon
            size="sm"
            aria-label={`${name}: back to the start value`}
            disabled={off || !moved}
            onClick={() => all(backToStart(dial), 'Reset')}
          >
            <IconArrowBackUp size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      {dial.value === undefined && (
        <p className="steer-note">
          Differs: {valuesText(dial.values)}. ÷2 and ×2 keep the ratios; the slider sets all alike.
        </p>
      )}
      {dial.value !== undefined &&
        dial.exceptions.map(path => (
          <Exception
            key={path}
            path={path}
            values={dial.reach.filter(({ own }) => own === path).map(({ value }) => value)}
            onFollow={off ? undefined : () => all(followAgain(dial, path), 'Follow')}
          />
        ))}
      {common !== undefined &&
        dial.origin === 'own' &&
        dial.value !== common.value &&
        common.value !== undefined &&
        !off && (
          <p className="steer-note">
            Has its own value.{' '}
            <button
              type="button"
              className="steer-link"
              onClick={() => turn(common.value as number, `follow ${performance.now()}`, 'done')}
            >
              Follow {formatNumber(common.value)} again
            </button>
          </p>
        )}
    </div>
  );
}

interface ExceptionProps {
  readonly path: string;
  readonly values: readonly number[];
  readonly onFollow: (() => void) | undefined;
}

function Exception({ path, values, onFollow }: ExceptionProps) {
  const { scope, group } = parsePath(path);
  const who = [...(scope === 'all' ? [] : [`member ${scope}`]), ...(group === '' ? [] : [group])].join(', ');
  return (
    <span className="steer-exception">
      {readableName(who)} has its own: {formatNumber(values[0])}.
      {onFollow !== undefined && (
        <button
          type="button"
          className="steer-link"
          aria-label={`${who}: follow the common value again`}
          onClick={onFollow}
        >
          Follow again
        </button>
      )}
    </span>
  );
}

interface Turns {
  /** The value the user last gave, until the run has it; then the run's. */
  readonly shown: number | undefined;
  readonly turn: Turn;
  send(label: string, changes: readonly LiveChange[], back: readonly LiveChange[], gesture?: string): void;
}

function useTurns(run: string, dial: Dial, mode: SteerMode): Turns {
  const [turned, setTurned] = useState<number | undefined>(undefined);
  /** What this gesture has asked for; anything else that the run tells is newer than it. */
  const asked = useRef(new Set<number>());
  /** The dial as it was when the present gesture began: that is what undo goes back to. */
  const began = useRef<{ readonly gesture: string; readonly dial: Dial } | undefined>(undefined);
  const coalescer = useMemo(
    () => createCoalescer(changeLiveValues, { milliseconds: SEND_MILLISECONDS, same: sameEdit }),
    [],
  );
  useEffect(() => {
    if (turned === undefined) return;
    const timer = setTimeout(() => setTurned(undefined), TRUST_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [turned]);

  const last = useRef(turned);
  last.current = turned;
  useEffect(() => {
    if (dial.value === undefined || dial.value === last.current || !asked.current.has(dial.value)) setTurned(undefined);
  }, [dial.value]);

  const turn: Turn = (value, gesture, phase) => {
    if (began.current?.gesture !== gesture) {
      // A value sent a moment ago that the run has not confirmed yet is what undo goes back to.
      const { current: sent } = last;
      const before = sent === undefined || dial.value === undefined ? dial : { ...dial, value: sent };
      began.current = { gesture, dial: before };
      asked.current.clear();
    }
    asked.current.add(value);
    const from = began.current.dial;
    const label = `Change ${lower(dial.setting.title)}`;
    const changes = changesTo(from, value);
    if (mode.kind === 'branch') return turnForBranch(run, label, changes, gesture);
    if (mode.kind === 'off') return;
    setTurned(value);
    const edit: LiveEdit = { run, label, changes, back: changesBack(from), gesture };
    if (phase === 'done') coalescer.flush(edit);
    else coalescer.push(edit);
  };
  const send: Turns['send'] = (label, changes, back) => {
    setTurned(undefined);
    if (mode.kind === 'branch') turnForBranch(run, label, changes);
    else if (mode.kind === 'live') coalescer.flush({ run, label, changes, back });
  };
  return { shown: mode.kind === 'live' ? (turned ?? dial.value) : dial.value, turn, send };
}

/** The release of a drag at the value that was sent last. */
function sameEdit(sent: LiveEdit, next: LiveEdit): boolean {
  return next.gesture !== undefined && sent.gesture === next.gesture && sent.changes[0].value === next.changes[0].value;
}

/** About the start value; once it has shown a value it goes on to have room for it, so that it holds still in a drag. */
function useScale(setting: SettingDescription, dial: Dial) {
  const seen = useRef<readonly [number, number] | undefined>(undefined);
  const values = [...dial.values, ...(dial.value === undefined ? [] : [dial.value]), ...(seen.current ?? [])];
  const positive = values.filter(value => value > 0);
  const least = positive.length === 0 ? 0 : Math.min(...positive);
  const most = Math.max(0, ...values);
  seen.current = [least, most];
  const about = dial.start ?? dial.reach[0].start;
  return useMemo(() => scaleOf(setting, about, [least, most]), [setting, about, least, most]);
}

/** What the host last refused on this path, until something else was tried. */
function useRefusal(run: string, path: string): string | undefined {
  const refused = useProblems(({ list }) =>
    list[0]?.run === run && list[0].error.where === `event ${path}` ? list[0].error : undefined,
  );
  return refused === undefined ? undefined : `${refused.message} ${refused.tip ?? ''}`;
}

function refusedBecause(setting: SettingDescription, text: string): string | undefined {
  try {
    checkSetting(setting, text);
    return undefined;
  } catch (thrown) {
    const { message, tip } = asLabError(thrown);
    return tip ?? message;
  }
}

function rangeText({ minimum, maximum, unit }: SettingDescription): string {
  if (minimum === undefined || maximum === undefined) return '';
  return `Range ${formatNumber(minimum)} to ${formatNumber(maximum)}${unit === undefined ? '' : ` ${unit}`}.`;
}

const MOST_VALUES = 6;

/** All of a few; of many how many they are, and from where to where. */
function valuesText(values: readonly number[]): string {
  if (values.length <= MOST_VALUES) return values.map(value => formatNumber(value)).join(', ');
  return `${values.length} values, ${formatNumber(values[0], 3)} to ${formatNumber(values.at(-1), 3)}`;
}

function lower(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
