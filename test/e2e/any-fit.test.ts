// The window knows no fit by name: a fit that only these tests have, with one view of every kind, is started, shown and
// read in every panel, without a line about it in the window.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setStage, stories } from './harness.ts';
import { differenceOf, see } from './seen.ts';

const folder = mkdtempSync(join(tmpdir(), 'descent-lab-toy-'));

stories('a fit of which the window knows nothing', () => {
  beforeAll(async () => {
    const outfile = resolve(folder, 'toy-fit.mjs');
    await build({ entryPoints: ['test/toy-fit.ts'], outfile, bundle: true, platform: 'node', format: 'esm' });
    process.env.DESCENT_LAB_TEST_FITS = outfile;
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const stage = setStage();

  it('shows its image, flow, tracks, depth, heat map, points, cameras, mesh, poses and series', async () => {
    const window = await stage.open();
    const { page, runBar, images } = window;
    const section = page.getByRole('region', { name: 'Two numbers to a target' });
    await section.getByRole('button', { name: 'Start sample: Nothing' }).click();
    await runBar.becomes('finished');

    // Pictures of every kind, each under its own title and not one flat colour.
    const pictures = ['Toy picture', 'Toy goal', 'Toy flow', 'Toy depth', 'Toy distances'];
    for (const title of pictures) {
      await images.tile(title).waitFor();
      await expect.poll(async () => (await images.see(title)).spread, { message: title }).toBeGreaterThan(4);
    }
    await images
      .tile('Toy flow')
      .getByRole('img', { name: /^Each colour is a direction/ })
      .waitFor();
    // Points are drawn over the second frame of the goal, and not when they are switched off.
    await page.getByRole('slider', { name: 'Frame of the video' }).press('End');
    const followed = await images.see('Toy goal');
    await images.panel.getByRole('button', { name: 'Display…' }).click();
    await page.getByRole('checkbox', { name: 'Toy tracks, over toy goal' }).uncheck();
    await window.press('Escape');
    await images.moves('Toy goal', followed);
    const end = await images.see('Toy picture');
    await window.press('Home');
    await images.moves('Toy picture', end);
    await window.press('End');

    // Space: what can be switched on and off is what the fit declares, and it is seen.
    const scene = await window.show('scene');
    const canvas = scene.locator('canvas').first();
    await expect.poll(async () => (await see(canvas)).spread).toBeGreaterThan(2);
    await scene.getByRole('button', { name: 'Choose what is shown…' }).click();
    const shown = page.getByRole('dialog', { name: 'Choose what is shown' }).getByRole('checkbox');
    const names = await shown.evaluateAll(boxes =>
      boxes.map(box => (box as HTMLInputElement).labels?.[0]?.textContent),
    );
    expect(names).toEqual(expect.arrayContaining(['Toy points', 'Toy cameras', 'Toy mesh', 'Toy poses', 'Toy depth']));
    const withAll = await see(canvas);
    await shown.nth(names.indexOf('Toy mesh')).uncheck();
    await expect.poll(async () => differenceOf(withAll, await see(canvas))).toBeGreaterThan(0.05);
    await window.press('Escape');

    // Series and heat maps with their legends, and the words of its captions.
    const spectrum = await window.show('spectrum');
    await spectrum.getByText('Toy numbers').first().waitFor();
    const plot = spectrum.getByTestId('spectrum-plots').locator('canvas').first();
    await expect.poll(async () => (await see(plot)).spread).toBeGreaterThan(2);
    const map = spectrum.getByRole('img', { name: /^Toy distances/ }).first();
    await expect.poll(async () => (await see(map)).spread).toBeGreaterThan(4);
    await spectrum.getByText('The first number is there.').first().waitFor();

    const traces = await window.show('traces');
    await expect
      .poll(() => traces.locator('.plot-group-head').allTextContents())
      .toContainEqual(expect.stringMatching(/Loss/));
    await expect.poll(async () => (await see(window.traces.plots)).spread).toBeGreaterThan(2);

    // Settings and exports of its own.
    const settings = await window.show('settings');
    await settings.getByText('Target', { exact: true }).waitFor();
    const exports = await window.show('export');
    await exports.getByText('x: the two numbers, float32 [2].').first().waitFor();
  });
});
