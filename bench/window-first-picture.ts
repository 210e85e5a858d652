// From the click on a sample to its pictures on the screen, in a fresh window each time: the first picture of the run, and
// the first that has moved. An optional argument says how often each sample is started.

import { median, openStage, printTable } from './shared/window-stage.ts';

const times = Number(process.argv[2] ?? 3);
const samples = ['plaid', 'gratings', 'sprites', 'static-clip'];

/** Milliseconds after the click, once they are painted; runs in the page. */
function watchPictures(): void {
  const seen: Record<string, number> = {};
  Object.assign(globalThis, { seen });
  let clicked = 0;
  addEventListener('pointerdown', event => (clicked = event.timeStamp), { capture: true, once: true });
  const note = (name: string): void => {
    if (seen[name] !== undefined) return;
    seen[name] = Number.NaN;
    requestAnimationFrame(() => setTimeout(() => (seen[name] = performance.now() - clicked)));
  };
  new MutationObserver(() => {
    for (const tile of document.querySelectorAll('.images-tile')) {
      if (tile.querySelector('.images-tile-title')?.textContent !== 'Recovered') continue;
      const shown = /\d+/.exec(tile.querySelector('.images-tile-info')?.textContent ?? '')?.[0];
      if (shown !== undefined) note('first');
      if (Number(shown) > 0) note('moved');
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

const stage = await openStage();
try {
  const rows: (string | number)[][] = [['sample', 'first picture, ms', 'moving picture, ms', 'each, ms']];
  const all: number[] = [];
  for (const sample of samples) {
    const first: number[] = [];
    const moved: number[] = [];
    for (let time = 0; time < times; time++) {
      const page = await stage.open();
      await page.evaluate(watchPictures);
      await page.locator(`[data-sample="${sample}"]`).click();
      const handle = await page.waitForFunction(() => {
        const { seen } = globalThis as unknown as { seen: Record<string, number> };
        return seen.moved > 0 ? seen : undefined;
      });
      const seen = (await handle.jsonValue()) as Record<string, number>;
      first.push(seen.first);
      moved.push(seen.moved);
      // What goes on running would take the cores of the next one.
      await page.getByRole('button', { name: 'Pause' }).first().click();
      await page.context().close();
    }
    all.push(...moved);
    const each = moved.map(value => value.toFixed(0)).join(' ');
    rows.push([sample, median(first).toFixed(0), median(moved).toFixed(0), each]);
  }
  rows.push(['all', '', median(all).toFixed(0), `worst ${Math.max(...all).toFixed(0)}`]);
  printTable(rows);
  console.log('Aim: under 3000 ms to the first moving picture on 2 cores.');
} finally {
  await stage.dispose();
}
