// The story of a data owner with a damaged photo: dropped, masked, tuned, fitted, steered, looked back on, branched,
// compared, exported, and found again after the lab was started anew.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { setStage, stories } from './harness.ts';

const RATE = 'Learning rate eta';
const [WIDTH, HEIGHT] = [200, 150];

/** Crossing waves with a bright disc: something to recognise, and smooth enough to be filled in. */
function photo(): Promise<Buffer> {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let at = 0; at < WIDTH * HEIGHT; at++) {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const disc = Math.hypot(x - 130, y - 60) < 28 ? 60 : 0;
    for (let c = 0; c < 3; c++)
      pixels[3 * at + c] = 98 + disc + 50 * Math.sin(x / (9 + 3 * c)) * Math.cos(y / (11 - 2 * c)) + (c * y) / 10;
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
}

stories('a photo is mended', () => {
  const stage = setStage();
  const read = (run: string, file: string) => readFileSync(join(stage.lab.library, run, file), 'utf8');
  const turnedIn = (run: string) =>
    read(run, 'events.jsonl')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RunEvent)
      .filter(({ source }) => source === 'user');

  it('from the drop to the export, and again after a restart', async () => {
    const window = await stage.open();
    const { page, welcome, runBar, images, mask, settings, steer, library, compare, exports } = window;

    // Drop.
    await welcome.sample('plaid').waitFor();
    await window.drop({ name: 'harbour.png', type: 'image/png', bytes: await photo() });
    await mask.pad.waitFor();
    await expect.poll(() => runBar.name.textContent()).toContain('harbour');
    const input = await window.show('input');
    await expect.poll(() => input.textContent()).toContain(`${WIDTH} × ${HEIGHT}`);

    // Mask: a stroke of the brush, a box, then a box by keys.
    await mask.choose('Brush');
    await mask.drag([0.4, 0.4], [0.6, 0.55]);
    await expect.poll(() => mask.missingPercent()).toBeGreaterThan(0.3);
    const brushed = await mask.missingPercent();
    await mask.choose('Box');
    await mask.drag([0.3, 0.6], [0.4, 0.8]);
    await expect.poll(() => mask.missingPercent()).toBeGreaterThan(brushed);
    const boxed = await mask.missingPercent();
    await mask.pad.focus();
    await window.press(
      'r',
      'ArrowUp',
      'ArrowUp',
      'Enter',
      ...Array<string>(6).fill('ArrowRight'),
      'ArrowDown',
      'Enter',
    );
    await expect.poll(() => mask.missingPercent()).toBeGreaterThanOrEqual(boxed);
    await window.press('Control+z');
    await window.press('Control+z');
    await expect.poll(() => mask.missingPercent()).toBe(brushed);
    await window.press('Control+Shift+z');
    await expect.poll(() => mask.missingPercent()).toBe(boxed);

    // Settings: found by a word of their help, one changed.
    await window.show('settings');
    const all = await settings.rows.count();
    await settings.search.fill('factor slice');
    await expect.poll(() => settings.rows.count()).toBeLessThan(all);
    await settings.set('rank', '12');
    await expect.poll(() => settings.row('rank').getByRole('img', { name: 'changed' }).count()).toBe(1);
    await settings.search.fill('');
    await settings.startPaused.click();
    await runBar.becomes('ready', 'paused');
    const run = (await runBar.name.textContent()) ?? '';
    const recipe = JSON.parse(read(run, 'recipe.json')) as Recipe;
    expect(recipe.members[0].rank).toBe(12);
    expect(recipe.files.map(({ path }) => path).join(' ')).toMatch(/harbour\.png.*mask\.png/);

    // Run, steer twice, undo once: three changes, the third takes the second back.
    await window.show('steer');
    await steer.setPace(40);
    await window.press('Space');
    await images.filled('Recovered');
    await runBar.reaches(10);
    const start = await steer.value(RATE);
    await steer.type(RATE, '0.5');
    await expect.poll(() => turnedIn(run).length).toBe(1);
    await steer.type(RATE, '0.7');
    await expect.poll(() => turnedIn(run).length).toBe(2);
    await page.locator('body').click({ position: { x: 700, y: 5 } });
    await window.press('Control+z');
    await expect.poll(() => turnedIn(run).length).toBe(3);
    const turned = turnedIn(run);
    expect(turned.map(({ value }) => value)).toEqual([0.5, 0.7, 0.5]);
    expect(turned[0].iteration).toBeLessThan(turned[2].iteration);
    expect(start).not.toBe(0.5);
    await expect.poll(() => runBar.pins.count()).toBe(3);
    await expect.poll(() => steer.value(RATE)).toBe(0.5);
    await runBar.reaches(turned[2].iteration + 5);

    // Look back: every panel follows, the run goes on.
    await runBar.scrub(0);
    await expect.poll(() => runBar.cursor()).toBe(0);
    await expect.poll(() => images.shownIteration('Recovered')).toBe(0);
    await page.getByRole('button', { name: 'follow the newest' }).click();
    await window.press('ArrowLeft');
    const from = (await runBar.cursor()) ?? Number.NaN;
    expect(from).toBeGreaterThan(0);

    // Branch from there with another rate; the first run is stopped and kept.
    await expect.poll(() => steer.panel.textContent()).toContain('You look at iteration');
    await steer.type(RATE, '0.3');
    await page.getByRole('button', { name: 'Branch with 1 change' }).click();
    await expect.poll(() => runBar.name.textContent()).not.toBe(run);
    const branch = (await runBar.name.textContent()) ?? '';
    await runBar.becomes('running', 'paused', 'finished');
    const { parent } = JSON.parse(read(await library.folderOf(branch), 'recipe.json')) as Recipe;
    expect(parent).toEqual({ run, iteration: from });
    await runBar.reaches(from + 1);
    for (const each of [branch, run]) {
      await library.open(each);
      await expect.poll(() => runBar.name.textContent()).toBe(each);
      if ((await runBar.state.textContent()) !== 'finished') await runBar.button('run.stop').click();
      await runBar.becomes('stopped', 'finished');
    }

    // Compare both.
    await library.choose(run);
    await library.choose(branch);
    await library.panel.getByRole('button', { name: 'Compare 2 runs' }).click();
    await expect.poll(() => compare.chips.count()).toBe(2);
    await expect.poll(() => compare.figures.getByRole('row').count()).toBe(3);
    await expect.poll(() => compare.pictures.locator('canvas').count()).toBeGreaterThanOrEqual(2);

    // Export: the file that arrives is what it says.
    await window.show('export');
    await exports.files.first().waitFor();
    const recovered = await exports.download(exports.files.filter({ hasText: 'recovered.npy' }));
    expect(decodeNpy(recovered.bytes, recovered.name).shape).toEqual([HEIGHT, WIDTH, 3]);
    await exports.chooseFormat(/PNG/);
    await exports.write.click();
    const link = exports.files.filter({ hasText: /recovered\.png/ });
    await link.waitFor();
    const picture = await exports.download(link);
    expect(await sharp(picture.bytes).metadata()).toMatchObject({ width: WIDTH, height: HEIGHT, format: 'png' });

    // The lab is stopped and started again: everything is as it was left.
    await page.close();
    await stage.lab.stop();
    await stage.lab.start();
    const later = await stage.open({ width: 1024, height: 700, scheme: 'dark' });
    await later.welcome.newest.getByText(run, { exact: true }).click();
    await later.runBar.becomes('stopped', 'finished');
    const kept = turnedIn(run);
    expect(kept.slice(0, 3)).toEqual(turned);
    await expect.poll(() => later.runBar.pins.count()).toBe(kept.length);
    await later.images.filled('Recovered');
    await later.show('export');
    await expect.poll(() => later.exports.files.allTextContents()).toContain('recovered.npy');
    await later.show('library');
    expect(await later.library.rows.count()).toBe(2);
  });
});
