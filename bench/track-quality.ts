// Point tracks through still scenes with depth and poses: how many, how long, and how far observations are from where the
// corner of their first frame truly went, by age.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openNodeDevice } from '../src/host/node-device.ts';
import { createPointTracker, trackSettings } from '../src/ops/tracks/tracker.ts';
import { trackCount } from '../src/ops/tracks/tracks.ts';
import { createTrackOperators } from '../src/ops/tracks/tracks-cpu.ts';
import { readStaticScene } from './shared/static-scene.ts';

const data = process.argv[2] ?? '../shared/data';
const device = await openNodeDevice();
for (const name of ['sfm_tartanair_hospital', 'sfm_7scenes_redkitchen']) {
  const folder = join(data, name);
  if (!existsSync(folder)) {
    console.log(`${name}: skipped, ${folder} is not there`);
    continue;
  }
  const { width, height, frames, project } = await readStaticScene(folder);
  const tracker = createPointTracker(createTrackOperators(device, width, height), trackSettings(width, height));
  for (const frame of frames) tracker.add(frame);
  const tracks = tracker.finish();
  tracker.dispose();
  const { starts, frames: at, positions } = tracks;
  const lengths = Array.from({ length: trackCount(tracks) }, (_, t) => starts[t + 1] - starts[t]).sort((a, b) => a - b);
  console.log(
    `\n${name}: ${trackCount(tracks)} tracks, ${at.length} observations, length median ${lengths[lengths.length >> 1]}, ` +
      `${lengths.filter(length => length >= 12).length} of 12 frames or more`,
  );
  console.log('age        seen   median px  90 % px   > 2 px %');
  for (const [from, to] of [
    [1, 1],
    [2, 4],
    [5, 10],
    [11, 23],
  ]) {
    const errors: number[] = [];
    for (let t = 0; t < trackCount(tracks); t++) {
      for (let o = starts[t] + from; o < Math.min(starts[t + 1], starts[t] + to + 1); o++) {
        const first = starts[t];
        const truth = project(at[first], at[o], positions[2 * first], positions[2 * first + 1]);
        if (truth !== undefined) errors.push(Math.hypot(positions[2 * o] - truth[0], positions[2 * o + 1] - truth[1]));
      }
    }
    errors.sort((a, b) => a - b);
    const figures = [
      errors[errors.length >> 1].toFixed(3),
      errors[Math.floor(0.9 * errors.length)].toFixed(3),
      ((100 * errors.filter(error => error > 2).length) / errors.length).toFixed(1),
    ];
    console.log(
      `${from} to ${to}`.padEnd(9) + String(errors.length).padStart(6) + figures.map(f => f.padStart(11)).join(''),
    );
  }
}
device.dispose();
