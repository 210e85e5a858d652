// Members over their learning rates, and the range that is brushed among them.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

export class RatesPanel {
  readonly canvas: Locator;

  constructor(readonly panel: Locator) {
    this.canvas = panel.locator('canvas');
  }

  /** Drags over the plot between two shares of its width. */
  async brush(from: number, to: number): Promise<void> {
    const { mouse } = this.panel.page();
    const box = await this.canvas.boundingBox();
    if (box === null) return expect.fail('The plot of rates is not shown.');
    const y = box.y + box.height / 2;
    await mouse.move(box.x + from * box.width, y);
    await mouse.down();
    await mouse.move(box.x + to * box.width, y, { steps: 5 });
    await mouse.up();
  }

  async range(): Promise<{ readonly low: number; readonly high: number }> {
    const value = async (name: string) => Number(await this.panel.getByRole('textbox', { name }).inputValue());
    return { low: await value('Least rate of the range'), high: await value('Greatest rate of the range') };
  }
}
