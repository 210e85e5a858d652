// Endings and beginnings: pause, single steps, so many more and a pause; an engine that is killed; a change that is made
// in the window and the same on the command line.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvent } from '../../src/protocol/run.ts';
import { lab } from '../lab.ts';
import { setStage, stories } from './harness.ts';

const RATE = 'Learning rate eta';
/** What a run leaves that must not depend on how it was watched or interrupted. */
const results = ['trace.csv', 'exports/recovered.npy'];

stories('a run is held, broken and repeated', () => {
  const stage = setStage();
  const fileOf = (run: string, file: string) => join(stage.lab.library, run, file);
  const eventsOf = (run: string): RunEvent[] =>
    readFileSync(fileOf(run, 'events.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RunEvent);
  const expectSameResults = (run: string, other: string): void => {
    for (const file of results)
      expect(readFileSync(fileOf(run, file)).equals(readFileSync(join(other, file))), file).toBe(true);
  };

  it('pauses, goes one iteration, then fifty more, and pauses again', async () => {
    const { runBar, steer, page, welcome } = await stage.open({ width: 1024, height: 700 });
    await welcome.start('plaid');
    await runBar.hold();
    const at = await runBar.iteration();
    await runBar.button('run.step').click();
    await expect.poll(() => runBar.iteration()).toBe(at + 1);
    await runBar.becomes('paused');
    await page.keyboard.press('.');
    await expect.poll(() => runBar.iteration()).toBe(at + 2);
    await runBar.becomes('paused');

    // From the dialog, with the number it offers.
    await page.keyboard.press('Shift+N');
    const dialog = page.getByRole('dialog', { name: 'Run more iterations, then pause' });
    const count = dialog.getByRole('textbox', { name: 'Iterations' });
    await expect.poll(() => count.evaluate(field => field === document.activeElement)).toBe(true);
    expect(await count.inputValue()).toBe('50');
    await page.keyboard.press('Enter');
    await expect.poll(() => runBar.iteration()).toBe(at + 52);
    await runBar.becomes('paused');

    // And from the panel.
    await steer.count.fill('8');
    await steer.count.press('Enter');
    await steer.runThenPause.click();
    await expect.poll(() => runBar.iteration()).toBe(at + 60);
    await runBar.becomes('paused');
  });

  it('says that the engine was killed, resumes, and comes to the same bits', async () => {
    const window = await stage.open({ scheme: 'dark' });
    const { runBar, steer, welcome } = window;
    await welcome.start('gratings');
    await steer.setPace(200);
    await runBar.reaches(60);
    const run = (await runBar.name.textContent()) ?? '';
    expect(stage.lab.killEngines()).toBeGreaterThan(0);
    const alert = window.alert(/engine.*ended unexpectedly/i);
    await alert.waitFor();
    expect(await alert.textContent()).toContain('resume the run');
    await expect.poll(() => runBar.state.textContent()).not.toBe('running');

    await runBar.bar.getByRole('button', { name: 'Resume' }).click();
    await runBar.becomes('running');
    await steer.panel.getByRole('button', { name: 'Full speed' }).click();
    await runBar.becomes('finished');

    const whole = join(stage.lab.library, 'whole');
    expect(await lab('fit', 'tubal', 'sample:gratings', '--out', whole)).toMatchObject({ code: 0 });
    expectSameResults(run, whole);
  });

  it('gives the same bits for a change in the window and on the command line', async () => {
    const { runBar, steer, welcome } = await stage.open();
    await welcome.start('gratings');
    await steer.setPace(100);
    await runBar.reaches(40);
    const run = (await runBar.name.textContent()) ?? '';
    await steer.drag(RATE, -0.2);
    await runBar.pins.first().waitFor();
    await steer.panel.getByRole('button', { name: 'Full speed' }).click();
    await runBar.becomes('finished');
    const changes = eventsOf(run).filter(({ source }) => source === 'user');
    expect(changes.length).toBeGreaterThan(0);

    const typed = join(stage.lab.library, 'typed');
    const at = changes.flatMap(({ iteration, path, value }) => ['--at', `${iteration}:${path}=${value}`]);
    expect(await lab('fit', 'tubal', 'sample:gratings', ...at, '--out', typed)).toMatchObject({ code: 0 });
    expectSameResults(run, typed);
    const newest = (out: string) =>
      readFileSync(join(out, 'checkpoints', readdirSync(join(out, 'checkpoints')).sort().at(-1) ?? ''));
    expect(newest(join(stage.lab.library, run)).equals(newest(typed)), 'final checkpoint').toBe(true);
  });
});
