// A button that performs an action of the registry: its name, its tooltip with the shortcut, and whether it is enabled
// come from there.

import { ActionIcon, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { shownShortcut } from '../actions/action.ts';
import { actionOf, perform } from '../actions/actions.ts';
import { useActionsEnabled } from '../actions/use-enabled.ts';

export interface ActionButtonProps {
  readonly action: string;
  readonly children: ReactNode;
  /** Instead of the action's title. */
  readonly label?: string;
  readonly emphasis?: 'filled' | 'subtle';
}

export function ActionButton({ action, children, label, emphasis = 'subtle' }: ActionButtonProps) {
  const { title, shortcut } = actionOf(action);
  const enabled = useActionsEnabled(action);
  const text = label ?? title;
  const shown = shortcut === undefined ? text : `${text} (${shownShortcut(shortcut)})`;
  return (
    <Tooltip label={shown}>
      <ActionIcon
        aria-label={text}
        aria-keyshortcuts={shortcut?.replace('Mod', 'Control')}
        data-action={action}
        disabled={!enabled}
        variant={emphasis}
        {...(emphasis === 'filled' ? { color: 'indigo' } : {})}
        onClick={() => perform(action)}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
