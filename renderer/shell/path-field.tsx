// Opens a file in place, inside a folder the lab was started with (`--root`).

import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { setPreferences, usePreferences } from '../state/preferences.ts';

export function PathField({ onOpen }: { readonly onOpen: (path: string) => void }) {
  const [path, setPath] = useState(() => usePreferences.getState().lastPath);
  return (
    <form
      onSubmit={event => {
        event.preventDefault();
        if (path.trim() === '') return;
        setPreferences({ lastPath: path.trim() });
        onOpen(path.trim());
      }}
    >
      <Group mt="md" align="flex-end" wrap="nowrap">
        <TextInput
          style={{ flex: 1 }}
          label="Or a path inside a folder the lab was started with (--root)"
          placeholder="/data/scan.npy"
          value={path}
          onChange={event => setPath(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={path.trim() === ''}>
          Open
        </Button>
      </Group>
    </form>
  );
}
