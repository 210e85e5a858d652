// Steer: the dials of live values, the pace, and the list of what was changed.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

export class SteerPanel {
  readonly changes: Locator;
  readonly pace: Locator;
  readonly count: Locator;
  readonly runThenPause: Locator;

  constructor(readonly panel: Locator) {
    this.changes = panel.getByRole('region', { name: 'Changes' });
    this.pace = panel.getByRole('textbox', { name: /^Pace/ });
    this.count = panel.getByRole('textbox', { name: /^Iterations to run/ });
    this.runThenPause = panel.getByRole('button', { name: 'Run, then pause' });
  }

  slider(title: string): Locator {
    return this.panel.getByRole('slider', { name: title, exact: true });
  }

  /** The number beside a slider. */
  field(title: string): Locator {
    return this.panel.getByRole('textbox', { name: `${title}, value` });
  }

  async value(title: string): Promise<number> {
    return Number(await this.field(title).inputValue());
  }

  /** Presses on the thumb and drags it by a share of the slider's length. */
  async drag(title: string, by: number): Promise<void> {
    const page = this.panel.page();
    const thumb = await this.slider(title).locator('.log-slider-thumb').boundingBox();
    const rail = await this.slider(title).locator('.log-slider-rail').boundingBox();
    if (thumb === null || rail === null) return expect.fail(`The slider ${title} is not shown.`);
    const [x, y] = [thumb.x + thumb.width / 2, thumb.y + thumb.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + by * rail.width, y, { steps: 8 });
    await page.mouse.up();
  }

  async type(title: string, value: string): Promise<void> {
    await this.field(title).fill(value);
    await this.field(title).press('Enter');
  }

  async setPace(perSecond: number): Promise<void> {
    await this.pace.fill(String(perSecond));
    await this.pace.press('Enter');
  }
}
