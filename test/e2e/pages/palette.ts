// The command palette.

import type { Locator, Page } from 'playwright-core';

export class Palette {
  readonly search: Locator;
  readonly entries: Locator;

  constructor(readonly page: Page) {
    this.search = page.getByRole('textbox', { name: 'Find a command, a sample or a run' });
    this.entries = page.locator('.mantine-Spotlight-action');
  }

  async open(): Promise<void> {
    if (!(await this.search.isVisible())) await this.page.keyboard.press('Control+k');
    await this.search.waitFor();
  }

  /** Types a command's title, and waits until it is offered. */
  async find(title: string): Promise<void> {
    await this.open();
    await this.search.fill(title);
    await this.entries.filter({ hasText: title }).first().waitFor();
  }

  /** Types a command's title and takes the first one found. */
  async run(title: string): Promise<void> {
    await this.find(title);
    await this.page.keyboard.press('Enter');
    await this.search.waitFor({ state: 'hidden' });
  }
}
