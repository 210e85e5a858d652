// The settings of a draft: preset, search, fields under headings, members, seed and mask, and the start.

import { Alert, Button, CloseButton, Progress, Select, Switch, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPause, IconPlayerPlay, IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import { perform } from '../../actions/actions.ts';
import { cancelUpload, type Draft, draftFromInput, setDraftSetting, useDraft } from '../../state/draft.ts';
import { draftCommand, hasMask, isPhoto } from '../../state/draft-command.ts';
import { editDraft } from '../../state/draft-edits.ts';
import { useLab } from '../../state/lab.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { usualMembersOf } from '../../state/recipe-settings.ts';
import { BackToRun } from '../../widgets/back-to-run.tsx';
import { CommandBox } from '../../widgets/command-box.tsx';
import { formatValue, readableName } from '../../widgets/format-number.ts';
import { placeOf } from '../problems/problem-text.ts';
import { FileFields } from './file-fields.tsx';
import { MaskFields } from './mask-fields.tsx';
import { MemberFields } from './member-fields.tsx';
import { SettingField } from './setting-field.tsx';
import { found, grouped, type ListedSetting, listSettings, presetOf, raceRefusal } from './setting-list.ts';

export function DraftSettings() {
  const draft = useDraft();
  const fit = useLab(({ description }) => description?.fits.find(({ id }) => id === draft.fit));
  const { input, settings, race } = draft;
  const list = useMemo(
    () => (fit === undefined ? [] : listSettings(fit, { input, settings, race })),
    [fit, input, settings, race],
  );
  if (fit === undefined) return <p className="settings-note">The fit is not known yet.</p>;
  return (
    <>
      <FitChoice fit={fit} draft={draft} />
      {fit.companions.length > 0 && draft.input?.startsWith('sample:') === false && (
        <FileFields fit={fit} draft={draft} />
      )}
      <Presets fit={fit} draft={draft} />
      <Fields fit={fit} draft={draft} list={list} />
      <Start draft={draft} list={list} />
    </>
  );
}

/** A video can be filled in, or its cameras found, and a photo filled in, or a pose found in it: inputs do not say which. */
function FitChoice({ fit, draft }: { readonly fit: FitDescription; readonly draft: Draft }) {
  const fits = useLab(({ description }) => description?.fits) ?? [];
  const { input, name, mask } = draft;
  const taking = fits.filter(({ opens }) => opens === fit.opens || isPhoto(draft));
  if (input === undefined || input.startsWith('sample:') || taking.length < 2) return undefined;
  return (
    <Select
      size="xs"
      label="Fit"
      allowDeselect={false}
      data={taking.map(({ id, title }) => ({ value: id, label: title }))}
      value={fit.id}
      onChange={id => id !== null && id !== fit.id && void draftFromInput(input, { fit: id, name, mask })}
    />
  );
}

function Presets({ fit, draft }: { readonly fit: FitDescription; readonly draft: Draft }) {
  const names = Object.keys(fit.presets);
  if (names.length === 0) return undefined;
  const preset = presetOf(fit, draft);
  const sets = Object.entries(preset === undefined ? {} : (fit.presets[preset] ?? {}));
  return (
    <Select
      size="xs"
      label="Preset"
      clearable={draft.settings.preset !== undefined}
      placeholder="None: the defaults"
      data={names.map(name => ({ value: name, label: readableName(name) }))}
      value={preset ?? null}
      description={
        sets.length === 0
          ? undefined
          : `Sets ${sets.map(([name, value]) => `${name} ${formatValue(value)}`).join(', ')}`
      }
      inputWrapperOrder={['label', 'input', 'description']}
      onChange={chosen => setDraftSetting('preset', chosen ?? undefined)}
    />
  );
}

interface FieldsProps {
  readonly fit: FitDescription;
  readonly draft: Draft;
  readonly list: readonly ListedSetting[];
}

function Fields({ fit, draft, list }: FieldsProps) {
  const [search, setSearch] = useState('');
  const level = usePreferences(({ settingsLevel }) => settingsLevel);
  const isShown = ({ setting, given, raced }: ListedSetting): boolean =>
    level === 'advanced' || setting.level === 'basic' || given !== undefined || raced !== undefined;
  const matching = search.trim() === '' ? list.filter(isShown) : found(list, search);
  const changed = list.filter(({ given, raced }) => given !== undefined || raced !== undefined).length;
  const hidden = list.length - list.filter(isShown).length;
  const members = Object.values(draft.race)[0]?.length;
  const command = draftCommand(draft);
  const masked = hasMask(draft);
  return (
    <>
      <TextInput
        size="xs"
        aria-label="Search settings"
        placeholder="Search settings"
        leftSection={<IconSearch size={14} />}
        rightSection={
          search === '' ? undefined : (
            <CloseButton size="xs" aria-label="Clear the search" onClick={() => setSearch('')} />
          )
        }
        value={search}
        onChange={event => setSearch(event.currentTarget.value)}
      />
      <div className="settings-tools" style={{ justifyContent: 'space-between' }}>
        <Switch
          size="xs"
          label={level === 'advanced' ? 'Advanced too' : `Advanced too (${hidden} more)`}
          checked={level === 'advanced'}
          onChange={event => setPreferences({ settingsLevel: event.currentTarget.checked ? 'advanced' : 'basic' })}
        />
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={changed === 0 && draft.settings.preset === undefined}
          onClick={() => editDraft('Reset all settings', { settings: {}, race: {} })}
        >
          Reset all{changed === 0 ? '' : ` (${changed})`}
        </Button>
      </div>
      {matching.length === 0 && <p className="settings-note">No setting has all these words in its name or help.</p>}
      {grouped(matching).map(([heading, entries]) => (
        <section key={heading} className="settings-group" aria-label={heading}>
          <h2 className="settings-heading">{heading}</h2>
          {entries.map(listed => (
            <SettingField
              key={listed.setting.name}
              listed={listed}
              raced={members}
              unused={masked && listed.setting.withMask === 'unused' ? 'Not used: a mask is given.' : undefined}
              source={sourceOf(fit, listed)}
              error={errorOf(draft, listed)}
            />
          ))}
        </section>
      ))}
      {search.trim() === '' && (
        <>
          {fit.opens === 'tensors' && <MaskFields draft={draft} />}
          <MemberFields draft={draft} raced={members} usual={usualMembersOf(fit, draft.input, draft.settings)} />
          {draft.report !== undefined && (
            <section className="settings-group" aria-label="Command line">
              <h2 className="settings-heading">Equivalent command</h2>
              {command === undefined ? (
                <p className="settings-note">
                  None yet: the drawn mask is kept with the run once it is started, and the command is shown with the
                  run's settings.
                </p>
              ) : (
                <CommandBox command={command} />
              )}
            </section>
          )}
        </>
      )}
    </>
  );
}

/** Paper of the chosen optimizer or schedule. */
function sourceOf(fit: FitDescription, { setting, usual, given, raced }: ListedSetting): string | undefined {
  if (raced !== undefined) return undefined;
  const rules = setting.name === 'optimizer' ? fit.optimizers : setting.name === 'schedule' ? fit.schedules : [];
  const rule = rules.find(({ id }) => id === (given ?? usual));
  if (rule === undefined) return undefined;
  return `${rule.title}${rule.law === undefined ? '' : `: ${rule.law}`} (${rule.source}).`;
}

function errorOf({ error }: Draft, { setting }: ListedSetting): string | undefined {
  return error?.where === `setting ${setting.name}` ? `${error.message} ${error.tip ?? ''}` : undefined;
}

function Start({ draft, list }: { readonly draft: Draft; readonly list: readonly ListedSetting[] }) {
  const { busy, progress, error, input, report, cameFrom } = draft;
  const members = Object.values(draft.race)[0]?.length ?? 0;
  const wrong = list.find(
    ({ setting, raced }) => raced !== undefined && raceRefusal(setting, raced, members) !== undefined,
  );
  const ready = report !== undefined && busy === 'no' && wrong === undefined;
  const reason =
    input === undefined && busy === 'no'
      ? 'Choose an input first: drop a file, or open a sample.'
      : wrong === undefined
        ? undefined
        : `The race of ${wrong.setting.title} needs attention.`;
  return (
    <div className="settings-end">
      {busy !== 'no' && <Busy busy={busy} progress={progress} />}
      {error !== undefined && (
        <Alert p="xs" color="red" icon={<IconAlertTriangle size={18} />} title={error.message} role="alert">
          <p className="settings-note">
            {error.tip}
            {error.where === undefined ? '' : ` (${placeOf(error.where)})`}
          </p>
          {report === undefined && <BackToRun run={cameFrom} />}
        </Alert>
      )}
      {reason !== undefined && <p className="settings-note">{reason}</p>}
      <div className="settings-buttons">
        <Button
          size="sm"
          px="xs"
          leftSection={<IconPlayerPlay size={16} />}
          loading={busy === 'starting'}
          disabled={!ready}
          title="Space"
          onClick={() => perform('run.toggle')}
        >
          Start
        </Button>
        <Button
          variant="default"
          size="sm"
          px="xs"
          leftSection={<IconPlayerPause size={16} />}
          disabled={!ready}
          title="Shift+Space: loads the input and waits, to step or to look first"
          onClick={() => perform('run.start-paused')}
        >
          Start paused
        </Button>
      </div>
    </div>
  );
}

interface BusyProps {
  readonly busy: Draft['busy'];
  readonly progress: number | undefined;
}

function Busy({ busy, progress }: BusyProps) {
  const what = { no: '', uploading: 'Handing the file to the lab', reading: 'Reading the input', starting: 'Starting' }[
    busy
  ];
  const percent = busy === 'uploading' && progress !== undefined ? Math.round(100 * progress) : undefined;
  return (
    <div role="status">
      <div className="settings-tools" style={{ justifyContent: 'space-between' }}>
        <p className="settings-note">
          {what}
          {percent === undefined ? ' …' : `: ${percent} %`}
        </p>
        {busy === 'uploading' && (
          <Button size="compact-xs" variant="subtle" onClick={cancelUpload}>
            Cancel
          </Button>
        )}
      </div>
      <Progress size="sm" mt={4} value={percent ?? 100} animated={percent === undefined} aria-label={what} />
    </div>
  );
}
