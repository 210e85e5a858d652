// The story of a hand-held video: dropped, its cameras watched as they unfold and steered, looked through, exported; and the
// export given back as the truth of another run, which has to come to the same cameras.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { arcPath, sampleCamera } from '../../src/fits/flowmap/sample-paths.ts';
import { filmScene, room } from '../../src/fits/flowmap/sample-videos.ts';
import { decodeTum } from '../../src/formats/tum.ts';
import { trajectoryErrors } from '../../src/geometry/trajectory-metrics.ts';
import { loadWebCodecs } from '../../src/media/webcodecs-video.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { encodeClip } from '../video-clips.ts';
import { accessFaults } from './access.ts';
import { screenshotFolder, setStage, stories } from './harness.ts';
import { differenceOf, see } from './seen.ts';

const decodes = loadWebCodecs() !== undefined;
const FRAMES = 9;
const DEPTH_RATE = 'Depth rate';
const path = arcPath(FRAMES, 24);
const camera = sampleCamera(176);

function filmOfRoom(): Promise<Uint8Array> {
  const { width, height } = camera;
  const grey = filmScene(room, camera, path);
  const paint = (n: number) => {
    const rgba = new Uint8Array(4 * width * height).fill(255);
    for (let p = 0; p < width * height; p++) rgba.fill(255 * grey[n * width * height + p], 4 * p, 4 * p + 3);
    return rgba;
  };
  return encodeClip('mp4', FRAMES, paint, camera);
}

stories('cameras of a video', () => {
  const stage = setStage();
  const fileOf = (run: string, file: string) => readFileSync(join(stage.lab.library, run, file));

  it.skipIf(!decodes)(
    `from the drop to the export, and back again as truth${decodes ? '' : ' (skipped: @napi-rs/webcodecs is not installed)'}`,
    async () => {
      const window = await stage.open();
      const { page, runBar, scene, settings, steer, images, exports, rates } = window;
      const keep = (what: string) => page.screenshot({ path: join(screenshotFolder, `cameras-${what}.png`) });
      await window.drop({ name: 'walk.mp4', type: 'video/mp4', bytes: await filmOfRoom() });
      await window.show('settings');
      await settings.chooseFit('Cameras from video');
      await settings.set('descents', '40');
      await settings.set('depthDescents', '8');
      await settings.setMembers(2);
      await settings.startPaused.click();
      await runBar.becomes('ready', 'paused');
      const first = (await runBar.name.textContent()) ?? '';
      await steer.setPace(20);

      // They stand in one place at first, and come apart.
      await window.show('scene');
      await expect.poll(async () => (await see(scene.canvas)).spread).toBeGreaterThan(2);
      const together = await see(scene.canvas);
      await window.press('Space');
      await runBar.reaches(15);
      await expect.poll(async () => differenceOf(together, await see(scene.canvas))).toBeGreaterThan(1);
      await steer.type(DEPTH_RATE, '0.03');
      await runBar.pins.first().waitFor();
      const changes = fileOf(first, 'events.jsonl').toString().trim().split('\n');
      expect(changes.map(line => JSON.parse(line) as RunEvent)).toContainEqual(
        expect.objectContaining({ path: 'depthRate', value: 0.03, source: 'user' }),
      );
      await steer.panel.getByRole('button', { name: 'Full speed' }).click();
      await runBar.becomes('finished');
      await keep('scene');

      // Two ways into a camera: its key, and the picture of its frame. What is seen is the photo, then the scene again.
      const outside = await see(scene.canvas);
      await window.press('v');
      await scene.through.getByText('Through the camera of frame 1').waitFor();
      await expect.poll(async () => differenceOf(outside, await see(scene.canvas))).toBeGreaterThan(3);
      await scene.through.getByRole('button', { name: 'Next camera' }).click();
      await scene.through.getByText('Through the camera of frame 2').waitFor();
      await keep('through');
      await scene.through.getByRole('button', { name: 'Leave' }).click();
      await window.show('images');
      expect(await images.panel.textContent()).toContain('frame 2 of 9');
      await expect.poll(async () => (await images.see('Frames')).spread).toBeGreaterThan(4);
      await keep('images');
      await window.press('v');
      await scene.through.getByText('Through the camera of frame 2').waitFor();

      await window.show('rates');
      await expect.poll(async () => (await see(rates.canvas)).spread).toBeGreaterThan(2);
      await keep('loss-over-focal');

      await window.show('export');
      const tum = await exports.download(exports.files.filter({ hasText: 'poses.tum' }));
      const exported = decodeTum(tum.bytes, tum.name).map(({ worldFromCam }) => worldFromCam);
      expect(exported).toHaveLength(FRAMES);
      expect(trajectoryErrors(exported, path).auc10).toBeGreaterThan(0.9);
      const glb = await exports.download(exports.files.filter({ hasText: 'scene.glb' }));
      expect(glb.bytes.toString('latin1', 0, 4)).toBe('glTF');
      expect(await exports.panel.textContent()).toContain('camera to world');
      await keep('export');
      const faults = [];
      for (const id of ['export', 'rates', 'scene'])
        faults.push(...(await accessFaults(window, 'light', `[data-panel="${id}"]`)));

      // The same settings once more, beside the cameras that came out; what is not looked at is not drawn.
      await window.show('compare');
      await window.palette.run('New run with these settings');
      await settings.giveFile('True cameras', { name: tum.name, mimeType: 'text/plain', buffer: tum.bytes });
      await settings.start.click();
      await expect.poll(() => runBar.name.textContent()).not.toBe(first);
      await page.emulateMedia({ colorScheme: 'dark' });
      await runBar.becomes('finished');
      const second = (await runBar.name.textContent()) ?? '';
      const { companions } = JSON.parse(fileOf(second, 'recipe.json').toString()) as Recipe;
      expect(companions?.truth).toMatch(/poses\.tum$/);
      await window.show('scene');
      await scene.panel.getByText('True cameras').waitFor();
      await keep('truth-dark');
      await window.show('spectrum');
      const figure = page.getByRole('row', { name: /^ATE/ });
      await expect.poll(async () => Number.parseFloat((await figure.textContent())?.slice(3) ?? '')).toBeLessThan(1);
      for (const id of ['scene', 'spectrum'])
        faults.push(...(await accessFaults(window, 'dark', `[data-panel="${id}"]`)));
      expect(faults).toEqual([]);
    },
  );
});
