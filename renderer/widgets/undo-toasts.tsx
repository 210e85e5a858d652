// Edits that take something out of sight, such as the deletion of a run, are told with a button that undoes them.

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect } from 'react';
import { type Edit, undoEdit, useUndo } from '../state/undo.ts';

const SHOWN_MILLISECONDS = 10000;

export function UndoToasts() {
  useEffect(() => {
    const shown = new Map<Edit, string>();
    return useUndo.subscribe(({ past }) => {
      const edits = new Set(past.map(({ edit }) => edit));
      for (const [edit, id] of shown) {
        if (edits.has(edit)) continue;
        shown.delete(edit);
        notifications.hide(id);
      }
      for (const edit of edits) {
        if (edit.notice === undefined || shown.has(edit)) continue;
        shown.set(edit, toast(edit, edit.notice));
      }
    });
  }, []);
  return undefined;
}

function toast(edit: Edit, notice: string): string {
  return notifications.show({
    title: notice,
    message: (
      <Button size="compact-xs" variant="light" mt={4} onClick={() => void undoEdit(edit)}>
        Undo
      </Button>
    ),
    autoClose: SHOWN_MILLISECONDS,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
    role: 'status',
  });
}
