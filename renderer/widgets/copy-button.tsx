// Copies a text and says so.

import { ActionIcon, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { guarded } from '../state/problems.ts';

export interface CopyButtonProps {
  readonly text: string;
  /** 'Copy the command'. */
  readonly label: string;
}

const SAID_MILLISECONDS = 1500;

export function CopyButton({ text, label }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = (): void => void guarded(() => navigator.clipboard.writeText(text).then(() => setCopied(true)));
  return (
    <Tooltip label={copied ? 'Copied' : label}>
      <ActionIcon size="sm" aria-label={label} onClick={copy}>
        {copied ? <IconCheck size={15} color="var(--lab-pin-best)" /> : <IconCopy size={15} />}
      </ActionIcon>
    </Tooltip>
  );
}
