// Puts a text on the clipboard, and says so where it was pressed.

import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { guarded } from '../state/problems.ts';

export interface CopyButtonProps {
  /** What it does, in full: 'Copy the figures as CSV'. */
  readonly label: string;
  /** A text that costs something is made when it is pressed. */
  readonly text: string | (() => string);
  readonly icon?: ReactNode;
  /** Written on it; left out: only the icon. */
  readonly words?: string;
}

const SAID_MILLISECONDS = 1600;

export function CopyButton({ label, text, icon = <IconCopy size={15} />, words }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    guarded(async () => {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text());
      setCopied(true);
    });
  const shown = copied ? 'Copied' : label;
  const picture = copied ? <IconCheck size={15} color="var(--lab-pin-best)" /> : icon;
  return (
    <Tooltip label={shown} {...(copied ? { opened: true } : {})}>
      {words === undefined ? (
        <ActionIcon size="sm" aria-label={shown} onClick={copy}>
          {picture}
        </ActionIcon>
      ) : (
        <Button size="compact-xs" variant="default" aria-label={shown} leftSection={picture} onClick={copy}>
          {words}
        </Button>
      )}
    </Tooltip>
  );
}
