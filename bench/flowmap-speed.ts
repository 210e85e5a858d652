// Seconds of the camera fit with defaults, first of its camera stages alone on perfect tracks of a walk through a room (growth
// with the number of frames, shares of descent and polish, threads against one), then of the whole fit from a video file to the
// exported files: growth with frames, the share of each stage, and the peak memory of the process that does it.
// Arguments: FRAMES … (default 20 40 80 160), or a video FILE.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveMembers } from '../src/engine/settings.ts';
import { openEncoder } from '../src/film/film-encoder.ts';
import { cameraMethodSettings } from '../src/fits/flowmap/camera-method.ts';
import { searchCameras } from '../src/fits/flowmap/camera-search.ts';
import { flowmap } from '../src/fits/flowmap/flowmap.ts';
import { arcPath, sampleCamera } from '../src/fits/flowmap/sample-paths.ts';
import { filmScene, room } from '../src/fits/flowmap/sample-videos.ts';
import { roomArc } from '../src/fits/flowmap/track-fixtures.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { openInput } from '../src/host/open-input.ts';
import { encodePng } from '../src/media/encode-picture.ts';
import { observationsFromTracks } from '../src/ops/reproject/observations.ts';
import { createReprojector } from '../src/ops/reproject/reproject-cpu.ts';

const stages = ['decode', 'tracks', 'descent', 'polish', 'flow', 'depth', 'export'] as const;
type Laps = Record<(typeof stages)[number], number>;

const [first, ...others] = process.argv.slice(2);
if (first === 'whole') console.log(JSON.stringify(await wholeFit(others[0])));
else if (first !== undefined && existsSync(first)) printWhole(first, '–');
else {
  const counts = first === undefined ? [20, 40, 80, 160] : [first, ...others].map(Number);
  await cameraStages(counts);
  const folder = mkdtempSync(join(tmpdir(), 'flowmap-speed-'));
  try {
    console.log(`\nframes  seconds  per frame  peak MB  ${stages.map(name => name.padStart(8)).join('')}`);
    for (const frames of counts) {
      const file = join(folder, `room-${frames}.mp4`);
      writeFileSync(file, await roomClip(frames));
      printWhole(`${file}#max-frames=${frames}`, String(frames));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A walk round the room at 640 × 480, two degrees from frame to frame up to a full turn. */
async function roomClip(frames: number): Promise<Uint8Array> {
  const camera = sampleCamera(640);
  const { width, height } = camera;
  const encoder = await openEncoder('mp4', { width, height, framesPerSecond: 30 });
  try {
    for (const pose of arcPath(frames, Math.min(360, 2 * frames))) {
      const grey = filmScene(room, camera, [pose]);
      const rgba = new Uint8Array(4 * grey.length).fill(255);
      for (let p = 0; p < grey.length; p++) rgba.fill(Math.round(255 * grey[p]), 4 * p, 4 * p + 3);
      await encoder.add(rgba);
    }
    return await encoder.finish();
  } finally {
    encoder.dispose();
  }
}

/** In a process of its own, so that its peak memory is that of this fit. */
function printWhole(input: string, frames: string): void {
  const answer = execFileSync(process.execPath, [import.meta.filename, 'whole', input], { maxBuffer: 1 << 26 });
  const { laps, peakMegabytes } = JSON.parse(String(answer)) as { laps: Laps; peakMegabytes: number };
  const seconds = Object.values(laps).reduce((sum, value) => sum + value, 0);
  const cells = [
    frames.padStart(6),
    seconds.toFixed(1).padStart(9),
    (frames === '–' ? frames : `${((1000 * seconds) / Number(frames)).toFixed(0)} ms`).padStart(11),
    peakMegabytes.toFixed(0).padStart(9),
    '  ',
    ...stages.map(name => `${((100 * laps[name]) / seconds).toFixed(0)} %`.padStart(8)),
  ];
  console.log(cells.join(''));
}

/** What `fit flowmap` does, without records of the run. */
async function wholeFit(input: string): Promise<{ laps: Laps; peakMegabytes: number }> {
  const laps: Laps = { decode: 0, tracks: 0, descent: 0, polish: 0, flow: 0, depth: 0, export: 0 };
  let began = performance.now();
  const lap = (stage: keyof Laps) => {
    laps[stage] += (performance.now() - began) / 1000;
    began = performance.now();
  };
  const members = resolveMembers(flowmap, { frames: 1000 }, {}, undefined);
  const { data } = await openInput(flowmap, { input, settings: members[0] }, () => {});
  lap('decode');
  const device = await openNodeDevice();
  const problem = await flowmap.load(data, members, { device, seed: 0 });
  lap('tracks');
  const { hyperDefaults } = problem.members[0];
  let active = [...problem.members.keys()];
  const ranks = problem.members.map(() => Infinity);
  for (let pass = 0; active.length > 0; pass++) {
    const before = Math.min(...ranks);
    const found = problem.evaluate(active.map(member => ({ member, hyper: hyperDefaults })));
    active = active.filter((member, k) => {
      ranks[member] = Math.min(ranks[member], found[k].validation ?? Infinity);
      return found[k].converged !== true;
    });
    for (const member of active) problem.advance?.(member, hyperDefaults);
    const isDense = found.some(({ terms }) => Number.isFinite(terms[2]));
    // While flow is measured the cameras hold still, and so does the rank of the best.
    const isFlow = found.some(({ validation }) => validation !== undefined && validation === before);
    lap(isDense ? 'depth' : isFlow ? 'flow' : pass < cameraMethodSettings.descents ? 'descent' : 'polish');
  }
  const best = ranks.indexOf(Math.min(...ranks));
  problem.exports(best);
  await problem.files?.(best, (picture, bits = 8) => encodePng(picture, bits), hyperDefaults);
  lap('export');
  problem.dispose();
  device.dispose();
  return { laps, peakMegabytes: process.resourceUsage().maxRSS / 1024 };
}

async function cameraStages(counts: readonly number[]): Promise<void> {
  console.log('frames  threads  tracks  observations  seconds  descent  polish  per frame');
  for (const threads of [2, 1]) {
    const device = await openNodeDevice({ threads });
    for (const frames of threads === 1 ? counts.filter(count => count === 40) : counts) {
      // Two degrees from frame to frame; 200 points from every second one.
      const scene = roomArc({ frames, degrees: 2 * frames, points: 200, noise: 0.2, outliers: 0.05 });
      const observations = observationsFromTracks(scene.tracks, frames, scene.camera);
      const reprojector = createReprojector(device, observations);
      const started = performance.now();
      let polishFrom = started;
      searchCameras(reprojector, cameraMethodSettings, ({ pass, member }) => {
        if (pass === cameraMethodSettings.descents && member === 0) polishFrom = performance.now();
      });
      const seconds = (performance.now() - started) / 1000;
      const descent = (polishFrom - started) / 1000;
      reprojector.dispose();
      const cells = [
        String(threads).padStart(9),
        String(observations.tracks).padStart(8),
        String(observations.trackOf.length).padStart(14),
        seconds.toFixed(1).padStart(9),
        descent.toFixed(1).padStart(9),
        (seconds - descent).toFixed(1).padStart(8),
        `${((1000 * seconds) / frames).toFixed(0)} ms`.padStart(11),
      ];
      console.log(String(frames).padStart(6) + cells.join(''));
    }
    device.dispose();
  }
}
