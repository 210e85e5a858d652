// What axe finds in a window, for stories that look at panels.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { LabWindow } from './pages/lab-window.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds that keeps people out. In the dark only colours are other than in the light. */
export async function accessFaults({ page }: LabWindow, scheme: 'light' | 'dark', part = 'body'): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
  const rules = scheme === 'light' ? {} : { runOnly: ['color-contrast'] };
  const { violations } = await page.evaluate(
    ([within, options]): Promise<AxeResults> =>
      (globalThis as unknown as { axe: { run(part: object, options: object): Promise<AxeResults> } }).axe.run(
        { include: [[within]] },
        options,
      ),
    [part, { resultTypes: ['violations'], ...rules }] as const,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ target, html }) => `${id} at ${target} ${html.slice(0, 160)}`),
    );
}
