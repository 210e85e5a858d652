// A window is found as it was left: panels and theme are kept, both can be put back, and a link leads to the same view.

import { expect, it } from 'vitest';
import { setStage, stories } from './harness.ts';
import type { LabWindow } from './pages/lab-window.ts';

stories('a window as it was left', () => {
  const stage = setStage();

  it('keeps the layout and the theme over a reload, and puts both back', async () => {
    const window = await stage.open();
    const { page, palette, runBar, welcome } = window;
    await welcome.start('static-clip');
    await runBar.becomes('finished');

    // One panel closed, another to the front.
    await window.tab('library').locator('.dv-default-tab-action').click();
    await expect.poll(() => window.panel('library').count()).toBe(0);
    await window.tab('scene').click();
    await window.panel('scene').waitFor();
    await window.press('Alt+d');
    await expect.poll(() => runBar.button('window.theme').getAttribute('aria-label')).toBe('Theme: light');
    await window.press('Alt+d');
    await expect.poll(() => page.locator('.window').getAttribute('data-scheme')).toBe('dark');
    await expect
      .poll(() => page.evaluate(() => localStorage.getItem('descent-lab-preferences') ?? ''))
      .toMatch(/"activeView":"scene"/);

    await page.reload();
    await welcome.newest.getByText('static-clip-1').click();
    await window.panel('scene').waitFor();
    expect(await window.panel('library').count()).toBe(0);
    expect(await page.locator('.window').getAttribute('data-scheme')).toBe('dark');

    await palette.run('Reset the layout');
    await window.panel('library').waitFor();
    await window.panel('images').waitFor();
    await window.press('Alt+d');
    await expect.poll(() => page.locator('.window').getAttribute('data-scheme')).toBe('light');
    expect(await runBar.button('window.theme').getAttribute('aria-label')).toBe('Theme: system');
  });

  it('copies a link that leads to the same run, iteration, frame and camera', async () => {
    const window = await stage.open();
    const { runBar, welcome } = window;
    await welcome.start('sprites');
    await runBar.becomes('running');
    await runBar.reaches(20);
    await runBar.hold();
    const run = (await runBar.name.textContent()) ?? '';
    await window.press('ArrowLeft', 'ArrowLeft', 'Shift+ArrowRight');
    const at = await runBar.cursor();
    expect(at).toBeGreaterThan(0);
    await (await window.show('scene')).locator('canvas').first().focus();
    await window.press('ArrowRight', 'ArrowRight', 'ArrowUp', '+');
    const copied = async (from: LabWindow): Promise<string> => {
      await from.palette.run('Copy a link to this view');
      return from.page.evaluate(() => navigator.clipboard.readText());
    };
    const link = await copied(window);
    const eyeOf = (address: string) =>
      new URLSearchParams(new URL(address).hash.slice(1)).get('eye')?.split(' ').map(Number);
    expect(eyeOf(link)).toHaveLength(6);

    const other = await stage.open({ address: link, beside: window });
    await expect.poll(() => other.runBar.name.textContent()).toBe(run);
    await expect.poll(() => other.runBar.cursor()).toBe(at);
    expect(new URLSearchParams(new URL(link).hash.slice(1)).get('frame')).toBe('1');
    await other.panel('scene').locator('canvas').first().waitFor();
    // The camera is placed with the first drawing.
    await expect
      .poll(async () => {
        const [here, there] = [eyeOf(link) ?? [], eyeOf(await copied(other)) ?? []];
        return Math.max(...here.map((value, i) => Math.abs(value - (there[i] ?? Number.NaN))));
      })
      .toBeLessThan(1e-3);
    await other.show('images');
    await expect.poll(() => other.images.shownIteration('Recovered')).toBe(at);
  });
});
