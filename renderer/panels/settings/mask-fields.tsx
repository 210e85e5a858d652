// What a draft may see of its input: a drawn mask, a mask file, the picture's own transparency, or the fit's own pattern.

import { Button } from '@mantine/core';
import { useRef } from 'react';
import type { Draft } from '../../state/draft.ts';
import { maskText } from '../../state/draft-command.ts';
import { editDraft, setDraftMask, uploadDraftMask } from '../../state/draft-edits.ts';
import { showPanel } from '../../state/layout.ts';

export function MaskFields({ draft }: { readonly draft: Draft }) {
  const file = useRef<HTMLInputElement>(null);
  const { mask, drawn, report } = draft;
  const isDrawn = drawn !== undefined && !drawn.empty;
  return (
    <section className="settings-group" aria-label="Mask of the input">
      <h2 className="settings-heading">Mask of the input</h2>
      <p className="settings-note">{maskText(draft)}</p>
      <div className="settings-buttons">
        <Button size="compact-xs" variant="default" onClick={() => file.current?.click()}>
          Mask file…
        </Button>
        {report?.picture !== undefined && report.kind !== 'scene' && (
          <Button size="compact-xs" variant="default" onClick={() => showPanel('images')}>
            Draw one…
          </Button>
        )}
        {report?.hasAlpha === true && mask !== 'alpha' && (
          <Button size="compact-xs" variant="default" onClick={() => void setDraftMask('alpha')}>
            Its transparency
          </Button>
        )}
        {(mask !== undefined || isDrawn) && (
          <Button
            size="compact-xs"
            variant="subtle"
            onClick={() =>
              isDrawn ? editDraft('Discard the drawn mask', { drawn: undefined }) : void setDraftMask(undefined)
            }
          >
            {isDrawn ? 'Discard the drawing' : 'No mask'}
          </Button>
        )}
      </div>
      <input
        ref={file}
        type="file"
        hidden
        aria-label="Mask file"
        accept="image/*,.npy,.npz"
        onChange={event => {
          const [chosen] = event.currentTarget.files ?? [];
          event.currentTarget.value = '';
          if (chosen !== undefined) void uploadDraftMask(chosen);
        }}
      />
    </section>
  );
}
