// The start page: tiles of samples and the newest runs.

import type { Locator, Page } from 'playwright-core';

export class Welcome {
  readonly title: Locator;
  readonly tiles: Locator;
  readonly newest: Locator;

  constructor(readonly page: Page) {
    this.title = page.getByRole('heading', { name: 'See and steer a fit while it runs' });
    this.tiles = page.locator('[data-sample]');
    this.newest = page.getByRole('region', { name: 'Newest runs' });
  }

  sample(id: string): Locator {
    return this.page.locator(`[data-sample="${id}"]`);
  }

  async start(id: string): Promise<void> {
    await this.sample(id).click();
  }
}
