// The input of a draft with the mask that is drawn on it.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

export class MaskEditor {
  readonly pad: Locator;
  readonly missing: Locator;

  constructor(readonly panel: Locator) {
    this.pad = panel.getByRole('application', { name: /^Input with mask/ });
    this.missing = panel.locator('output');
  }

  async choose(tool: string): Promise<void> {
    await this.panel.locator('.mask-tools label').filter({ hasText: tool }).click();
  }

  /** Drags over the picture between two places, each as shares of the pad. */
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const page = this.pad.page();
    const box = await this.pad.boundingBox();
    if (box === null) return expect.fail('The input is not shown.');
    const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at(to), { steps: 8 });
    await page.mouse.up();
  }

  /** Share of the picture that is missing, in per cent, as the bar says it. */
  async missingPercent(): Promise<number> {
    const text = (await this.missing.textContent()) ?? '';
    return Number.parseFloat(/([\d.]+) ?%/.exec(text)?.[1] ?? '0');
  }
}
