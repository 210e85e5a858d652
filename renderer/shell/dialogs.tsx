// The dialogs of the window, one at a time.

import { Button, Group, Kbd, Modal, NumberInput, Select, Table, Text } from '@mantine/core';
import { useRef, useState } from 'react';
import { shownShortcut } from '../actions/action.ts';
import { actions } from '../actions/actions.ts';
import { type PanelKeys, panelKeys } from '../actions/panel-keys.ts';
import { closeDialog, useDialogs } from '../state/dialogs.ts';
import { draftFit, draftFromInput, takeFiles, useDraft } from '../state/draft.ts';
import { currentRun, goRun, useLab } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';
import { isStepCount, MOST_STEPS, stepCountRefusal } from '../state/step-count.ts';
import { chosenFiles } from './dropped-files.ts';
import { PathField } from './path-field.tsx';
import { ReplayExportDialog } from './replay-export-dialog.tsx';

export function Dialogs() {
  return (
    <>
      <StepsDialog />
      <CheatSheet />
      <OpenDialog />
      <ReplayExportDialog />
    </>
  );
}

function StepsDialog() {
  const opened = useDialogs(state => state.open === 'steps');
  const [count, setCount] = useState<number | string>(50);
  const valid = isStepCount(count);
  const go = (): void => {
    const run = currentRun(useLab.getState())?.details.entry.run;
    if (run === undefined || !isStepCount(count)) return;
    closeDialog();
    void goRun(run, count);
  };
  return (
    <Modal opened={opened} onClose={closeDialog} title="Run more iterations, then pause" size="xs">
      <form
        onSubmit={event => {
          event.preventDefault();
          go();
        }}
      >
        <NumberInput
          data-autofocus
          label="Iterations"
          min={1}
          max={MOST_STEPS}
          allowDecimal={false}
          thousandSeparator=" "
          value={count}
          onChange={setCount}
          error={valid ? undefined : stepCountRefusal}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={closeDialog}>
            Cancel
          </Button>
          <Button type="submit" disabled={!valid}>
            Run
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function CheatSheet() {
  const opened = useDialogs(state => state.open === 'cheat-sheet');
  const bound = actions.filter(({ shortcut }) => shortcut !== undefined);
  const groups = [...new Set(bound.map(({ group }) => group))].map(group => ({
    group,
    keys: bound
      .filter(action => action.group === group)
      .map(({ title, shortcut = '' }) => ({ title, shortcuts: [shortcut] })),
  }));
  return (
    <Modal opened={opened} onClose={closeDialog} title="Keyboard shortcuts" size="lg">
      <div className="cheat-sheet">
        {[...groups, ...panelKeys].map(({ group, keys }) => (
          <Shortcuts key={group} group={group} keys={keys} />
        ))}
      </div>
    </Modal>
  );
}

function Shortcuts({ group, keys }: PanelKeys) {
  return (
    <Table withRowBorders={false} verticalSpacing={3} aria-label={group}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th colSpan={2}>{group}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys.map(({ title, shortcuts }) => (
          <Table.Tr key={title}>
            <Table.Td>{title}</Table.Td>
            <Table.Td ta="right">
              {shortcuts.map(shortcut => (
                <Kbd key={shortcut} ml={3}>
                  {shownShortcut(shortcut)}
                </Kbd>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function OpenDialog() {
  const opened = useDialogs(state => state.open === 'open-file');
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const fits = useLab(state => state.description?.fits);
  const last = useDraft(state => state.fit);
  const [chosen, setChosen] = useState<string>();
  const fit = draftFit(chosen ?? last, fits);
  const leave = (): void => {
    setChosen(undefined);
    closeDialog();
  };
  const take = (input: HTMLInputElement, taking: string | undefined): void => {
    const handed = chosenFiles(input.files ?? []);
    input.value = '';
    leave();
    void guarded(() => takeFiles(handed, taking));
  };
  return (
    <Modal opened={opened} onClose={closeDialog} title="Open an input">
      <Select
        label="Fit"
        allowDeselect={false}
        data={fits?.map(({ id, title }) => ({ value: id, label: title })) ?? []}
        value={fit?.id ?? null}
        onChange={value => setChosen(value ?? undefined)}
      />
      <Text size="sm" c="dimmed" my="md">
        Takes {fit?.takes ?? 'a picture or an array'}.
        {fit?.opens === 'scenes' && ' Choose the files of a picture together, or add the others afterwards.'} Nothing
        leaves this computer.
      </Text>
      <Group>
        <Button data-autofocus onClick={() => files.current?.click()}>
          Choose files…
        </Button>
        <Button variant="default" onClick={() => folder.current?.click()}>
          Choose a folder…
        </Button>
      </Group>
      <input
        ref={files}
        type="file"
        hidden
        multiple
        data-testid="open-files"
        onChange={event => take(event.currentTarget, fit?.id)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        // Not in React's types; every browser has it.
        {...{ webkitdirectory: '' }}
        // What a folder holds tells more than a fit that nobody picked.
        onChange={event => take(event.currentTarget, chosen)}
      />
      <PathField
        onOpen={path => {
          leave();
          void draftFromInput(path, chosen === undefined ? {} : { fit: chosen });
        }}
      />
    </Modal>
  );
}
