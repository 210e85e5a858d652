// A pose, by hand and by descent: a sample is opened, its start is dragged away with the mouse and run from there; then many
// members descend from it, their rates are given another range, one is ended, and the result is exported. The same by the
// keyboard alone; and of a photo that is dropped together with the files that belong to it.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { panelIds } from '../../renderer/panels/panel-list.ts';
import { onlyObject, sharedSampleScene } from '../../src/fits/pose/sample-scene.ts';
import { decodeNpy } from '../../src/formats/npy.ts';
import { encodePoseJson } from '../../src/formats/start-file.ts';
import { perturbPose } from '../../src/geometry/perturbed-starts.ts';
import { averageDistance } from '../../src/geometry/pose-metrics.ts';
import { type CamFromObject, rigidFromMatrix } from '../../src/geometry/rigid.ts';
import { writeBopScene } from '../../src/media/write-bop-scene.ts';
import { createRandom } from '../../src/numerics/random.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { lab, temporaryFolder } from '../lab.ts';
import { accessFaults } from './access.ts';
import { screenshotFolder, setStage, stories } from './harness.ts';
import { cutsIn } from './layout.ts';
import type { LabWindow } from './pages/lab-window.ts';
import { differenceOf, see } from './seen.ts';

const MEMBERS = 8;
/** Mean distance of the mesh's points to where they truly are, in millimetres, that counts as found. */
const FOUND = 1;
/** What a turn may lose between the field and the recipe: it goes through a rotation matrix and is rounded to 0.001°. */
const ROUNDED_DEGREES = 0.01;

stories('a pose is refined', () => {
  const stage = setStage();
  const files = temporaryFolder();
  afterAll(() => files.dispose());
  /** The scene that the sample shows, with what it truly is. */
  const { scene: sampled, models, pixels } = onlyObject(sharedSampleScene({ frames: 1, seed: 1, width: 640 }), 2);
  const truth = sampled.frames[0].instances[0].camFromObject as CamFromObject;
  const distance = (pose: CamFromObject) => averageDistance(models.get(2)?.mesh.positions ?? [], pose, truth);
  /** Of the pose that a run has left on disk. */
  const distanceOf = (run: string): number => {
    const { data, shape } = decodeNpy(readFileSync(join(stage.lab.library, run, 'exports/cam_from_object.npy')), run);
    expect(shape).toEqual([4, 4]);
    return distance(rigidFromMatrix([...data].map(Number), run));
  };
  const firstPoseOf = (run: string): CamFromObject => {
    const [first] = fileOf(run, 'measures.jsonl').split('\n');
    return rigidFromMatrix(JSON.parse(first).pose, run);
  };
  /** At full speed, and nobody looks at the way. */
  const finish = async (window: LabWindow): Promise<void> => {
    await window.show('steer');
    await window.steer.setPace(1000);
    if ((await window.runBar.state.textContent()) === 'paused') await window.press('Space');
    await window.runBar.becomes('finished');
  };
  beforeAll(async () => {
    await writeBopScene(files.path, { scene: sampled, models, pixels });
    const out = join(stage.lab.library, 'box-left');
    const how = ['--mode', 'descent', '--members', String(MEMBERS), '--leave-after', '12'];
    expect(await lab('fit', 'pose', 'sample:box', ...how, '--out', out)).toMatchObject({ code: 130 });
  });
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
    // The way there is not looked at, only where it leads: from far away to where the object is.
    await finish(window);
    expect(distance(firstPoseOf(second))).toBeGreaterThan(10 * FOUND);
    expect(distanceOf(second)).toBeLessThan(FOUND);

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

    const end = members.tile(3).getByRole('button', { name: /^End member 3/ });
    const told = () => turnedIn(run).flatMap(({ path, value }) => (path === 'members.3.stopped' ? [value] : []));
    await end.click();
    await expect.poll(() => members.status(3).textContent()).toMatch(/stopped/);
    await window.press('Control+z');
    await expect.poll(() => members.status(3).textContent()).toBe('descends');
    await end.click();
    await expect.poll(() => members.status(3).textContent()).toMatch(/stopped/);
    await expect.poll(told).toEqual([1, 0, 1]);

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
    expect(bytes).toEqual(readFileSync(join(stage.lab.library, run, 'exports', name)));
    expect(distanceOf(run)).toBeLessThan(distance(firstPoseOf(run)));
  });

  it('in a small dark window, where nothing is cut and all can be read', async () => {
    const window = await stage.open({ width: 1024, height: 700, scheme: 'dark' });
    const { page, welcome, runBar, scene, members } = window;
    const faults: string[] = [];
    await welcome.newest.getByText('box-left', { exact: true }).click();
    await runBar.becomes('paused');
    await window.show('members');
    await expect.poll(() => members.tiles.count()).toBe(MEMBERS);
    for (const id of panelIds) {
      await window.show(id);
      if (id === 'scene') {
        await scene.moveStart.click();
        await scene.place.waitFor();
      }
      await page.screenshot({ path: `${screenshotFolder}/pose-${id}-small.png` });
      const part = `[data-panel="${id}"]`;
      faults.push(...(await page.evaluate(cutsIn, part)), ...(await accessFaults(window, 'dark', part)));
    }
    expect([...new Set(faults)]).toEqual([]);
  });

  it('by keyboard alone', async () => {
    const window = await stage.open();
    const { welcome, runBar, scene, members, rates, exports } = window;
    await welcome.sample('box').waitFor();
    await window.tabTo(/^Start sample: Box/);
    await window.press('Enter');
    await runBar.hold();
    const first = (await runBar.name.textContent()) ?? '';

    // Held at once, without a click into the scene.
    await window.press('g');
    await scene.place.waitFor();
    await expect.poll(async () => (await scene.numbers()).length).toBe(6);
    const from = await scene.numbers();
    await window.press('Shift+ArrowRight', 'e', 'Shift+ArrowUp');
    await expect.poll(async () => (await scene.numbers())[0]).toBeGreaterThan(from[0] + 1);
    await expect.poll(async () => (await scene.numbers()).slice(3)).not.toEqual(from.slice(3));
    await window.tabTo(/^Run from here$/);
    await window.press('Enter');
    await expect.poll(() => runBar.name.textContent()).not.toBe(first);
    await runBar.hold();
    const run = (await runBar.name.textContent()) ?? '';

    await window.show('members');
    await window.tabTo(/^End member \d+/);
    const [, ended] = /(\d+)/.exec(await window.focused()) ?? [];
    const status = () => members.status(Number(ended)).textContent();
    await window.press('Enter');
    await expect.poll(status).toBe('ends next');
    await window.press('.');
    await expect.poll(status).toMatch(/stopped/);
    await window.press('Control+z');
    await expect.poll(status).toBe('goes on next');
    await window.press('.');
    await expect.poll(status).toBe('paused');

    await window.show('rates');
    await window.tabTo(/^Least rate of the range/);
    await window.press('Control+a');
    await window.page.keyboard.type(String(2 * (await rates.range()).low));
    await window.press('Enter');
    await window.tabTo(/^Set \d+ members$/);
    await window.press('Enter', '.');
    await expect.poll(() => turnedIn(run).filter(({ path }) => path.endsWith('learningRate')).length).toBe(32);

    await window.show('steer');
    await window.tabTo(/^Pace/);
    await window.press('Control+a');
    await window.page.keyboard.type('1000');
    await window.press('Enter', 'Escape', 'Space');
    await runBar.becomes('finished');
    expect(distanceOf(run)).toBeLessThan(FOUND);
    await window.show('export');
    await exports.files.first().waitFor();
    await window.tabTo(/pose\.json/);
  });

  it('of a photo that is dropped with its mesh, mask, depth, camera and start', async () => {
    const window = await stage.open();
    const { page, runBar, settings } = window;
    const take = (path: string, name = basename(path)) => ({
      ...{ name, type: '' },
      bytes: readFileSync(join(files.path, path)),
    });
    const start = perturbPose(truth, { rotationDegrees: 15, translationMillimetres: 10 }, createRandom(3, 'start'));
    const row = (title: string) => settings.panel.locator(`[data-file="${title}"]`).textContent();
    await window.drop(
      take('rgb/000000.png', 'table.png'),
      take('mask_visib/000000_000000.png', 'where.png'),
      take('models/obj_000002.ply'),
      take('models/obj_000002.png'),
    );
    await expect.poll(() => row('Mesh')).toContain('obj_000002.ply');
    expect(await row('Mask')).toContain('where.png');
    expect(await row('Depth')).toContain('none');
    // What comes later joins them.
    await window.drop(take('depth/000000.png', 'far.png'), take('scene_camera.json', 'camera.json'), {
      name: 'start.json',
      type: '',
      bytes: Buffer.from(encodePoseJson(start, 0, 2)),
    });
    await expect.poll(() => row('Start pose')).toContain('start.json');
    expect(await row('Depth')).toContain('far.png');
    expect(await row('Camera')).toContain('camera.json');
    await expect.poll(() => settings.start.isEnabled()).toBe(true);
    await page.screenshot({ path: `${screenshotFolder}/pose-draft.png` });
    expect(await accessFaults(window, 'light', '[data-panel="settings"]')).toEqual([]);
    await settings.start.click();
    await runBar.becomes('finished');
    const run = (await runBar.name.textContent()) ?? '';
    expect(distanceOf(run)).toBeLessThan(FOUND);
  });
});
