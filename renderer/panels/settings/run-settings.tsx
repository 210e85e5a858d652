// What the run on show was made with, to be read: each setting, per member where they differ, what is not the default.

import { Button, Switch, TextInput } from '@mantine/core';
import { IconCopyPlus, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import type { ProblemDescription, Recipe } from '../../../src/protocol/run.ts';
import type { SettingDescription } from '../../../src/protocol/settings.ts';
import { perform } from '../../actions/actions.ts';
import { runCommand } from '../../state/draft-command.ts';
import { useCurrentRun, useLab } from '../../state/lab.ts';
import { settingsWith } from '../../state/recipe-settings.ts';
import { CommandBox } from '../../widgets/command-box.tsx';
import { formatCount, readableName } from '../../widgets/format-number.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { found, grouped, helpText, valueText } from './setting-list.ts';

export function RunSettings() {
  const recipe = useCurrentRun(({ details }) => details.recipe);
  const problem = useCurrentRun(({ details }) => details.problem);
  const events = useCurrentRun(({ details }) => details.events);
  const fit = useLab(({ description }) => description?.fits.find(({ id }) => id === recipe?.fit));
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState<'changed' | 'all'>('all');
  const rows = useMemo(() => (recipe === undefined ? [] : rowsOf(recipe, problem, fit)), [recipe, problem, fit]);
  if (recipe === undefined || events === undefined) return <p className="settings-note">The run is loading …</p>;
  const shown = found(rows, search).filter(({ changed }) => only === 'all' || changed);
  return (
    <>
      <p className="settings-note">
        What the run was made with. Live values may have been turned since: see Steer for what holds now.
      </p>
      <TextInput
        size="xs"
        aria-label="Search settings"
        placeholder="Search settings"
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={event => setSearch(event.currentTarget.value)}
      />
      <Switch
        size="xs"
        label={`Only what differs from the defaults (${rows.filter(({ changed }) => changed).length})`}
        checked={only === 'changed'}
        onChange={event => setOnly(event.currentTarget.checked ? 'changed' : 'all')}
      />
      {grouped(shown).map(([heading, members]) => (
        <section key={heading} className="settings-group" aria-label={heading} style={{ gap: 5 }}>
          <h2 className="settings-heading">{heading}</h2>
          {members.map(row => (
            <RunSetting key={row.setting.name} row={row} />
          ))}
        </section>
      ))}
      {shown.length === 0 && <p className="settings-note">Nothing to show here.</p>}
      <section className="settings-group" aria-label="Command line">
        <h2 className="settings-heading">Equivalent command</h2>
        <CommandBox command={runCommand(recipe, events, fit)} />
      </section>
      <div className="settings-end">
        <Button
          variant="default"
          leftSection={<IconCopyPlus size={16} />}
          title="N"
          onClick={() => perform('library.again')}
        >
          New run with these settings…
        </Button>
      </div>
    </>
  );
}

interface Row {
  readonly setting: SettingDescription;
  /** One text, or one for each member. */
  readonly values: readonly string[];
  readonly changed: boolean;
}

function rowsOf(
  recipe: Recipe,
  problem: ProblemDescription | undefined,
  fit: FitDescription | undefined,
): readonly Row[] {
  const { members } = recipe;
  const ids = (name: string) => members.map(member => String(member[name]));
  const described = fit === undefined ? [] : settingsWith(fit, ids('optimizer'), ids('schedule'));
  const ofRules = [...(fit?.optimizers ?? []), ...(fit?.schedules ?? [])].flatMap(({ hyper }) => hyper);
  const known = new Map(described.map(setting => [setting.name, setting]));
  // What only some members have, and what a later version no longer describes.
  for (const name of new Set(members.flatMap(member => Object.keys(member)))) {
    const rule = ofRules.find(hyper => hyper.name === name);
    if (!known.has(name)) known.set(name, rule === undefined ? plain(name) : { ...rule, type: 'number', live: 'live' });
  }
  const rows = [...known.values()].map((setting): Row => {
    const { name } = setting;
    const texts = members.map((member, m) => {
      const value = member[name];
      const unit = setting.unit === undefined ? '' : ` ${setting.unit}`;
      if (value !== undefined) return `${valueText(setting, value)}${unit}`;
      const { starts = {}, derived: took = {} } = problem?.members[m] ?? {};
      const derived = took[name] ?? starts[name] ?? (members.length === 1 ? problem?.summary[name] : undefined);
      return derived === undefined ? 'from the input' : `${valueText(setting, derived)}${unit} (from the input)`;
    });
    return {
      setting,
      values: new Set(texts).size === 1 ? texts.slice(0, 1) : texts,
      changed: members.some(member => member[name] !== undefined && member[name] !== setting.default),
    };
  });
  return [
    ...rows,
    ...(recipe.mask === undefined ? [] : [plainRow('maskOfTheInput', recipe.mask, true)]),
    ...Object.entries(recipe.companions ?? {}).map(([id, file]) =>
      plainRow(fit?.companions.find(each => each.id === id)?.title ?? id, file, true),
    ),
    plainRow('members', String(members.length), members.length > 1),
    plainRow('seed', String(recipe.seed), recipe.seed !== 0),
  ];
}

function plain(name: string): SettingDescription {
  return { name, title: readableName(name), type: 'number', default: undefined, help: '', live: 'fixed', group: 'Run' };
}

function plainRow(name: string, value: string, changed: boolean): Row {
  return {
    setting: plain(name),
    values: [value],
    changed,
  };
}

/** More values, one for each member, wait behind a fold. */
const MOST_LISTED = 4;

function RunSetting({ row: { setting, values, changed } }: { readonly row: Row }) {
  return (
    <div className="settings-head">
      <span className="settings-title">
        <span>{setting.title}</span>
        {setting.help !== '' && <HelpMark label={setting.title} text={helpText(setting)} />}
        {changed && <span className="settings-dot" role="img" aria-label="not the default" />}
      </span>
      <span className="settings-value" data-changed={changed}>
        {values.length === 1 ? (
          values[0]
        ) : values.length <= MOST_LISTED ? (
          <ByMember values={values} />
        ) : (
          <details>
            <summary>{formatCount(new Set(values).size)} values, by member</summary>
            <ByMember values={values} />
          </details>
        )}
      </span>
    </div>
  );
}

function ByMember({ values }: { readonly values: readonly string[] }) {
  return values.map((value, member) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a member is its number.
    <div key={member}>
      <small>{member}:</small> {value}
    </div>
  ));
}
