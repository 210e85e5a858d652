// Which tool draws on the mask and how: remembered from one day to the next.

import { create } from 'zustand';
import { persist } from 'zustand/middleware';

export const maskToolIds = ['brush', 'eraser', 'box', 'polygon', 'text', 'pan'] as const;
export type MaskToolId = (typeof maskToolIds)[number];

export interface MaskTools {
  readonly tool: MaskToolId;
  /** Diameter of brush and eraser, in pixels of the picture. */
  readonly size: number;
  readonly text: string;
  /** Height of letters, in pixels of the picture. */
  readonly textSize: number;
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
      textSize: 48,
      stripeDirection: 'horizontal',
      stripeSpacing: 16,
      stripeWidth: 4,
      randomRate: 0.5,
    }),
    { name: 'descent-lab-mask', version: 1 },
  ),
);

export function setMaskTools(change: Partial<MaskTools>): void {
  useMaskTools.setState(change);
}

/** Larger (1) or smaller (−1) by a quarter, at least by one pixel. */
export function resizeBrush(direction: 1 | -1): void {
  const { size } = useMaskTools.getState();
  const step = Math.max(1, Math.round(size / 4));
  setMaskTools({ size: Math.min(LARGEST_BRUSH, Math.max(1, size + direction * step)) });
}
