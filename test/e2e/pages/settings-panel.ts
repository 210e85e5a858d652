// Settings of a draft, or of the run on show.

import type { Locator } from 'playwright-core';

export class SettingsPanel {
  readonly search: Locator;
  readonly rows: Locator;
  readonly start: Locator;
  readonly startPaused: Locator;

  constructor(readonly panel: Locator) {
    this.search = panel.getByRole('textbox', { name: 'Search settings' });
    this.rows = panel.locator('[data-setting]');
    this.start = panel.getByRole('button', { name: 'Start', exact: true });
    this.startPaused = panel.getByRole('button', { name: 'Start paused' });
  }

  row(name: string): Locator {
    return this.panel.locator(`[data-setting="${name}"]`);
  }

  /** Types a number into a setting. */
  async set(name: string, value: string): Promise<void> {
    const field = this.row(name).getByRole('textbox').first();
    await field.fill(value);
    await field.press('Enter');
  }
}
