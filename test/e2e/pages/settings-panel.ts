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

  /** What the draft is a run of. */
  async chooseFit(title: string): Promise<void> {
    await this.panel.getByRole('combobox', { name: 'Fit' }).click();
    await this.panel.page().getByRole('option', { name: title }).click();
    await this.row('seed').or(this.start).first().waitFor();
  }

  /** Hands over a file that belongs to the input, by what it is to the fit. */
  async giveFile(
    title: string,
    file: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer },
  ): Promise<void> {
    const row = this.panel.locator(`[data-file="${title}"]`);
    await row.locator('input[type="file"]').setInputFiles(file);
    await row.getByRole('img', { name: 'given' }).waitFor();
  }

  async setMembers(count: number): Promise<void> {
    const field = this.panel.getByRole('textbox', { name: 'Members' });
    await field.fill(String(count));
    await field.press('Enter');
  }

  /** Types a number into a setting. */
  async set(name: string, value: string): Promise<void> {
    const field = this.row(name).getByRole('textbox').first();
    await field.fill(value);
    await field.press('Enter');
  }
}
