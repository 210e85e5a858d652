// The input panel: what an input was understood as, and which frames of it are taken.

import type { Locator } from 'playwright-core';

export class InputPanel {
  /** Frames shown at a glance. */
  readonly strip: Locator;
  readonly choice: Locator;

  constructor(panel: Locator) {
    this.strip = panel.getByRole('region', { name: 'Frames of the video' });
    this.choice = panel.getByRole('region', { name: 'Choice of frames' });
  }

  /** Once all of its pictures are there: the words under them. */
  async shownFrames(): Promise<string[]> {
    await this.strip.and(this.strip.page().locator('[aria-busy="false"]')).waitFor();
    return this.strip.locator('figcaption').allTextContents();
  }

  /** Types into a field of the choice; empty takes it back. */
  async choose(field: string, text: string): Promise<void> {
    const input = this.choice.getByLabel(field, { exact: true });
    await input.fill(text);
    await input.press('Enter');
  }
}
