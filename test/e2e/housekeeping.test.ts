// What is not fitting: wrong files, refused values, a library kept in order, every command within reach, and a window that
// is found as it was left.

import sharp from 'sharp';
import { expect, it } from 'vitest';
import { actions } from '../../renderer/actions/actions.ts';
import { setStage, stories } from './harness.ts';
import type { LabWindow } from './pages/lab-window.ts';

const RATE = 'Learning rate eta';

async function startPaused(window: LabWindow, sample: string): Promise<string> {
  await window.welcome.start(sample);
  await window.runBar.hold();
  return (await window.runBar.name.textContent()) ?? '';
}

stories('keeping house', () => {
  const stage = setStage();

  it('names what is wrong with a file, where it was dropped, and loses nothing', async () => {
    const window = await stage.open();
    const { page, runBar, library } = window;
    window.expectErrors(/status of 4\d\d/);
    const run = await startPaused(window, 'plaid');
    const at = await runBar.iteration();
    const noise = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 251);
    const png = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    const wrong = [
      { name: 'shopping.txt', type: 'text/plain', bytes: Buffer.from('milk, bread\n') },
      { name: 'broken.png', type: 'image/png', bytes: png.subarray(0, png.length / 2) },
      { name: 'empty.png', type: 'image/png', bytes: new Uint8Array(0) },
    ];
    for (const file of wrong) {
      await window.drop(file);
      const input = await window.show('input');
      const alert = input.getByRole('alert');
      await alert.filter({ hasText: file.name }).waitFor();
      // What, and what to do.
      expect((await alert.textContent())?.length).toBeGreaterThan(60);
      expect(await runBar.button('run.toggle').isEnabled()).toBe(false);
    }
    await library.open(run);
    await runBar.becomes('paused');
    expect(await runBar.iteration()).toBe(at);
    // And a good one is taken after them.
    await window.drop({ name: 'noise.png', type: 'image/png', bytes: png });
    await window.mask.pad.waitFor();
    await expect.poll(() => runBar.name.textContent()).toContain('noise');
    expect(await page.getByRole('alert').filter({ hasText: 'empty.png' }).count()).toBe(0);
  });

  it('refuses a value at its field, and says the nearest that is valid', async () => {
    const window = await stage.open({ width: 1024, height: 700 });
    const { steer, page } = window;
    await startPaused(window, 'plaid');
    const before = await steer.value(RATE);
    await steer.field(RATE).fill('-3');
    const alert = steer.panel.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toContain('nearest valid value is 0');
    await steer.field(RATE).press('Enter');
    await expect.poll(() => window.runBar.pins.count()).toBe(0);
    await steer.field(RATE).press('Escape');
    await expect.poll(() => steer.value(RATE)).toBe(before);
    await alert.waitFor({ state: 'hidden' });
    expect(await page.getByText('none yet').count()).toBe(1);
  });

  it('searches, renames, tags and deletes runs, and takes each back', async () => {
    const window = await stage.open();
    const { library } = window;
    const [one, two] = [await startPaused(window, 'plaid'), await startAnother(window)];
    await library.search.fill('plaid');
    await expect.poll(() => library.row(two).count()).toBe(0);
    await library.search.fill('');
    await library.row(two).waitFor();

    await library.command(one, 'Rename…');
    await library.type('Name of the run', 'Cloth by the window');
    await library.row('Cloth by the window').waitFor();
    await expect.poll(() => window.runBar.name.textContent()).not.toBe('Cloth by the window');
    await library.command('Cloth by the window', 'Tags…');
    await library.type('Tags, separated by commas', 'first, keep');
    await expect.poll(() => library.row('Cloth by the window').textContent()).toContain('keep');
    await library.search.fill('keep');
    await expect.poll(() => library.rows.count()).toBe(1);
    await library.search.fill('');

    await library.row('Cloth by the window').locator('.library-open').focus();
    await window.press('Delete');
    await expect.poll(() => library.row('Cloth by the window').count()).toBe(0);
    await window.press('Control+z');
    await library.row('Cloth by the window').waitFor();
    await window.press('Control+z');
    await expect.poll(() => library.row('Cloth by the window').textContent()).not.toContain('keep');
    await window.press('Control+z');
    await library.row(one).waitFor();

    await library.choose(one);
    await library.choose(two);
    await library.panel.getByRole('button', { name: 'Delete 2 runs' }).click();
    // One of them was on show: the start page takes its place, and undo brings it back there.
    await window.welcome.title.waitFor();
    await expect.poll(() => window.welcome.newest.getByText(one, { exact: true }).count()).toBe(0);
    await window.palette.run('Undo');
    await library.row(one).waitFor();
    await expect.poll(() => window.runBar.name.textContent()).toBe(two);
  });

  async function startAnother(window: LabWindow): Promise<string> {
    await window.palette.run('Go to the start page');
    return startPaused(window, 'sprites');
  }

  it('has every action in the palette or the cheat sheet', async () => {
    const window = await stage.open({ width: 1024, height: 700, scheme: 'dark' });
    const { page, palette, welcome } = window;
    await welcome.start('static-clip');
    await window.runBar.becomes('finished');
    for (const panel of ['images', 'scene', 'traces'] as const) await window.show(panel);
    await window.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    const rows = await sheet.getByRole('row').allTextContents();
    await window.press('Escape');
    // What only a run that goes on, one with several members, an ended one, a placed start or a comparison of two pictures allows.
    const elsewhere = [
      ...['run.stop', 'steer.end-member', 'steer.go-on-member', 'images.other-side'],
      ...['scene.run-from-here', 'scene.prepare-from-here'],
    ];
    for (const { title, shortcut } of actions.filter(action => !elsewhere.includes(action.id))) {
      if (shortcut !== undefined)
        expect(
          rows.some(row => row.startsWith(title)),
          title,
        ).toBe(true);
      else await palette.find(title);
    }
    await window.press('Escape');
    // No two actions share a key, and each has words of its own.
    const keys = actions.flatMap(({ shortcut }) => (shortcut === undefined ? [] : [shortcut]));
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(actions.map(({ title }) => title)).size).toBe(actions.length);
  });
});
