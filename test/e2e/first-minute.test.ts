// The first minute of a newcomer, with the mouse and with the keyboard alone: a sample is started, its picture moves, its
// loss falls, its learning rate is turned, and the change is found on the timeline, on the trace and in the run's events.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/protocol/run.ts';
import { setStage, stories } from './harness.ts';

const RATE = 'Learning rate eta';

/** Runs in the page: names of the controls that the hint lies over; one name where no hint is placed. */
function coveredByHint(): string[] {
  const hint = document.querySelector('[role=note]')?.getBoundingClientRect();
  if (hint === undefined) return ['no hint'];
  return [...document.querySelectorAll('button, a, input, [role=tab], [role=slider]')]
    .filter(control => control.closest('[role=note]') === null && control.checkVisibility())
    .filter(control => {
      const box = control.getBoundingClientRect();
      return (
        box.width > 0 &&
        Math.min(box.right, hint.right) > Math.max(box.left, hint.left) &&
        Math.min(box.bottom, hint.bottom) > Math.max(box.top, hint.top)
      );
    })
    .map(control => control.ariaLabel ?? control.textContent ?? control.tagName);
}

stories('the first minute', () => {
  const stage = setStage();

  const eventsOf = (run: string): RunEvent[] =>
    readFileSync(join(stage.lab.library, run, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RunEvent);
  const turnedIn = (run: string) => eventsOf(run).filter(({ source }) => source === 'user');

  it('goes by mouse: click a sample, watch, drag the learning rate, find the change', async () => {
    const window = await stage.open({ hintsSeen: false });
    const { page, welcome, runBar, images, traces, steer } = window;
    await welcome.title.waitFor();
    await expect.poll(() => welcome.tiles.count()).toBeGreaterThan(3);
    const picture = welcome.sample('plaid').getByRole('presentation');
    await expect.poll(() => picture.evaluate(image => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);

    await welcome.start('plaid');
    const hint = page.getByRole('note', { name: 'Hint 1 of 3' });
    await hint.waitFor();
    expect(await hint.textContent()).toContain('Drag the learning rate');
    // Slow enough to be watched, however fast the machine is.
    await steer.setPace(60);
    await images.filled('Recovered');
    const shown = await images.shownIteration('Recovered');
    await expect.poll(() => images.shownIteration('Recovered')).toBeGreaterThan(shown + 10);

    const before = await steer.value(RATE);
    await steer.drag(RATE, -0.25);
    await runBar.pins.first().waitFor();
    expect(await steer.value(RATE)).toBeLessThan(before);
    await expect.poll(() => steer.changes.textContent()).toContain(RATE);

    await page.getByRole('button', { name: 'Next (1 of 3)' }).click();
    expect(await page.getByRole('note', { name: 'Hint 2 of 3' }).textContent()).toContain('timeline');
    await expect.poll(() => page.evaluate(coveredByHint)).toEqual([]);
    await page.getByRole('button', { name: 'Next (2 of 3)' }).click();
    await window.panel('export').waitFor();
    await page.getByRole('button', { name: 'Got it' }).click();
    await expect.poll(() => page.getByRole('note').count()).toBe(0);

    await window.press('Space');
    await runBar.becomes('paused');
    const run = (await runBar.name.textContent()) ?? '';
    const events = turnedIn(run);
    expect(events.length).toBeGreaterThan(0);
    expect(events.every(({ path }) => path === 'learningRate')).toBe(true);
    // One drag is one pin, however many values it went through.
    expect(await runBar.pins.count()).toBe(1);
    const note = await traces.findNote('Loss', /learning rate/i);
    const [, at] = /Iteration (\d+), learning rate/i.exec(note) ?? [];
    expect(events.map(({ iteration }) => iteration)).toContain(Number(at));
    expect(await traces.valueAt('Loss', 0.99)).toBeLessThan(await traces.valueAt('Loss', 0.01));

    // What it has come to is not what it began with.
    const now = await images.see('Recovered');
    await window.press('Home');
    await images.moves('Recovered', now);
  });

  it('goes by keyboard alone, in a small dark window', async () => {
    const window = await stage.open({ width: 1024, height: 700, scheme: 'dark', hintsSeen: false });
    const { page, welcome, runBar, images, traces, steer } = window;
    await welcome.sample('plaid').waitFor();
    await window.tabTo(/Start sample: Plaid/);
    await window.press('Enter');
    await runBar.state.waitFor();
    await images.filled('Recovered');
    await runBar.hold();
    const run = (await runBar.name.textContent()) ?? '';

    // The hints are walked without a mouse.
    await window.tabTo(/^Next \(1 of 3\)$/);
    await window.press('Enter');
    await page.getByRole('note', { name: 'Hint 2 of 3' }).waitFor();
    await expect.poll(() => page.evaluate(coveredByHint)).toEqual([]);
    await window.tabTo(/^Next \(2 of 3\)$/);
    await window.press('Enter');
    await page.getByRole('note', { name: 'Hint 3 of 3' }).waitFor();
    await window.tabTo(/^Got it$/);
    await window.press('Enter');
    await expect.poll(() => page.getByRole('note').count()).toBe(0);

    await window.press('Alt+s');
    await steer.slider(RATE).waitFor();
    const before = await steer.value(RATE);
    await window.tabTo(new RegExp(`^${RATE}$`), 'Tab', 'slider');
    await window.press('ArrowLeft', 'ArrowLeft');
    await expect.poll(() => steer.value(RATE)).toBeLessThan(before);
    await window.press('.');
    await runBar.pins.first().waitFor();
    const turned = await steer.value(RATE);
    await window.press('.');
    await expect.poll(() => turnedIn(run).at(-1)?.value).toBeCloseTo(turned, 6);
    await window.press('[');
    await expect.poll(() => steer.value(RATE)).toBeCloseTo(turned / 2, 6);
    await runBar.becomes('paused');
    const from = await runBar.iteration();
    await window.press('Space');
    await runBar.reaches(from + 5);
    await window.press('Space');
    await runBar.becomes('paused', 'finished');

    expect(turnedIn(run).length).toBeGreaterThanOrEqual(2);
    expect(await runBar.pins.count()).toBe(2);
    await traces.findNote('Loss', /learning rate/i);

    // Looking back and forth.
    await window.tabTo(/^Iteration shown$/, 'Shift+Tab');
    await window.press('ArrowLeft');
    await expect.poll(() => runBar.cursor()).toBeDefined();
    await window.press('End');
    await expect.poll(() => runBar.cursor()).toBeUndefined();
    // And the way to everything else.
    await window.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await window.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect(readdirSync(stage.lab.library)).toContain(run);
  });
});
