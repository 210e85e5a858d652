// A small mark that tells more when pointed at or focused.

import { Tooltip } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import './help-mark.css';

export interface HelpMarkProps {
  readonly text: string;
  /** What it is about. */
  readonly label: string;
}

export function HelpMark({ text, label }: HelpMarkProps) {
  return (
    <Tooltip label={text} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
      <button type="button" className="help-mark" aria-label={`About ${label}: ${text}`}>
        <IconInfoCircle size={14} />
      </button>
    </Tooltip>
  );
}
