// Files dropped anywhere become the input of a new run; several pictures, or a folder of them, the frames of a video.

import { IconUpload } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { draftFit, takeFiles, useDraft } from '../state/draft.ts';
import { useLab } from '../state/lab.ts';
import { guarded } from '../state/problems.ts';
import { filesOf } from './dropped-files.ts';

export function DropZone() {
  const [over, setOver] = useState(false);
  const fit = useDraft(state => state.fit);
  const takes = useLab(state => draftFit(fit, state.description?.fits)?.takes);
  useEffect(() => {
    let depth = 0;
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const enter = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth++;
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (!carriesFiles(event)) return;
      depth--;
      if (depth <= 0) setOver(false);
    };
    const allow = (event: DragEvent): void => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      depth = 0;
      setOver(false);
      const transfer = event.dataTransfer;
      if (!carriesFiles(event) || transfer === null || event.defaultPrevented) return;
      event.preventDefault();
      void guarded(async () => takeFiles(await filesOf(transfer)));
    };
    addEventListener('dragenter', enter);
    addEventListener('dragleave', leave);
    addEventListener('dragover', allow);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragenter', enter);
      removeEventListener('dragleave', leave);
      removeEventListener('dragover', allow);
      removeEventListener('drop', drop);
    };
  }, []);
  if (!over) return undefined;
  return (
    <div className="drop-zone" aria-hidden>
      <IconUpload size={48} />
      <strong>Drop it: a new run is prepared</strong>
      <span>{takes}</span>
    </div>
  );
}
