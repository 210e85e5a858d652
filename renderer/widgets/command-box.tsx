// The command line that does the same, to copy.

import { CopyButton } from './copy-button.tsx';
import './command-box.css';

/** Characters that fit beside the button in the narrowest panel. */
const COLUMNS = 34;
const MOST_ROWS = 7;

export function CommandBox({ command }: { readonly command: string }) {
  return (
    <div className="command-box">
      <textarea
        readOnly
        spellCheck={false}
        aria-label="Equivalent command"
        rows={Math.min(MOST_ROWS, Math.ceil(command.length / COLUMNS))}
        value={command}
      />
      <CopyButton text={command} label="Copy the command" />
    </div>
  );
}
