// Pictures of the run on show, or the input of the run that is being prepared with the mask drawn on it.

import { useMemo } from 'react';
import { currentRun, useCurrentRun, useLab } from '../../state/lab.ts';
import type { PanelProps } from '../panel-components.ts';
import { MaskEditor } from './mask-editor.tsx';
import { PanelMessage } from './panel-message.tsx';
import { PictureBoard } from './picture-board.tsx';
import { isPicture } from './raster.ts';

export function ImagesPanel({ visible }: PanelProps) {
  const kind = useLab(state => state.current.kind);
  if (kind === 'draft') return <MaskEditor visible={visible} />;
  if (kind === 'run') return <RunPictures visible={visible} />;
  return <PanelMessage title="No run yet">Choose a sample or drop a picture: it is shown here.</PanelMessage>;
}

function RunPictures({ visible }: PanelProps) {
  const run = useLab(({ current }) => (current.kind === 'run' ? current.run : undefined));
  const views = useCurrentRun(({ details }) => details.problem?.views);
  const error = useCurrentRun(({ details }) => details.error);
  const pictures = useMemo(() => views?.filter(isPicture), [views]);
  const tracks = useMemo(() => (views ?? []).filter(view => view.kind === 'tracks'), [views]);
  if (run === undefined || pictures === undefined) {
    return error === undefined ? (
      <Reading />
    ) : (
      <PanelMessage title={error.message} error>
        {error.tip}
      </PanelMessage>
    );
  }
  if (pictures.length === 0) {
    return <PanelMessage title="This run has no pictures">Its traces and other panels show how it goes.</PanelMessage>;
  }
  return <PictureBoard run={run} views={pictures} tracks={tracks} visible={visible} />;
}

function Reading() {
  const reading = useLab(state => currentRun(state)?.reading);
  return (
    <PanelMessage title="Reading the input…" busy>
      {reading === undefined ? 'Pictures follow in a moment.' : `${reading.done} of ${reading.total} read`}
    </PanelMessage>
  );
}
