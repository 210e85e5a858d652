// Which dialog is open.

import { create } from 'zustand';

export type Dialog = 'none' | 'steps' | 'cheat-sheet' | 'replay-export' | 'open-file';

export const useDialogs = create<{ readonly open: Dialog }>(() => ({ open: 'none' }));

export function openDialog(open: Dialog): void {
  useDialogs.setState({ open });
}

export function closeDialog(): void {
  useDialogs.setState({ open: 'none' });
}
