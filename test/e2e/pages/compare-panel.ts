// Compare: several runs on one chart with their tables and pictures.

import type { Locator } from 'playwright-core';

export class ComparePanel {
  readonly chips: Locator;
  readonly figures: Locator;
  readonly settings: Locator;
  readonly pictures: Locator;

  constructor(readonly panel: Locator) {
    this.chips = panel.locator('.compare-chip');
    this.figures = panel.getByRole('region', { name: 'Figures', exact: true });
    this.settings = panel.getByRole('region', { name: 'Settings that differ', exact: true });
    this.pictures = panel.getByRole('region', { name: 'Pictures', exact: true });
  }
}
