// A pose, by hand and by descent: a sample is opened, its start is dragged away with the mouse and run from there; then many
// members descend from it, their rates are given another range, one is ended, and the result is exported.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { PanelId } from '../../renderer/panels/panel-list.ts';
import { decodeNpy } from '../../src/formats/npy.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { accessFaults } from './access.ts';
import { screenshotFolder, setStage, stories } from './harness.ts';
import { cutsIn } from './layout.ts';
import { differenceOf, see } from './seen.ts';

const MEMBERS = 8;
/** What a turn may lose between the field and the recipe: it goes through a rotation matrix and is rounded to 0.001°. */
const ROUNDED_DEGREES = 0.01;

stories('a pose is refined', () => {
  const stage = setStage();
  /** The run of the first story. */
  let watched = '';
  const fileOf = (run: string, file: string) => readFileSync(join(stage.lab.library, run, file), 'utf8');
  const turnedIn = (run: string): RunEvent[] =>
    fileOf(run, 'events.jsonl')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RunEvent)
      .filter(({ source }) => source === 'user');

  it('from a start that the mouse put elsewhere, with rates in another range and one member less', async () => {
    const window = await stage.open();
    const { page, welcome, runBar, scene, members, rates, settings, steer, images, exports } = window;
    const keep = (what: string) => page.screenshot({ path: `${screenshotFolder}/pose-${what}.png` });
    /** Holds the run where it is not through already: what waits costs the rest of the story nothing. */
    const rest = async (): Promise<void> => {
      await runBar.becomes('running', 'finished');
      if ((await runBar.state.textContent()) === 'running') await window.press('Space');
      await runBar.becomes('paused', 'finished');
    };
    await welcome.start('box');
    await rest();
    await images.filled('Model over photo');
    const first = (await runBar.name.textContent()) ?? '';

    // The object is taken in hand, seen through the camera that took the photo.
    await window.show('scene');
    await scene.moveStart.click();
    await scene.place.waitFor();
    await window.press('v');
    const numbers = await scene.numbers();
    const from = await scene.handle();
    await scene.drag({ x: 60, y: -36 });
    await expect.poll(() => scene.numbers()).not.toEqual(numbers);
    const moved = await scene.numbers();
    // To the right and up in the picture, and no nearer: y points down.
    expect(moved[0]).toBeGreaterThan(numbers[0] + 1);
    expect(moved[1]).toBeLessThan(numbers[1] - 1);
    expect(Math.abs(moved[2] - numbers[2])).toBeLessThan(0.1);
    expect(moved.slice(3)).toEqual(numbers.slice(3));
    const to = await scene.handle();
    expect(to.x - from.x).toBeCloseTo(60, -0.7);
    expect(to.y - from.y).toBeCloseTo(-36, -0.7);
    await keep('start-placed');
    await window.press('Control+z');
    await expect.poll(() => scene.numbers()).toEqual(numbers);
    await window.press('Control+Shift+z');
    await expect.poll(() => scene.numbers()).toEqual(moved);

    // By keys: one step to the right and back, and no key of another panel meanwhile.
    const logX = page.getByRole('button', { name: /^log x/ });
    const pressed = await logX.getAttribute('aria-pressed');
    await scene.canvas.focus();
    await window.press('ArrowRight', 'x');
    await expect.poll(async () => (await scene.numbers())[0]).toBeGreaterThan(moved[0]);
    expect((await scene.numbers()).slice(1)).toEqual(moved.slice(1));
    expect(await logX.getAttribute('aria-pressed')).toBe(pressed);
    await window.press('Control+z');
    await expect.poll(() => scene.numbers()).toEqual(moved);

    await scene.place.getByRole('button', { name: 'Run from here' }).click();
    await expect.poll(() => runBar.name.textContent()).not.toBe(first);
    await rest();
    const second = (await runBar.name.textContent()) ?? '';
    const { members: given } = JSON.parse(fileOf(second, 'recipe.json')) as Recipe;
    [given[0].startX, given[0].startY, given[0].startZ].forEach((value, k) => {
      expect(Number(value)).toBeCloseTo(moved[k], 0);
    });
    // It is still, whatever moved the start of the run before.
    expect([given[0].startTurn ?? 0, given[0].startShift ?? 0].map(Number)).toEqual([0, 0]);

    // The same start for members that are watched, held by the keyboard alone.
    await window.show('scene');
    await scene.moveStart.click();
    await scene.place.getByRole('textbox', { name: /^Turn of the start about z/ }).fill('20');
    await window.press('Enter');
    await scene.place.getByRole('button', { name: 'Settings…' }).click();
    await settings.panel.getByRole('combobox', { name: 'Preset' }).click();
    await page.getByRole('option', { name: 'Watch' }).click();
    const count = settings.panel.getByRole('textbox', { name: 'Members' });
    await count.fill(String(MEMBERS));
    await count.press('Enter');
    await expect.poll(() => settings.startPaused.isEnabled()).toBe(true);
    await settings.startPaused.click();
    await runBar.becomes('ready', 'paused');
    const run = (await runBar.name.textContent()) ?? '';
    watched = run;
    const { members: asked } = JSON.parse(fileOf(run, 'recipe.json')) as Recipe;
    expect(asked).toHaveLength(MEMBERS);
    // What was typed, to the rounding of a start that is placed.
    for (const { startTurnZ } of asked) expect(Math.abs(Number(startTurnZ) - 20)).toBeLessThan(ROUNDED_DEGREES);
    await steer.setPace(12);
    await window.show('members');
    await expect.poll(() => members.tiles.count()).toBe(MEMBERS);
    await window.press('Space');
    await runBar.reaches(3);
    await expect.poll(() => members.status(3).textContent()).toBe('descends');
    const picture = members.tile(0).locator('canvas').first();
    const before = await see(picture);

    await members
      .tile(3)
      .getByRole('button', { name: /^End member 3/ })
      .click();
    await expect.poll(() => members.status(3).textContent()).toMatch(/stopped/);
    await expect.poll(() => turnedIn(run).map(({ path }) => path)).toContain('members.3.stopped');

    await window.show('rates');
    await rates.brush(0.3, 0.5);
    const range = await rates.range();
    await rates.panel.getByRole('button', { name: `Set ${MEMBERS - 1} members` }).click();
    const ofRates = () => turnedIn(run).filter(({ path }) => path.endsWith('learningRate'));
    await expect.poll(() => ofRates().length).toBe(MEMBERS - 1);
    const values = ofRates().map(({ value }) => Number(value));
    expect(Math.min(...values)).toBeCloseTo(range.low, 3);
    expect(Math.max(...values)).toBeCloseTo(range.high, 3);
    expect(ofRates().map(({ path }) => path)).not.toContain('members.3.learningRate');
    await keep('members-and-rates');
    await expect.poll(async () => differenceOf(before, await see(picture))).toBeGreaterThan(0.5);

    if ((await runBar.state.textContent()) !== 'finished') await runBar.button('run.stop').click();
    await runBar.becomes('stopped', 'finished');
    await window.show('scene');
    await keep('scene');
    await scene.moveStart.click();
    await scene.place.waitFor();
    expect(await accessFaults(window, 'light', '[data-panel="scene"]')).toEqual([]);
    expect(await accessFaults(window, 'light', '[data-panel="rates"]')).toEqual([]);

    await window.show('export');
    const file = exports.files.filter({ hasText: 'cam_from_object.npy' });
    await file.waitFor();
    const { bytes, name } = await exports.download(file);
    const pose = decodeNpy(bytes, name);
    expect(pose.shape).toEqual([4, 4]);
    // The box stands before the camera, at some hundred millimetres.
    expect(Number(pose.data[11])).toBeGreaterThan(100);
    expect([...pose.data.slice(12)]).toEqual([0, 0, 0, 1]);
  });

  it('in a small dark window, where nothing is cut', async () => {
    const window = await stage.open({ width: 1024, height: 700, scheme: 'dark' });
    const { page, welcome, runBar, scene, members } = window;
    const faults: string[] = [];
    const keep = async (...panels: readonly PanelId[]): Promise<void> => {
      await page.screenshot({ path: `${screenshotFolder}/pose-${panels[0]}-small.png` });
      for (const id of panels) faults.push(...(await page.evaluate(cutsIn, `[data-panel="${id}"]`)));
    };
    await welcome.newest.getByText(watched, { exact: true }).click();
    await runBar.becomes('stopped', 'finished');
    await window.show('rates');
    await window.show('members');
    await expect.poll(() => members.tiles.count()).toBe(MEMBERS);
    await keep('members', 'rates');
    await window.show('scene');
    await scene.moveStart.click();
    await scene.place.waitFor();
    await keep('scene');
    expect([...new Set(faults)]).toEqual([]);
  });
});
