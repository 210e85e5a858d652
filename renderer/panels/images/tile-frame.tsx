// What lies around the picture of a tile: title, iteration and member above, values and key below, and why there is no
// picture. Lets the pointer through to the board except on its buttons.

import { ActionIcon, Button, Loader, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useCallback, useEffect, useRef } from 'react';
import { asLabError } from '../../../src/protocol/lab-error.ts';
import { colourMap, gradientOf } from '../../plots/colour-maps.ts';
import { FlowLegend } from '../../plots/flow-legend.tsx';
import { useLab } from '../../state/lab.ts';
import { usePreferences } from '../../state/preferences.ts';
import { guarded } from '../../state/problems.ts';
import { HelpMark } from '../../widgets/help-mark.tsx';
import { saveBlob } from '../../widgets/save-blob.ts';
import { HEADER_HEIGHT, type ImageBoard, READOUT_HEIGHT, type TileStatus } from './image-board.ts';
import { useImageSettings } from './image-settings.ts';
import type { Box } from './look.ts';
import { DIVERGING_MAP, FLOW_MAP, ownMap } from './raster.ts';
import type { Tile } from './tile-plan.ts';

export interface TileFrameProps {
  readonly tile: Tile;
  readonly box: Box | undefined;
  readonly board: ImageBoard;
  readonly run: string;
  readonly status: TileStatus;
}

export function TileFrame({ tile, box, board, run, status }: TileFrameProps) {
  const info = useRef<HTMLSpanElement>(null);
  const readout = useRef<HTMLSpanElement>(null);
  const low = useRef<HTMLSpanElement>(null);
  const high = useRef<HTMLSpanElement>(null);
  const map = useKeyMap(tile);
  const hasKey = map !== undefined;
  const placed = box !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the elements come and go with the key.
  useEffect(() => {
    if (!placed || info.current === null || readout.current === null) return;
    board.label(tile.id, {
      info: info.current,
      readout: readout.current,
      low: low.current,
      high: high.current,
    });
    return () => board.label(tile.id, undefined);
  }, [board, tile.id, hasKey, placed]);
  /** Nothing is wrong: the view has nothing to show in this iteration. */
  const isEarly = status.kind === 'failed' && status.error.code === 'state';
  const save = useCallback(() => guarded(() => saveTile(board, tile, run), run), [board, tile, run]);
  if (box === undefined || box.width < 40 || box.height < HEADER_HEIGHT + READOUT_HEIGHT) return undefined;
  return (
    <figure className="images-tile" style={{ left: box.left, top: box.top, width: box.width, height: box.height }}>
      <figcaption className="images-tile-head" style={{ height: HEADER_HEIGHT }}>
        <span className="images-tile-title">{tile.title}</span>
        {tile.help !== '' && <HelpMark label={tile.title} text={tile.help} />}
        <span ref={info} className="images-tile-info numbers" />
        <Tooltip label={`Save ${tile.title} as PNG, every pixel`}>
          <ActionIcon
            className="images-tile-save"
            size="xs"
            aria-label={`Save ${tile.title} as PNG`}
            disabled={status.kind !== 'shown'}
            onClick={save}
          >
            <IconDownload size={14} />
          </ActionIcon>
        </Tooltip>
      </figcaption>
      <div className="images-tile-body">
        {status.kind === 'waiting' && (
          <div className="images-tile-wait" role="status" aria-label={`${tile.title} is on its way`}>
            <Loader size="sm" type="dots" />
          </div>
        )}
        {status.kind === 'failed' && (
          <div className="images-tile-failed" data-code={status.error.code} role={isEarly ? 'status' : 'alert'}>
            <strong>{status.error.message}</strong>
            {status.error.tip !== undefined && <span>{status.error.tip}</span>}
            {!isEarly && (
              <Button size="compact-xs" variant="default" onClick={() => board.retry(tile.id)}>
                Try again
              </Button>
            )}
          </div>
        )}
      </div>
      <div className="images-tile-foot numbers" style={{ height: READOUT_HEIGHT }}>
        <span ref={readout} className="images-tile-readout" />
        {map !== undefined && (
          <span className="images-tile-key">
            <span ref={low} />
            {map === FLOW_MAP ? (
              <FlowLegend side={READOUT_HEIGHT - 2} />
            ) : (
              <span className="images-tile-key-bar" style={{ background: gradientOf(colourMap(map)) }} />
            )}
            <span ref={high} />
          </span>
        )}
      </div>
    </figure>
  );
}

/** The colour map of a tile that is drawn in one. */
function useKeyMap(tile: Tile): string | undefined {
  const chosen = usePreferences(state => state.colourMap);
  const grey = useImageSettings(state => state.greyPictures);
  if (tile.kind === 'difference') {
    if (tile.difference === 'signed') return DIVERGING_MAP;
    return chosen === 'blue-red' ? 'magma' : chosen;
  }
  if (tile.view.kind !== 'image') return chosen;
  const own = ownMap(tile.view);
  if (own !== undefined) return own;
  return tile.view.channels === 1 && grey === 'mapped' ? chosen : undefined;
}

async function saveTile(board: ImageBoard, tile: Tile, run: string): Promise<void> {
  const picture = await board.save(tile.id).catch(thrown => {
    throw asLabError(thrown);
  });
  const name = useLab.getState().library?.[run]?.name ?? run;
  const file = [name, tile.title]
    .join('-')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  saveBlob(picture, `${file}.png`);
}
