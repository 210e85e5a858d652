// The contact sheet: a tile for each member.

import type { Locator } from 'playwright-core';

export class MembersPanel {
  readonly tiles: Locator;

  constructor(readonly panel: Locator) {
    this.tiles = panel.locator('.members-tile');
  }

  tile(member: number): Locator {
    return this.panel.locator(`[data-member="${member}"]`);
  }

  status(member: number): Locator {
    return this.tile(member).locator('.members-status');
  }

  async rate(member: number): Promise<number> {
    return Number(await this.tile(member).locator('.members-rate b').textContent());
  }
}
