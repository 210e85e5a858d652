// Ten minutes (or as many as the argument says) of a window in use: samples are started and watched in every panel, one
// after the other. A line a minute: memory, nodes, listeners, textures, pictures that came late; at the end the growth.

import type { Page } from 'playwright-core';
import { openStage, printTable } from './shared/window-stage.ts';

const minutes = Number(process.argv[2] ?? 10);
const samples = ['gratings', 'sprites', 'static-clip', 'staircase'];
const tabs = ['Scene', 'Members', 'Compare', 'Images', 'Spectrum', 'Traces', 'Settings', 'Input', 'Export', 'Steer'];

interface Figures {
  readonly minute: number;
  readonly runs: number;
  readonly heapMegabytes: number;
  readonly nodes: number;
  readonly listeners: number;
  readonly scenes: number;
  readonly textures: number;
  readonly geometries: number;
  /** Frames of more than 50 ms since the last line, and the longest. */
  readonly late: number;
  readonly longest: number;
}

/** Counts frames that took long; runs in the page. */
function watchFrames(): void {
  const frames = { late: 0, longest: 0 };
  Object.assign(globalThis, { frames });
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      frames.late++;
      frames.longest = Math.max(frames.longest, duration);
    }
  }).observe({ type: 'long-animation-frame' });
}

async function workFor(page: Page, until: number): Promise<number> {
  let runs = 0;
  while (Date.now() < until) {
    const sample = samples[runs % samples.length];
    await page.locator(`[data-sample="${sample}"]`).click();
    await page.getByTestId('run-state').waitFor();
    runs++;
    for (const title of tabs) {
      await page.locator('.dv-tab').filter({ hasText: title }).first().click();
      await page.waitForTimeout(300);
    }
    await page.keyboard.press('[');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('End');
    const stop = page.locator('.run-bar [data-action="run.stop"]');
    if (await stop.isEnabled()) await stop.click();
    await page.waitForFunction(() =>
      /finished|stopped/.test(document.querySelector('[data-testid=run-state]')?.textContent ?? ''),
    );
    await page.locator('.run-bar [data-action="library.welcome"]').click();
    await page.locator(`[data-sample="${sample}"]`).waitFor();
  }
  return runs;
}

const stage = await openStage();
try {
  const page = await stage.open();
  const failures: string[] = [];
  page.on('pageerror', error => failures.push(error.message));
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await page.evaluate(watchFrames);
  const look = async (minute: number, runs: number): Promise<Figures> => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const metric = (name: string) => metrics.find(each => each.name === name)?.value ?? Number.NaN;
    const { scenes, frames } = await page.evaluate(() => {
      const { descentLabScenes, frames } = globalThis as unknown as {
        descentLabScenes?: { alive: number; textures: number; geometries: number };
        frames: { late: number; longest: number };
      };
      const told = { scenes: { ...descentLabScenes }, frames: { ...frames } };
      Object.assign(frames, { late: 0, longest: 0 });
      return told;
    });
    return {
      minute,
      runs,
      heapMegabytes: metric('JSHeapUsedSize') / 2 ** 20,
      nodes: metric('Nodes'),
      listeners: metric('JSEventListeners'),
      scenes: scenes.alive ?? 0,
      textures: scenes.textures ?? 0,
      geometries: scenes.geometries ?? 0,
      ...frames,
    };
  };
  const line = ({ heapMegabytes, longest, ...rest }: Figures) =>
    `${Object.entries(rest)
      .map(([name, value]) => `${name} ${value}`)
      .join('  ')}  heap ${heapMegabytes.toFixed(1)} MB  longest ${longest.toFixed(0)} ms`;

  // Whatever is made once is made before the first look.
  await workFor(page, Date.now() + Math.min(20000, 20000 * minutes));
  const seen = [await look(0, 0)];
  console.log(line(seen[0]));
  for (let minute = 1; minute <= minutes; minute++) {
    const runs = await workFor(page, Date.now() + 60000);
    seen.push(await look(minute, runs));
    console.log(line(seen[minute]));
  }
  const [first, last] = [seen[0], seen[seen.length - 1]];
  const runs = seen.reduce((sum, each) => sum + each.runs, 0);
  const growth = (what: string, of: (figures: Figures) => number, digits = 0) => [
    what,
    of(first).toFixed(digits),
    of(last).toFixed(digits),
    ((of(last) - of(first)) / Math.max(1, runs)).toFixed(2),
  ];
  printTable([
    ['', 'first', 'last', `growth for each of ${runs} runs`],
    growth('heap, MB', ({ heapMegabytes }) => heapMegabytes, 1),
    growth('nodes', ({ nodes }) => nodes),
    growth('listeners', ({ listeners }) => listeners),
    growth('textures', ({ textures }) => textures),
    growth('geometries', ({ geometries }) => geometries),
  ]);
  console.log(failures.length === 0 ? 'No error on the page.' : `Errors on the page: ${failures.join('; ')}`);
} finally {
  await stage.dispose();
}
