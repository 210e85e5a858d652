// Images of a run: tiles with titles, and pictures as they are seen.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { differenceOf, type Seen, see } from '../seen.ts';

export class ImagesPanel {
  readonly titles: Locator;
  readonly tiles: Locator;

  constructor(readonly panel: Locator) {
    this.tiles = panel.locator('.images-tile');
    this.titles = panel.locator('.images-tile-title');
  }

  tile(title: string): Locator {
    return this.tiles.filter({ has: this.panel.page().locator('.images-tile-title', { hasText: title }) }).first();
  }

  /** The iteration and member that a tile says it shows. */
  async info(title: string): Promise<string> {
    return (await this.tile(title).locator('.images-tile-info').textContent()) ?? '';
  }

  async shownIteration(title: string): Promise<number> {
    return Number(/\d+/.exec(await this.info(title))?.[0]);
  }

  /** The picture of a tile as it is on the screen. */
  async see(title: string): Promise<Seen> {
    return see(this.tile(title).locator('.images-tile-body'));
  }

  /** Waits until the picture of a tile looks otherwise than before. */
  async moves(title: string, before: Seen): Promise<void> {
    await expect.poll(async () => differenceOf(before, await this.see(title))).toBeGreaterThan(0.2);
  }

  /** Waits until a tile shows a state of the run, in more than one colour. */
  async filled(title: string): Promise<void> {
    await expect.poll(() => this.shownIteration(title)).toBeGreaterThanOrEqual(0);
    await expect.poll(async () => (await this.see(title)).spread).toBeGreaterThan(4);
  }
}
