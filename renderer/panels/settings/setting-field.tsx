// One setting of a draft: title with help, a field that fits its type, whether it was changed, and the way back. A
// setting whose value may differ between members can be raced: one value for each.

import { ActionIcon, Select, TextInput, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconArrowsSplit } from '@tabler/icons-react';
import { useId, useMemo, useState } from 'react';
import { titleOfChoice } from '../../../src/protocol/settings.ts';
import { setDraftSetting } from '../../state/draft.ts';
import { setDraftRace } from '../../state/draft-edits.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { LONGEST_UNIT, NumberField } from '../../widgets/number-field.tsx';
import { scaleOf } from '../../widgets/slider-scale.ts';
import { helpText, type ListedSetting, racedValues, raceRefusal, rangeOf, refusal, valueText } from './setting-list.ts';

export interface SettingFieldProps {
  readonly listed: ListedSetting;
  /** How many members a race of another setting makes; undefined: none is raced. */
  readonly raced: number | undefined;
  /** Shown under the field: where the choice comes from. */
  readonly source?: string | undefined;
  /** Why it has no effect at present; then it cannot be changed. */
  readonly unused?: string | undefined;
  /** What the host found wrong with it. */
  readonly error?: string | undefined;
}

export function SettingField({ listed, raced, source, unused, error }: SettingFieldProps) {
  const { setting, usual, given, raced: values } = listed;
  const [mistyped, setMistyped] = useState<string | undefined>(undefined);
  const wrong = mistyped ?? error;
  const errorId = useId();
  const changed = given !== undefined || values !== undefined;
  const range = rangeOf(setting);
  const value = given ?? (usual === undefined ? undefined : String(usual));
  const set = (text: string): void => setDraftSetting(setting.name, text === String(usual) ? undefined : text);
  const reset = (): void =>
    values === undefined ? setDraftSetting(setting.name, undefined) : setDraftRace(setting.name, undefined);
  const race = (): void => setDraftRace(setting.name, firstRace(listed, raced));
  return (
    <div className="settings-row" data-setting={setting.name}>
      <div className="settings-head">
        <span className="settings-title">
          <span>{setting.title}</span>
          <HelpMark label={setting.title} text={helpText(setting, values === undefined ? value : undefined)} />
          {changed && <span className="settings-dot" role="img" aria-label="changed" />}
        </span>
        {values === undefined && (
          <span className="settings-control" data-choice={setting.type === 'choice'}>
            {setting.type === 'choice' ? (
              <Select
                size="xs"
                aria-label={setting.title}
                allowDeselect={false}
                data={(setting.choices ?? []).map(choice => ({ value: choice, label: titleOfChoice(setting, choice) }))}
                renderOption={({ option }) => (
                  <span className="settings-choice">
                    {option.label}
                    {option.label !== option.value && <small>{option.value}</small>}
                  </span>
                )}
                value={value ?? null}
                error={error !== undefined}
                disabled={unused !== undefined}
                comboboxProps={{ width: 290, position: 'bottom-end' }}
                onChange={chosen => chosen !== null && set(chosen)}
              />
            ) : (
              <NumberSetting
                listed={listed}
                onSet={set}
                onRefusal={setMistyped}
                invalid={error !== undefined}
                disabled={unused !== undefined}
                describedBy={wrong === undefined ? undefined : errorId}
              />
            )}
          </span>
        )}
        {setting.live !== 'fixed' && values === undefined && (
          <Tooltip label="Race: several values, a member for each">
            <ActionIcon size="sm" aria-label={`Race ${setting.title}`} onClick={race}>
              <IconArrowsSplit size={14} />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={values === undefined ? `Back to ${valueText(setting, usual)}` : 'One value for all again'}>
          <ActionIcon size="sm" aria-label={`Reset ${setting.title}`} disabled={!changed} onClick={reset}>
            <IconArrowBackUp size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      {values !== undefined && <RaceField listed={listed} values={values} members={raced ?? values.length} />}
      {wrong !== undefined && (
        <span className="number-field-error" id={errorId} role="alert">
          {wrong}
        </span>
      )}
      <p className="settings-note">{unused ?? `${usualText(listed)}${range === '' ? '' : ` · ${range}`}`}</p>
      {source !== undefined && <p className="settings-note">{source}</p>}
    </div>
  );
}

/** What holds unless the user says otherwise, and why. */
function usualText({ setting, usual, from }: ListedSetting): string {
  if (usual === undefined) return 'default from the input';
  const { unit } = setting;
  const text = `${valueText(setting, usual)}${unit === undefined ? '' : ` ${unit}`}`;
  return from === 'default' ? `default ${text}` : `${text}, from the ${from}`;
}

interface NumberSettingProps {
  readonly listed: ListedSetting;
  readonly onSet: (text: string) => void;
  readonly onRefusal: (refusal: string | undefined) => void;
  readonly invalid: boolean;
  readonly disabled: boolean;
  readonly describedBy: string | undefined;
}

function NumberSetting({ listed, onSet, ...rest }: NumberSettingProps) {
  const { setting, usual, given } = listed;
  const value = given === undefined ? usual : Number(given);
  const shown = typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  const about = typeof usual === 'number' ? usual : (shown ?? 0);
  const scale = useMemo(() => scaleOf(setting, about, shown === undefined ? [] : [shown]), [setting, about, shown]);
  return (
    <NumberField
      label={setting.title}
      width="100%"
      value={shown}
      placeholder="from the input"
      unit={(setting.unit?.length ?? 0) > LONGEST_UNIT ? undefined : setting.unit}
      scale={scale}
      check={text => refusal(setting, text)}
      {...rest}
      onTurn={turned => onSet(String(turned))}
      onClear={() => setDraftSetting(setting.name, undefined)}
    />
  );
}

interface RaceFieldProps {
  readonly listed: ListedSetting;
  readonly values: readonly string[];
  readonly members: number;
}

function RaceField({ listed: { setting }, values, members }: RaceFieldProps) {
  const [text, setText] = useState(values.join(', '));
  const wrong = raceRefusal(setting, values, members);
  return (
    <TextInput
      size="xs"
      aria-label={`Values of ${setting.title}, one for each member, separated by commas`}
      description={`${values.length} members, one for each value, separated by commas`}
      error={wrong}
      value={text}
      onChange={event => {
        setText(event.currentTarget.value);
        setDraftRace(setting.name, racedValues(event.currentTarget.value));
      }}
    />
  );
}

/** Values to begin a race with: choices in turn, or factors of two about the value. */
function firstRace({ setting, usual, given }: ListedSetting, members: number = 2): readonly string[] {
  const { choices = [], minimum = -Infinity, maximum = Infinity, type } = setting;
  const value = given ?? (usual === undefined ? undefined : String(usual));
  if (type === 'choice') {
    const others = choices.filter(choice => choice !== value);
    const order = value === undefined ? others : [value, ...others];
    return Array.from({ length: members }, (_, m) => order[m % order.length] ?? '');
  }
  const about = Number(value ?? (type === 'integer' ? 16 : 1)) || 1;
  return Array.from({ length: members }, (_, m) => {
    const turned = Math.min(maximum, Math.max(minimum, about / 2 ** m));
    return String(type === 'integer' ? Math.round(turned) : Number(turned.toPrecision(4)));
  });
}
