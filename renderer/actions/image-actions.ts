// Looking at pictures: zoom, frames, errors and comparisons.

import {
  fitPictures,
  setImageSettings,
  setPlaying,
  swapSides,
  theBoard,
  useImageMoment,
  useImageSettings,
} from '../panels/images/image-settings.ts';
import { currentRun, useLab } from '../state/lab.ts';
import type { Action } from './action.ts';

const onBoard = () => theBoard() !== undefined;
const views = () => currentRun(useLab.getState())?.details.problem?.views ?? [];

export const imageActions: readonly Action[] = [
  {
    id: 'images.fit',
    title: 'Fit the pictures to their tiles',
    group: 'Look',
    keywords: 'zoom reset whole',
    shortcut: 'Alt+0',
    enabled: onBoard,
    run: fitPictures,
  },
  {
    id: 'images.actual',
    title: 'Show pictures pixel by pixel',
    group: 'Look',
    keywords: 'zoom 1:1 100 % actual size',
    shortcut: 'Alt+1',
    enabled: onBoard,
    run: () => theBoard()?.showPixelByPixel(),
  },
  {
    id: 'images.play',
    title: 'Play or stop the frames',
    group: 'Look',
    keywords: 'video movie animate',
    shortcut: 'Shift+P',
    enabled: () => views().some(view => (view.kind === 'image' || view.kind === 'depth') && view.frames > 1),
    run: () => setPlaying(!useImageMoment.getState().playing),
  },
  {
    id: 'images.error-map',
    title: 'Error of pictures: absolute, signed, none',
    group: 'Look',
    keywords: 'difference residual',
    shortcut: 'Alt+R',
    enabled: onBoard,
    run: () => {
      const next = { absolute: 'signed', signed: 'none', none: 'absolute' } as const;
      setImageSettings({ errorMap: next[useImageSettings.getState().errorMap] });
    },
  },
  {
    id: 'images.compare',
    title: 'Compare two pictures: wipe, difference, blink, overlay',
    group: 'Look',
    keywords: 'a b side by side tiles',
    shortcut: 'Alt+W',
    enabled: onBoard,
    run: () => {
      const next = {
        tiles: 'wipe',
        wipe: 'difference',
        difference: 'blink',
        blink: 'overlay',
        overlay: 'tiles',
      } as const;
      setImageSettings({ mode: next[useImageSettings.getState().mode] });
    },
  },
  {
    id: 'images.other-side',
    title: 'Other side of the blink comparison',
    group: 'Look',
    keywords: 'flip swap',
    enabled: () => onBoard() && useImageSettings.getState().mode === 'blink',
    run: swapSides,
  },
];
