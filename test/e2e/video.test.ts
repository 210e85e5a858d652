// The story of a video: dropped, looked at, cut down to the frames that are wanted, and made a run of.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadWebCodecs } from '../../src/media/webcodecs-video.ts';
import type { Recipe } from '../../src/protocol/run.ts';
import { encodeClip } from '../video-clips.ts';
import { screenshotFolder, setStage, stories } from './harness.ts';

const decodes = loadWebCodecs() !== undefined;

stories('a video is taken', () => {
  const stage = setStage();

  it.skipIf(!decodes)(
    `from the drop to a run of its frames${decodes ? '' : ' (skipped: @napi-rs/webcodecs is not installed)'}`,
    async () => {
      const window = await stage.open();
      const { input, settings, runBar } = window;
      await window.drop({ name: 'walk.mp4', type: 'video/mp4', bytes: await encodeClip('mp4') });
      const panel = await window.show('input');
      await expect.poll(() => input.shownFrames()).toHaveLength(6);
      expect((await input.shownFrames()).at(-1)).toBe('1.10 s, frame 11');
      expect(await panel.textContent()).toContain('H.264 in MP4');

      await input.choose('From frame', '2');
      await expect.poll(() => input.choice.textContent()).toContain('10 of 12 frames');
      await input.choose('Frames at most', '4');
      await expect.poll(() => input.choice.textContent()).toContain('4 of 12 frames');
      expect(await input.shownFrames()).toEqual([2, 5, 8, 11].map(n => `${(n / 10).toFixed(2)} s, frame ${n}`));
      // A grey that grows with the number of the frame, in the upper left quarter (see video-clips.ts).
      const greys = await input.strip.locator('canvas').evaluateAll(list =>
        list.map(each => {
          const canvas = each as HTMLCanvasElement;
          return canvas.getContext('2d')?.getImageData(canvas.width / 4, canvas.height / 4, 1, 1).data[0] ?? 0;
        }),
      );
      [2, 5, 8, 11].forEach((frame, n) => {
        expect(Math.abs(greys[n] - (40 + 15 * frame))).toBeLessThanOrEqual(6);
      });

      await window.press('Control+z');
      await expect.poll(() => input.choice.textContent()).toContain('10 of 12 frames');
      await window.press('Control+Shift+z');
      await expect.poll(() => input.choice.textContent()).toContain('4 of 12 frames');

      // Every frame differs from the next by as much: equal motion is equal time.
      const kept = input.choice.getByRole('combobox', { name: 'Which are kept' });
      await kept.selectOption('equal motion');
      await expect.poll(() => kept.inputValue()).toBe('motion');
      expect(await input.shownFrames()).toEqual([2, 5, 8, 11].map(n => `${(n / 10).toFixed(2)} s, frame ${n}`));

      await window.page.screenshot({ path: join(screenshotFolder, 'video-input.png') });

      await window.show('settings');
      await settings.startPaused.click();
      await runBar.becomes('ready', 'paused');
      const run = (await runBar.name.textContent()) ?? '';
      const recipe = JSON.parse(readFileSync(join(stage.lab.library, run, 'recipe.json'), 'utf8')) as Recipe;
      expect(recipe.input).toMatch(/walk\.mp4#frames=2:,max-frames=4,pick=motion$/);
    },
  );
});
