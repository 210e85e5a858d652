// Every panel and dialog, large and small, light and dark: a screenshot of each is kept, axe finds nothing serious in any,
// and in the smallest window nothing overlaps or is cut.

import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { panelIds } from '../../renderer/panels/panel-list.ts';
import { lab } from '../lab.ts';
import { accessFaults } from './access.ts';
import { screenshotFolder, setStage, stories } from './harness.ts';
import { cutsIn, overlapsIn } from './layout.ts';
import type { LabWindow } from './pages/lab-window.ts';

const looks = [
  { width: 1440, height: 900, scheme: 'light' },
  { width: 1440, height: 900, scheme: 'dark' },
  { width: 1024, height: 700, scheme: 'light' },
  { width: 1024, height: 700, scheme: 'dark' },
] as const;

stories('the look of things', () => {
  const stage = setStage();
  beforeAll(async () => {
    const at = (name: string) => join(stage.lab.library, name);
    const run = (name: string, ...more: string[]) => lab('fit', 'tubal', ...more, '--out', at(name));
    const race = ['--race', 'method=gd,scaled-gd,prec-gd', '--at', '30:learningRate=0.4', '--leave-after', '120'];
    expect(await run('clip-race', 'sample:sprites', ...race)).toMatchObject({ code: 130 });
    expect(await run('gratings-whole', 'sample:gratings', '--iterations', '150')).toMatchObject({ code: 0 });
  });

  it.each(looks)('$width × $height, $scheme', async look => {
    const window = await stage.open(look);
    const { page, welcome, library, runBar } = window;
    const name = (what: string) => `${screenshotFolder}/${what}-${look.width}x${look.height}-${look.scheme}.png`;
    const faults: string[] = [];
    const keep = async (what: string, part?: string): Promise<void> => {
      await page.screenshot({ path: name(what), animations: 'disabled' });
      if (look.width === 1440)
        faults.push(...(await accessFaults(window, look.scheme, part)).map(fault => `${what}: ${fault}`));
      faults.push(...(await page.evaluate(cutsIn, part ?? 'body')).map(fault => `${what}: ${fault}`));
    };

    await welcome.newest.getByText('gratings-whole').waitFor();
    await expect
      .poll(() =>
        welcome.tiles.locator('img').evaluateAll(all => all.every(each => (each as HTMLImageElement).complete)),
      )
      .toBe(true);
    await keep('start-page');

    // A run with three members that waits in the middle, compared with another.
    await welcome.newest.getByText('clip-race').click();
    await runBar.becomes('paused');
    await library.choose('clip-race');
    await library.choose('gratings-whole');
    await library.panel.getByRole('button', { name: 'Compare 2 runs' }).click();
    await window.compare.figures.waitFor();
    for (const panel of panelIds) {
      await window.show(panel);
      await settled(window, panel);
      await keep(`panel-${panel}`, `[data-panel="${panel}"]`);
    }
    await window.show('images');
    await window.show('traces');
    await window.show('steer');
    await keep('workbench');
    faults.push(...(await page.evaluate(overlapsIn, '.run-bar')));

    // Dialogs.
    const dialogs: readonly (readonly [what: string, keys: string, title: string])[] = [
      ['dialog-shortcuts', '?', 'Keyboard shortcuts'],
      ['dialog-open', 'Control+o', 'Open an input'],
      ['dialog-steps', 'Shift+N', 'Run more iterations, then pause'],
    ];
    for (const [what, keys, title] of dialogs) {
      await window.press(keys);
      await page.getByRole('dialog', { name: title }).waitFor();
      await keep(what, '[role="dialog"]');
      await window.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    }
    await window.palette.run('Export a film of the run…');
    const film = page.getByRole('dialog', { name: 'Film of the run' });
    await film.getByText(/the last one is above/).waitFor();
    await keep('dialog-film', '[role="dialog"]');
    await window.press('Escape');
    await film.waitFor({ state: 'hidden' });
    await window.palette.find('scene');
    await keep('palette', '.mantine-Spotlight-content');
    await window.press('Escape');
    await window.palette.search.waitFor({ state: 'hidden' });

    // A run that is prepared, and one whose file was wrong.
    window.expectErrors(/status of 4\d\d/);
    await window.drop({ name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('no picture') });
    await window.panel('images').getByText('The file looks like a text').waitFor();
    await keep('draft-refused');
    const grey = sharp({ create: { width: 300, height: 200, channels: 3, background: '#789' } });
    await window.drop({ name: 'harbour.png', type: 'image/png', bytes: await grey.png().toBuffer() });
    await window.mask.pad.waitFor();
    await window.mask.choose('Box');
    await window.mask.drag([0.4, 0.4], [0.6, 0.6]);
    await expect.poll(() => window.mask.missingPercent()).toBeGreaterThan(0);
    await keep('draft-mask', '[data-panel="images"]');
    for (const panel of ['settings', 'input'] as const) {
      await window.show(panel);
      await keep(`draft-${panel}`, `[data-panel="${panel}"]`);
    }
    expect([...new Set(faults)]).toEqual([]);
  });
});

/** Waits until what a panel draws outside React stands. */
async function settled(window: LabWindow, panel: (typeof panelIds)[number]): Promise<void> {
  const { images } = window;
  if (panel === 'images') await images.filled('Recovered');
  const canvas = window.panel(panel).locator('canvas').first();
  if (['scene', 'members', 'traces', 'spectrum', 'rates', 'compare'].includes(panel)) await canvas.waitFor();
  await expect.poll(() => window.panel(panel).locator('.mantine-Loader-root').count()).toBe(0);
}
