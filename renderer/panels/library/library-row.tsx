// One run in the library's list: a picture, name, state, figures, tags; F2 renames, Delete deletes.

import { ActionIcon, Badge, Checkbox, Menu, Text, TextInput } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { type KeyboardEvent, memo, useState } from 'react';
import type { RunEntry } from '../../../src/protocol/host-calls.ts';
import { formatAge, formatFigure } from '../../shell/figures.ts';
import { deleteRuns, renameRun, showRun, tagRun, theBridge, useLab } from '../../state/lab.ts';
import { guarded } from '../../state/problems.ts';

export interface LibraryRowProps {
  readonly entry: RunEntry;
  readonly chosen: boolean;
  readonly onChoose: (run: string, on: boolean) => void;
}

/** Drawn anew only when its own run changes: libraries are long, and a running fit changes one row of them. */
export const LibraryRow = memo(function LibraryRow({ entry, chosen, onChoose }: LibraryRowProps) {
  const { run, name, state, live, figures, tags, created, hasThumbnail, iteration, parent, damaged } = entry;
  const [editing, setEditing] = useState<'name' | 'tags' | undefined>();
  const current = useLab(({ current: shown }) => shown.kind === 'run' && shown.run === run);
  const [figure, value] = Object.entries(figures)[0] ?? [];
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'F2') setEditing('name');
    else if (event.key === 'Delete') void deleteRuns([run]);
    else return;
    event.preventDefault();
  };
  return (
    <li className={`library-row ${current ? 'library-row-current' : ''}`} data-run={run}>
      <Checkbox
        size="xs"
        checked={chosen}
        aria-label={`Choose ${name}`}
        onChange={event => onChoose(run, event.currentTarget.checked)}
      />
      {editing === undefined ? (
        <button
          type="button"
          className="library-open"
          aria-current={current}
          onClick={() => void guarded(() => showRun(run))}
          onKeyDown={press}
        >
          {hasThumbnail ? (
            <img
              // While a run descends, its picture is loaded anew ever more rarely.
              src={theBridge().url({
                of: 'thumbnail',
                run,
                version: live ? Math.floor(Math.log2(iteration + 1)) : iteration,
              })}
              alt=""
              loading="lazy"
            />
          ) : (
            <span className="library-blank" />
          )}
          <span className="library-words">
            <Text
              size="xs"
              fw={600}
              truncate
              component="span"
              title={damaged ?? (parent === undefined ? name : `${name}, branched from ${parent}`)}
            >
              {name}
            </Text>
            <Text size="xs" c="dimmed" truncate component="span" title={whereItIs(entry)}>
              {live ? '● ' : ''}
              {damaged === undefined ? state : 'damaged'} · {formatAge(created)}
            </Text>
            {figure !== undefined && value !== undefined && (
              <Text size="xs" c="dimmed" truncate component="span" className="numbers">
                {formatFigure(figure, value)}
              </Text>
            )}
            {tags.length > 0 && (
              <span className="library-tags">
                {tags.map(tag => (
                  <Badge key={tag} size="xs" variant="outline" tt="none">
                    {tag}
                  </Badge>
                ))}
              </span>
            )}
          </span>
        </button>
      ) : (
        <EditField
          label={editing === 'name' ? 'Name of the run' : 'Tags, separated by commas'}
          text={editing === 'name' ? name : tags.join(', ')}
          onEnd={text => {
            setEditing(undefined);
            if (text === undefined) return;
            if (editing === 'tags') void tagRun(run, splitTags(text));
            else if (text.trim() !== '' && text.trim() !== name) void renameRun(run, text.trim());
          }}
        />
      )}
      <RowMenu
        name={name}
        onRename={() => setEditing('name')}
        onTags={() => setEditing('tags')}
        onDelete={() => void deleteRuns([run])}
      />
    </li>
  );
});

interface RowMenuProps {
  readonly name: string;
  readonly onRename: () => void;
  readonly onTags: () => void;
  readonly onDelete: () => void;
}

/** The menu is made when it is first asked for: hundreds of rows have one, and hardly any is opened. */
function RowMenu({ name, onRename, onTags, onDelete }: RowMenuProps) {
  const [opened, setOpened] = useState(false);
  const more = (
    <ActionIcon size="xs" aria-label={`More for ${name}`} aria-haspopup="menu" onClick={() => setOpened(true)}>
      <IconDots size={14} />
    </ActionIcon>
  );
  if (!opened) return more;
  return (
    <Menu shadow="md" width={190} transitionProps={{ duration: 0 }} returnFocus={false} opened onChange={setOpened}>
      <Menu.Target>{more}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onRename} rightSection={<Text size="xs">F2</Text>}>
          Rename…
        </Menu.Item>
        <Menu.Item onClick={onTags}>Tags…</Menu.Item>
        <Menu.Item color="red" onClick={onDelete} rightSection={<Text size="xs">Delete</Text>}>
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function whereItIs({ live, state }: RunEntry): string | undefined {
  if (live) return 'Loaded: it takes memory and a part of the processor';
  return state === 'paused' ? 'Waits at its last checkpoint, and is loaded again by itself when it goes on' : undefined;
}

function splitTags(text: string): string[] {
  return [...new Set(text.split(',').map(tag => tag.trim()))].filter(tag => tag !== '');
}

interface EditFieldProps {
  readonly label: string;
  readonly text: string;
  /** Undefined: left as it was. */
  readonly onEnd: (text: string | undefined) => void;
}

function EditField({ label, text, onEnd }: EditFieldProps) {
  const [draft, setDraft] = useState(text);
  return (
    <TextInput
      className="library-edit"
      size="xs"
      aria-label={label}
      placeholder={label}
      autoFocus
      value={draft}
      onChange={event => setDraft(event.currentTarget.value)}
      onFocus={event => event.currentTarget.select()}
      onBlur={() => onEnd(draft)}
      onKeyDown={event => {
        if (event.key === 'Enter') onEnd(draft);
        if (event.key === 'Escape') onEnd(undefined);
        event.stopPropagation();
      }}
    />
  );
}
