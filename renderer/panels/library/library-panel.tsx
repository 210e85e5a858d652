// The runs of the library: search, filter by state and tag, open, rename, tag, delete with undo; and the samples.

import { ActionIcon, Button, Chip, Group, Select, Text, TextInput, Tooltip } from '@mantine/core';
import { IconArrowsDiff, IconFolderOpen, IconSearch, IconTrash, IconX } from '@tabler/icons-react';
import { useCallback, useMemo, useState } from 'react';
import { perform } from '../../actions/actions.ts';
import { startSample } from '../../shell/start-sample.ts';
import { addToComparison } from '../../state/comparison.ts';
import { deleteRuns, useLab } from '../../state/lab.ts';
import { showPanel } from '../../state/layout.ts';
import type { PanelProps } from '../panel-components.ts';
import { filterRuns, type StateFilter, stateFilters, tagsOf } from './filter-runs.ts';
import { LibraryRow } from './library-row.tsx';
import './library.css';

export function LibraryPanel(_: PanelProps) {
  const library = useLab(state => state.library);
  const [search, setSearch] = useState('');
  const [state, setState] = useState<StateFilter>('all');
  const [tag, setTag] = useState<string | undefined>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const entries = useMemo(() => Object.values(library ?? {}), [library]);
  const shown = useMemo(() => filterRuns(entries, { search, state, tag }), [entries, search, state, tag]);
  const tags = useMemo(() => tagsOf(entries), [entries]);
  const selected = shown.filter(({ run }) => chosen.has(run)).map(({ run }) => run);
  const choose = useCallback((run: string, on: boolean): void => {
    setChosen(before => new Set(on ? [...before, run] : [...before].filter(each => each !== run)));
  }, []);
  return (
    <div className="panel library">
      <Group gap={4} wrap="nowrap">
        <TextInput
          className="library-search"
          size="xs"
          type="search"
          placeholder="Search runs"
          aria-label="Search runs by name, input, tag or figure"
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={event => setSearch(event.currentTarget.value)}
          rightSection={
            search === '' ? undefined : (
              <ActionIcon size="xs" aria-label="Clear the search" onClick={() => setSearch('')}>
                <IconX size={12} />
              </ActionIcon>
            )
          }
        />
        <Tooltip label="Open a picture, frames or an array…">
          <ActionIcon
            variant="default"
            aria-label="Open a picture, frames or an array…"
            onClick={() => perform('library.open')}
          >
            <IconFolderOpen size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Select
        mt={6}
        size="xs"
        aria-label="Which runs"
        allowDeselect={false}
        data={stateFilters.map(value => ({ value, label: `${value} runs` }))}
        value={state}
        onChange={value => setState((value ?? 'all') as StateFilter)}
      />
      {tags.length > 0 && (
        <Group gap={4} mt={4} role="group" aria-label="Tags">
          {tags.map(each => (
            <Chip
              key={each}
              size="xs"
              variant="outline"
              checked={tag === each}
              onChange={on => setTag(on ? each : undefined)}
            >
              {each}
            </Chip>
          ))}
        </Group>
      )}
      {selected.length > 1 && (
        <Button
          mt={6}
          mr={6}
          size="compact-xs"
          variant="light"
          leftSection={<IconArrowsDiff size={12} />}
          onClick={() => {
            showPanel('compare');
            void addToComparison(selected);
          }}
        >
          Compare {selected.length} runs
        </Button>
      )}
      {selected.length > 1 && (
        <Button
          mt={6}
          size="compact-xs"
          color="red"
          variant="light"
          leftSection={<IconTrash size={12} />}
          onClick={() => {
            setChosen(new Set());
            void deleteRuns(selected);
          }}
        >
          Delete {selected.length} runs
        </Button>
      )}
      <ul className="library-list" aria-label="Runs">
        {shown.map(entry => (
          <LibraryRow key={entry.run} entry={entry} chosen={chosen.has(entry.run)} onChoose={choose} />
        ))}
      </ul>
      {shown.length === 0 && (
        <Text size="xs" c="dimmed">
          {entries.length === 0
            ? 'No runs yet. Start a sample below, or drop a file anywhere.'
            : 'No run fits the search.'}
        </Text>
      )}
      <Samples />
    </div>
  );
}

function Samples() {
  const fits = useLab(state => state.description?.fits);
  return (
    <details className="library-samples">
      <summary>Samples</summary>
      {fits?.map(fit =>
        fit.samples.map(sample => (
          <Tooltip key={`${fit.id} ${sample.id}`} label={sample.teaches} multiline w={260} position="right">
            <button type="button" className="library-sample" onClick={() => void startSample(fit.id, sample)}>
              {sample.title}
            </button>
          </Tooltip>
        )),
      )}
    </details>
  );
}
