// The command palette: every action of the registry that can be performed now, runs and samples to open.

import { Kbd } from '@mantine/core';
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState, useSyncExternalStore } from 'react';
import { shownShortcut } from '../actions/action.ts';
import { actions } from '../actions/actions.ts';
import { subscribeToEnabled } from '../actions/use-enabled.ts';
import { showRun, useLab } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';
import { startSample } from './start-sample.ts';

function enabledIds(): string {
  return actions
    .filter(action => action.enabled())
    .map(({ id }) => id)
    .join(' ');
}

const none = () => '';
const neverTold = () => () => {};

export function Palette() {
  // Closed, it looks at nothing; opened, it looks anew, for not everything that decides what can be performed tells of its
  // changes.
  const [open, setOpen] = useState(false);
  const enabled = useSyncExternalStore(open ? subscribeToEnabled : neverTold, open ? enabledIds : none);
  const library = useLab(state => (open ? state.library : undefined));
  const fits = useLab(state => state.description?.fits);
  const entries = useMemo(() => {
    const groups = new Map<string, SpotlightActionData[]>();
    const add = (group: string, entry: SpotlightActionData) => groups.set(group, [...(groups.get(group) ?? []), entry]);
    const ids = new Set(enabled.split(' '));
    for (const action of actions) {
      if (!ids.has(action.id) || action.id === 'window.palette') continue;
      add(action.group, {
        id: action.id,
        label: action.title,
        keywords: action.keywords ?? '',
        ...(action.shortcut === undefined
          ? {}
          : { rightSection: <Kbd size="xs">{shownShortcut(action.shortcut)}</Kbd> }),
        onClick: () => void action.run(),
      });
    }
    for (const { id: fit, samples } of fits ?? [])
      for (const sample of samples)
        add('Samples', {
          id: `sample ${fit} ${sample.id}`,
          label: `Start sample: ${sample.title}`,
          keywords: sample.teaches,
          onClick: () => void startSample(fit, sample),
        });
    for (const { run, name } of Object.values(library ?? {}).sort((a, b) => b.created - a.created))
      add('Runs', {
        id: `run ${run}`,
        label: `Open run: ${name}`,
        keywords: run,
        onClick: () => void guarded(() => showRun(run)),
      });
    return [...groups].map(([group, list]) => ({ group, actions: list }));
  }, [enabled, library, fits]);
  return (
    <Spotlight
      actions={entries}
      attributes={{ content: { 'aria-label': 'Commands' } }}
      shortcut={null}
      onSpotlightOpen={() => setOpen(true)}
      onSpotlightClose={() => setOpen(false)}
      limit={30}
      scrollable
      // To blur what lies below takes long where the processor draws it.
      overlayProps={{ blur: 0, backgroundOpacity: 0.45 }}
      maxHeight={420}
      highlightQuery
      nothingFound="No command of that name"
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: 'Find a command, a sample or a run…',
        'aria-label': 'Find a command, a sample or a run',
      }}
    />
  );
}
