// Several windows on one lab, and windows without one: what one does the other shows; a lost connection and a stopped lab
// are said as such, and nothing is lost.

import type { Page, WebSocketRoute } from 'playwright-core';
import { expect, it } from 'vitest';
import { setStage, stories } from './harness.ts';

const RATE = 'Learning rate eta';

stories('windows and their lab', () => {
  const stage = setStage();

  it('two windows on one run agree', async () => {
    const one = await stage.open();
    await one.welcome.start('gratings');
    await one.steer.setPace(30);
    const run = (await one.runBar.name.textContent()) ?? '';
    const two = await stage.open({ width: 1024, height: 700, scheme: 'dark' });
    await two.welcome.newest.getByText(run).click();
    await two.runBar.becomes('running');

    await one.steer.type(RATE, '0.4');
    await expect.poll(() => two.steer.value(RATE)).toBe(0.4);
    await expect.poll(() => two.runBar.pins.count()).toBe(1);
    // Pins of changes that are a few iterations apart would be one on the timeline.
    await two.runBar.reaches(100);
    await two.press('Space');
    await one.runBar.becomes('paused');
    await two.runBar.becomes('paused');
    expect(await one.runBar.iteration()).toBe(await two.runBar.iteration());
    await two.steer.type(RATE, '0.6');
    await expect.poll(() => one.steer.value(RATE)).toBe(0.6);
    await one.runBar.button('run.step').click();
    await expect.poll(async () => (await one.runBar.pins.count()) + (await two.runBar.pins.count())).toBe(4);
    await expect.poll(() => one.runBar.iteration()).toBe(await two.runBar.iteration());

    // Deleted in one: the other is told, and the name is gone from both lists.
    await one.library.command(run, 'Delete');
    await expect.poll(() => two.library.row(run).count()).toBe(0);
  });

  it('says that the connection is lost, comes back by itself and shows what happened meanwhile', async () => {
    let sockets: WebSocketRoute[] = [];
    let way: 'open' | 'closed' = 'open';
    const prepare = (page: Page) =>
      page.routeWebSocket(/\/socket/, socket => {
        if (way === 'closed') return void socket.close();
        socket.connectToServer();
        sockets = [...sockets, socket];
      });
    const window = await stage.open({ prepare });
    const { runBar, steer } = window;
    // It asks why it is not let in.
    window.expectErrors(/status of 404.*\/socket/);
    await window.welcome.start('gratings');
    await steer.setPace(30);
    await runBar.reaches(5);
    way = 'closed';
    for (const socket of sockets) await socket.close();
    await window.banner.filter({ hasText: 'The lab cannot be reached' }).waitFor();
    const before = await runBar.iteration();
    const rate = await steer.value(RATE);
    await steer.panel.getByText('The lab cannot be reached. Values stay as they are').waitFor();
    expect(await steer.field(RATE).isDisabled()).toBe(true);
    way = 'open';
    await window.banner.waitFor({ state: 'hidden' });
    await expect.poll(() => steer.field(RATE).isEnabled()).toBe(true);
    expect(await steer.value(RATE)).toBe(rate);
    await runBar.reaches(before + 5);
    await window.press('Space');
    await runBar.becomes('paused');
  });

  it('finds its runs again after the lab was stopped and started', async () => {
    const window = await stage.open();
    const { runBar, steer } = window;
    await window.welcome.start('gratings');
    await steer.setPace(30);
    await runBar.reaches(12);
    const run = (await runBar.name.textContent()) ?? '';
    window.expectErrors(/WebSocket|ERR_|status of 40[34]/);
    await stage.lab.stop();
    await window.banner.filter({ hasText: 'The lab cannot be reached' }).waitFor();
    await stage.lab.start();
    await window.banner.filter({ hasText: 'The lab was started anew' }).waitFor();

    // Its new address lets the old window in again, too.
    const later = await stage.open({ beside: window });
    await window.banner.waitFor({ state: 'hidden' });
    await runBar.becomes('paused');
    await later.welcome.newest.getByText(run).click();
    await later.runBar.becomes('paused');
    const at = await later.runBar.iteration();
    expect(at).toBeGreaterThanOrEqual(12);
    await later.press('.');
    await expect.poll(() => later.runBar.iteration()).toBe(at + 1);
  });
});
