// The files that belong to the input of a draft, by what they are to its fit: its mask, mesh, depth, camera, start pose. Each
// can be chosen, changed and left out.

import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useRef } from 'react';
import type { FitDescription } from '../../../src/protocol/host-calls.ts';
import type { Draft } from '../../state/draft.ts';
import { fileName, isPhoto } from '../../state/draft-command.ts';
import { setDraftCompanion, setDraftMask, uploadDraftCompanion, uploadDraftMask } from '../../state/draft-edits.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';

export interface FileFieldsProps {
  readonly fit: FitDescription;
  readonly draft: Draft;
}

export function FileFields({ fit, draft }: FileFieldsProps) {
  const { mask, companions, report, busy } = draft;
  const isAlone = fit.opens === 'tensors' || isPhoto(draft);
  // What is still wanting may be added while the rest is read.
  const busyNow = busy !== 'no' && (busy !== 'reading' || report !== undefined);
  return (
    <section className="settings-group" aria-label="Files of the input">
      <h2 className="settings-heading">Files of the input</h2>
      {fit.opens === 'scenes' && (
        <FileRow
          title="Mask"
          help="A picture of the input's size: white, or the label of the object, is where it is seen."
          file={mask === undefined ? undefined : (report?.maskPath ?? mask)}
          without={isAlone ? 'none' : "the scene's own"}
          busy={busyNow}
          onChoose={([file]) => void uploadDraftMask(file)}
          onRemove={() => void setDraftMask(undefined)}
        />
      )}
      {fit.companions.map(({ id, title, help, without }) => (
        <FileRow
          key={id}
          title={title}
          help={help}
          file={companions[id] === undefined ? undefined : (report?.companionPaths[id] ?? companions[id])}
          without={isAlone ? without : "the scene's own"}
          busy={busyNow}
          onChoose={files => void uploadDraftCompanion(id, title, files)}
          onRemove={() => void setDraftCompanion(id, title, undefined)}
        />
      ))}
    </section>
  );
}

interface FileRowProps {
  readonly title: string;
  readonly help: string;
  /** Path or reference; undefined: none. */
  readonly file: string | undefined;
  /** What holds where there is none. */
  readonly without: string;
  readonly busy: boolean;
  readonly onChoose: (files: readonly [File, ...File[]]) => void;
  readonly onRemove: () => void;
}

function FileRow({ title, help, file, without, busy, onChoose, onRemove }: FileRowProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="settings-row" data-file={title}>
      <div className="settings-head">
        <span className="settings-title">
          <span>{title}</span>
          <HelpMark label={title} text={help} />
          {file !== undefined && <span className="settings-dot" role="img" aria-label="given" />}
        </span>
        <Button
          size="compact-xs"
          variant="default"
          disabled={busy}
          aria-label={`${file === undefined ? 'Choose' : 'Change'} the file: ${title}`}
          onClick={() => input.current?.click()}
        >
          {file === undefined ? 'Choose…' : 'Change…'}
        </Button>
        <Tooltip label={`Without: ${without}`}>
          <ActionIcon
            size="sm"
            aria-label={`Leave out the file: ${title}`}
            disabled={busy || file === undefined}
            onClick={onRemove}
          >
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      </div>
      <p className="settings-note">{file === undefined ? without : fileName(file)}</p>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        aria-label={title}
        onChange={event => {
          const [first, ...rest] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (first !== undefined) onChoose([first, ...rest]);
        }}
      />
    </div>
  );
}
