// Export: files that a run has written, and formats it can write.

import { readFileSync } from 'node:fs';
import type { Locator } from 'playwright-core';

export class ExportPanel {
  readonly files: Locator;
  readonly write: Locator;

  constructor(readonly panel: Locator) {
    this.files = panel.getByRole('region', { name: 'Exported files' }).getByRole('link');
    this.write = panel.getByRole('button', { name: /^Export/ });
  }

  async chooseFormat(title: RegExp): Promise<void> {
    await this.panel.getByRole('combobox', { name: 'Format' }).click();
    await this.panel.page().getByRole('option', { name: title }).click();
  }

  /** Clicks on a file; its name and bytes as the browser took them. */
  async download(link: Locator): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const [download] = await Promise.all([this.panel.page().waitForEvent('download'), link.click()]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }
}
