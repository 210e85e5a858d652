// Input to paint while a fit takes every core: a slider is dragged, tabs are switched, the pointer moves over the traces,
// keys turn the learning rate. Then the traces of 8 members over 10,000 iterations: how long a redraw takes.

import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { lab as runLab } from '../test/lab.ts';
import { openWindow } from '../test/window.ts';
import { openStage, printTable, quantile } from './shared/window-stage.ts';

const [MEMBERS, ITERATIONS] = [8, 10000];
/** Redraws of the traces that are timed. */
const REDRAWS = 120;

/** Times each input of these kinds from when it came in to the picture that follows it; runs in the page. */
function watchInputs(): void {
  const waits: Record<string, number[]> = {};
  Object.assign(globalThis, { waits });
  for (const kind of ['pointerdown', 'pointermove', 'pointerup', 'keydown']) {
    waits[kind] = [];
    addEventListener(
      kind,
      ({ timeStamp }) => {
        // A task right after the frame: by then it was handed over to be painted.
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => waits[kind].push(performance.now() - timeStamp);
          port2.postMessage(0);
        });
      },
      { capture: true, passive: true },
    );
  }
}

async function take(page: Page, ...kinds: readonly string[]): Promise<number[]> {
  return page.evaluate(wanted => {
    const { waits } = globalThis as unknown as { waits: Record<string, number[]> };
    return wanted.flatMap(kind => waits[kind].splice(0));
  }, kinds);
}

const rows: (string | number)[][] = [
  ['input to paint, a fit on every core', 'n', 'median, ms', '95 %, ms', 'worst, ms'],
];
function row(what: string, waits: readonly number[]): void {
  const figures = [quantile(waits, 0.5), quantile(waits, 0.95), Math.max(...waits)];
  rows.push([what, waits.length, ...figures.map(value => value.toFixed(1))]);
}

/** A drag or a hover: so many moves, a little slower than a screen's pictures follow each other. */
async function sweep(page: Page, from: readonly [number, number], to: readonly [number, number], moves: number) {
  for (let move = 1; move <= moves; move++) {
    const share = move / moves;
    await page.mouse.move(from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1]));
    await page.waitForTimeout(18);
  }
}

const outfile = resolve('dist/bench/toy-fit.mjs');
await build({ entryPoints: ['test/toy-fit.ts'], outfile, bundle: true, platform: 'node', format: 'esm' });
process.env.DESCENT_LAB_TEST_FITS = outfile;
const stage = await openStage();
try {
  const caller = await openWindow(new URL(stage.lab.address));
  const start = { fit: 'tubal', race: {}, members: 1, seed: 0 } as const;
  const settings = { iterations: '1000000', validation: '0' };
  const { run } = await caller.call('start', { ...start, input: 'sample:plaid', settings, first: 'run' });
  const page = await stage.open({ fragment: `#run=${run}&at=now` });
  const slider = page.getByRole('slider', { name: 'Learning rate eta', exact: true });
  await slider.waitFor();
  await page.locator('.images-tile').first().waitFor();
  await page.waitForFunction(
    () => Number(/\d+$/.exec(document.querySelector('[data-testid=iteration]')?.textContent ?? '')?.[0]) > 30,
  );
  await page.evaluate(watchInputs);

  const thumb = await slider.locator('.log-slider-thumb').boundingBox();
  if (thumb === null) throw new Error('The slider is not shown.');
  const at = [thumb.x + thumb.width / 2, thumb.y + thumb.height / 2] as const;
  await page.mouse.move(...at);
  await take(page, 'pointermove');
  await page.mouse.down();
  for (let turn = 0; turn < 4; turn++) {
    await sweep(page, at, [at[0] - 60, at[1]], 30);
    await sweep(page, [at[0] - 60, at[1]], at, 30);
  }
  await page.mouse.up();
  row('dragging the learning rate', await take(page, 'pointermove', 'pointerdown', 'pointerup'));

  const plot = await page.locator('[data-testid=traces-plots] .u-over').first().boundingBox();
  if (plot === null) throw new Error('The traces are not shown.');
  const middle = plot.y + plot.height / 2;
  for (let turn = 0; turn < 4; turn++) await sweep(page, [plot.x + 2, middle], [plot.x + plot.width - 2, middle], 40);
  row('hovering over the traces', await take(page, 'pointermove'));

  await take(page, 'pointerdown', 'pointerup');
  for (let turn = 0; turn < 6; turn++) {
    for (const title of ['Scene', 'Images', 'Spectrum', 'Traces', 'Settings', 'Input', 'Steer']) {
      await page.locator('.dv-tab').filter({ hasText: title }).click();
      await page.waitForTimeout(60);
    }
  }
  row('switching tabs', await take(page, 'pointerdown', 'pointerup'));

  await page
    .locator('.window')
    .focus()
    .catch(() => {});
  await take(page, 'keydown');
  for (let turn = 0; turn < 60; turn++) {
    await page.keyboard.press(turn % 2 === 0 ? '[' : ']');
    await page.waitForTimeout(40);
  }
  row('keys that turn the learning rate', await take(page, 'keydown'));
  printTable(rows);
  console.log('Aim: under 50 ms at 95 %.\n');
  await caller.call('delete', { runs: [run] });
  await page.context().close();

  // The traces of many members over many iterations, nothing else running.
  const race = Array.from({ length: MEMBERS }, (_, member) => String(member + 1)).join(',');
  const settingsOfToy = ['--set', 'learningRate=0.001', '--iterations', String(ITERATIONS), '--race', `target=${race}`];
  const made = await runLab('fit', 'toy', 'sample:nothing', ...settingsOfToy, '--out', `${stage.lab.library}/many`);
  if (made.code !== 0) throw new Error(made.stderr);
  const many = await stage.open({ fragment: '#run=many&at=now' });
  await many.locator('[data-testid=traces-plots] canvas').first().waitFor();
  const session = await many.context().newCDPSession(many);
  // Of the processor, not of the clock: other programs do not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  const table: (string | number)[][] = [
    [`${MEMBERS} members, ${ITERATIONS} iterations`, 'pictures per s', 'CPU of the page, ms per picture'],
  ];
  const measure = async (what: string, frames: (count: number) => Promise<number>): Promise<void> => {
    await frames(10);
    const before = await busy();
    const milliseconds = await frames(REDRAWS);
    table.push([what, ((1000 * REDRAWS) / milliseconds).toFixed(1), (((await busy()) - before) / REDRAWS).toFixed(2)]);
  };
  await measure('redrawn from all rows (log x on and off)', count =>
    many.evaluate(async frames => {
      const toggle = document.querySelector<HTMLElement>('.traces-toolbar [aria-keyshortcuts=X]');
      const from = performance.now();
      for (let frame = 0; frame < frames; frame++) {
        toggle?.click();
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - from;
    }, count),
  );
  await measure('pointer over them', count =>
    many.evaluate(async frames => {
      const over = document.querySelector<HTMLElement>('[data-testid=traces-plots] .u-over');
      const box = over?.getBoundingClientRect() ?? new DOMRect();
      const from = performance.now();
      for (let frame = 0; frame < frames; frame++) {
        const clientX = box.left + (box.width * (frame % 60)) / 60;
        over?.dispatchEvent(new MouseEvent('mousemove', { bubbles: true, clientX, clientY: box.top + 20 }));
        await new Promise(requestAnimationFrame);
      }
      return performance.now() - from;
    }, count),
  );
  printTable(table);
  console.log('Aim: 60 pictures per second, or less than 16.7 ms of the CPU for each.');
  caller.close();
} finally {
  await stage.dispose();
}
