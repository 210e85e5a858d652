// Library: the list of runs.

import type { Locator } from 'playwright-core';

export class LibraryPanel {
  readonly search: Locator;
  readonly rows: Locator;

  constructor(readonly panel: Locator) {
    this.search = panel.getByRole('searchbox', { name: /^Search runs/ });
    this.rows = panel.locator('.library-row');
  }

  row(name: string): Locator {
    return this.rows.filter({ has: this.panel.page().getByText(name, { exact: true }) });
  }

  /** The folder of a run, by its name. */
  async folderOf(name: string): Promise<string> {
    return (await this.row(name).getAttribute('data-run')) ?? '';
  }

  async open(name: string): Promise<void> {
    await this.row(name).locator('.library-open').click();
  }

  async choose(name: string): Promise<void> {
    await this.row(name).getByRole('checkbox').check();
  }

  /** A command of a run's own menu. */
  async command(name: string, command: string): Promise<void> {
    await this.row(name)
      .getByRole('button', { name: `More for ${name}` })
      .click();
    await this.panel.page().getByRole('menuitem', { name: command }).click();
  }

  /** Types into the field that a rename or the tags opened. */
  async type(label: string, text: string): Promise<void> {
    const field = this.panel.getByRole('textbox', { name: label });
    await field.fill(text);
    await field.press('Enter');
    await field.waitFor({ state: 'hidden' });
  }
}
