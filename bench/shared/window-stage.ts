// What the benches of the window share: a lab and a browser, a page that begins as a returning user's, and figures.

import type { Page } from 'playwright-core';
import type { PanelId } from '../../renderer/panels/panel-list.ts';
import { panels } from '../../renderer/panels/panel-list.ts';
import { LabProcess, launchChromium } from '../../test/e2e/lab-process.ts';

export interface WindowStage {
  readonly lab: LabProcess;
  /** A new window on the start page, or on what the fragment leads to. */
  open(options?: PageOptions): Promise<Page>;
  dispose(): Promise<void>;
}

export interface PageOptions {
  readonly fragment?: string;
  readonly width?: number;
  readonly height?: number;
  /** Rows of panels, all of them to be seen at once; left out: the first layout. */
  readonly grid?: readonly (readonly PanelId[])[];
}

export async function openStage(): Promise<WindowStage> {
  const lab = new LabProcess();
  await lab.start();
  const browser = await launchChromium();
  return {
    lab,
    async open({ fragment = '', width = 1440, height = 900, grid } = {}) {
      const context = await browser.newContext({ viewport: { width, height } });
      const page = await context.newPage();
      const layout = grid === undefined ? undefined : gridLayout(grid, width, height);
      await page.addInitScript(
        text => {
          if (localStorage.getItem('descent-lab-preferences') === null)
            localStorage.setItem('descent-lab-preferences', text);
        },
        JSON.stringify({ state: { hintsSeen: true, ...(layout === undefined ? {} : { layout }) }, version: 1 }),
      );
      await page.goto(`${lab.address}${fragment}`);
      return page;
    },
    async dispose() {
      await browser.close();
      await lab.dispose();
    },
  };
}

/** A layout of the dock, as it serialises itself, with each panel in a place of its own. */
function gridLayout(rows: readonly (readonly PanelId[])[], width: number, height: number): object {
  const row = (ids: readonly PanelId[]) => ({
    type: 'branch',
    size: Math.floor(height / rows.length),
    data: ids.map(id => ({
      type: 'leaf',
      size: Math.floor(width / ids.length),
      data: { id: `group-${id}`, views: [id], activeView: id },
    })),
  });
  return {
    grid: { root: { type: 'branch', size: width, data: rows.map(row) }, width, height, orientation: 'VERTICAL' },
    panels: Object.fromEntries(
      panels.map(({ id, title }) => [id, { id, title, contentComponent: id, renderer: 'onlyWhenVisible' }]),
    ),
    activeGroup: `group-${rows[0][0]}`,
  };
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Columns of equal width, numbers to the right. */
export function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const texts = rows.map(row => row.map(String));
  const widths = texts[0].map((_, column) => Math.max(...texts.map(row => row[column]?.length ?? 0)));
  for (const row of texts)
    console.log(row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '));
}
