// Which tool draws on the mask and how: remembered from one day to the next.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { fittedTextSize } from './text-size.ts';

export const maskToolIds = ['brush', 'eraser', 'box', 'polygon', 'text', 'pan'] as const;
export type MaskToolId = (typeof maskToolIds)[number];

export interface MaskTools {
  readonly tool: MaskToolId;
  /** Diameter of brush and eraser, in pixels of the picture. */
  readonly size: number;
  readonly text: string;
  /** Height of letters, in pixels of the picture; undefined: as fits. */
  readonly textSize: number | undefined;
  readonly stripeDirection: 'horizontal' | 'vertical';
  /** From one stripe to the next, in pixels. */
  readonly stripeSpacing: number;
  readonly stripeWidth: number;
  /** Share of pixels that random masking takes. */
  readonly randomRate: number;
}

export const LARGEST_BRUSH = 400;

export const useMaskTools = create<MaskTools>()(
  persist(
    (): MaskTools => ({
      tool: 'brush',
      size: 24,
      text: 'Descent Lab',
      textSize: undefined,
      stripeDirection: 'horizontal',
      stripeSpacing: 16,
      stripeWidth: 4,
      randomRate: 0.5,
    }),
    {
      name: 'descent-lab-mask',
      version: 2,
      // Until version 1 letters had a size even where none was chosen.
      migrate: kept => ({ ...(kept as MaskTools), textSize: undefined }),
    },
  ),
);

export function setMaskTools(change: Partial<MaskTools>): void {
  useMaskTools.setState(change);
}

/** The height of letters on a picture of this size. */
export function textSizeOn(
  { text, textSize }: Pick<MaskTools, 'text' | 'textSize'>,
  picture: { readonly width: number; readonly height: number },
): number {
  return textSize ?? fittedTextSize(text, picture);
}

/** Larger (1) or smaller (−1) by a quarter, at least by one pixel. */
export function resizeBrush(direction: 1 | -1): void {
  const { size } = useMaskTools.getState();
  const step = Math.max(1, Math.round(size / 4));
  setMaskTools({ size: Math.min(LARGEST_BRUSH, Math.max(1, size + direction * step)) });
}
