// Chooses runs of the library to compare: a list with search and boxes to tick.

import { Button, Checkbox, Popover, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { addToComparison, removeFromComparison, useComparison } from '../../state/comparison.ts';
import { useLab } from '../../state/lab.ts';

const MOST_LISTED = 100;

export function RunPicker() {
  return (
    <Popover position="bottom-start" shadow="md" withinPortal trapFocus width={340}>
      <Popover.Target>
        <Button size="compact-sm" variant="default">
          Choose runs…
        </Button>
      </Popover.Target>
      <Popover.Dropdown p="xs">
        <RunList />
      </Popover.Dropdown>
    </Popover>
  );
}

function RunList() {
  const library = useLab(state => state.library);
  const compared = useComparison(comparison => comparison.runs);
  const [search, setSearch] = useState('');
  const words = search.toLowerCase().split(/\s+/);
  const found = Object.values(library ?? {})
    .filter(({ name, input, tags, fit, state }) => {
      const text = [name, input, fit, state, ...tags].join(' ').toLowerCase();
      return words.every(word => text.includes(word));
    })
    .sort((a, b) => b.created - a.created);
  return (
    <>
      <TextInput
        size="xs"
        type="search"
        placeholder="Search runs"
        aria-label="Search runs to compare"
        data-autofocus
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={event => setSearch(event.currentTarget.value)}
      />
      <fieldset className="compare-list">
        <legend>Runs to compare</legend>
        {found.slice(0, MOST_LISTED).map(({ run, name, state, iteration }) => (
          <Checkbox
            key={run}
            size="xs"
            label={name}
            description={`${state}, ${iteration} iterations`}
            checked={compared.includes(run)}
            onChange={event => (event.currentTarget.checked ? addToComparison([run]) : removeFromComparison(run))}
          />
        ))}
        {found.length === 0 && <p className="compare-dimmed">{library === undefined ? 'Reading…' : 'No run fits.'}</p>}
        {found.length > MOST_LISTED && <p className="compare-dimmed">{found.length - MOST_LISTED} more: search.</p>}
      </fieldset>
    </>
  );
}
