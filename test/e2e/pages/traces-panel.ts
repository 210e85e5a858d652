// Traces: the plots, and what the pointer reads from them.

import type { Locator } from 'playwright-core';
import { expect } from 'vitest';

/** The table that follows the pointer. */
export interface Reading {
  readonly heading: string;
  /** The first one holds the titles of the columns where there are several. */
  readonly rows: readonly (readonly string[])[];
  /** What happened there. */
  readonly notes: readonly string[];
}

export class TracesPanel {
  readonly plots: Locator;
  readonly titles: Locator;

  constructor(readonly panel: Locator) {
    this.plots = panel.getByTestId('traces-plots');
    this.titles = panel.locator('.plot-group-head > span');
  }

  /** What is read at a share of the width of the plot of this title; undefined: nothing. */
  async readAt(title: string, share: number): Promise<Reading | undefined> {
    const page = this.panel.page();
    const cell = this.panel.locator('.plot-group-cell').filter({ hasText: title }).first();
    const box = await cell.locator('.u-over').boundingBox();
    if (box === null) return expect.fail(`There is no plot ${title}.`);
    await page.mouse.move(box.x + share * box.width, box.y + box.height / 2);
    return page.evaluate(() => {
      const table = [...document.querySelectorAll<HTMLElement>('.hover-table')].find(each => !each.hidden);
      if (table === undefined) return undefined;
      const text = (element: Element | null) => element?.textContent ?? '';
      return {
        heading: text(table.querySelector('strong')),
        rows: [...table.querySelectorAll('tr')].map(row => [...row.children].map(text)),
        notes: [...table.querySelectorAll('p')].map(text),
      };
    });
  }

  /** The value of the first line in the plot of this title. */
  async valueAt(title: string, share: number): Promise<number> {
    const [head, ...rows] = (await this.readAt(title, share))?.rows ?? [];
    const column = Math.max(1, head?.indexOf(title) ?? 1);
    return Number.parseFloat((rows[0] ?? head)?.[column] ?? '');
  }

  /** Moves the pointer along the plot until it finds a note of this; what that says. */
  async findNote(title: string, note: RegExp): Promise<string> {
    for (let share = 0.002; share < 1; share += 0.01) {
      const found = (await this.readAt(title, share))?.notes.find(text => note.test(text));
      if (found !== undefined) return found;
    }
    return expect.fail(`No vertical line of ${title} tells of ${note}.`);
  }
}
