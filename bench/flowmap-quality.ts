// How near the cameras of a video come to the true ones, from the lab's own tracks and with an unknown focal length: sets × seeds,
// with the seconds of each stage. Targets are those of the specification's section 11.
// Arguments: FOLDER of the sets, SEEDS, words that names of sets must hold.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { posesOf } from '../src/fits/flowmap/camera-exports.ts';
import { cameraMethodSettings } from '../src/fits/flowmap/camera-method.ts';
import { searchCameras } from '../src/fits/flowmap/camera-search.ts';
import { doubts, focalCurve, mirroredSolution, refusals } from '../src/fits/flowmap/verdicts.ts';
import { trajectoryErrors } from '../src/geometry/trajectory-metrics.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { readCameraPath } from '../src/media/read-camera-path.ts';
import { observationsFromTracks } from '../src/ops/reproject/observations.ts';
import { createReprojector } from '../src/ops/reproject/reproject-cpu.ts';
import { createPointTracker, trackSettings } from '../src/ops/tracks/tracker.ts';
import { createTrackOperators } from '../src/ops/tracks/tracks-cpu.ts';
import { readStaticScene } from './shared/static-scene.ts';

const [data = '../shared/data', seedsText = '3', ...words] = process.argv.slice(2);
const targets = {
  sfm_7scenes_redkitchen: 'ATE ≤ 1.6 %, AUC@10 ≥ 60, focal ≤ 6 %',
  sfm_tartanair_hospital: 'ATE ≤ 0.15 %, AUC@10 ≥ 93, focal ≤ 2 %',
};

const device = await openNodeDevice();
for (const [name, target] of Object.entries(targets)) {
  const folder = join(data, name);
  if (words.length > 0 && !words.some(word => name.includes(word))) continue;
  if (!existsSync(folder)) {
    console.log(`${name}: skipped, ${folder} is not there`);
    continue;
  }
  const scene = await readStaticScene(folder);
  const { width, height } = scene;
  const truth = await readCameraPath(folder);
  let began = performance.now();
  const lap = () => {
    const seconds = (performance.now() - began) / 1000;
    began = performance.now();
    return `${seconds.toFixed(1)} s`;
  };
  const tracker = createPointTracker(createTrackOperators(device, width, height), trackSettings(width, height));
  for (const frame of scene.frames) tracker.add(frame);
  const tracks = tracker.finish();
  tracker.dispose();
  const observations = observationsFromTracks(tracks, scene.frames.length, scene);
  console.log(`\n${name}: ${observations.tracks} tracks, ${observations.trackOf.length} observations in ${lap()}`);
  const reprojector = createReprojector(device, observations);
  for (const { text } of refusals(observations)) console.log(`refused: ${text}`);
  console.log(`checked in ${lap()}; target ${target}`);
  console.log('seed   ATE %  AUC@10  AUC@30   focal   px median  agreeing     time  doubts in');
  for (let seed = 0; seed < Number(seedsText); seed++) {
    const result = searchCameras(reprojector, { ...cameraMethodSettings, seed });
    const time = lap();
    const { state, members, medianResidual } = result;
    const errors = trajectoryErrors(
      posesOf(state),
      truth.map(({ worldFromCam }) => worldFromCam),
    );
    const focal = (Math.exp(state.logFocal) * Math.sqrt(width * height)) / truth[0].camera!.fx - 1;
    const curve = focalCurve(observations, state);
    const found = doubts(observations, state, {
      ...{ members: members.length, agreeing: members.filter(({ agrees }) => agrees).length, curve },
      mirrored: mirroredSolution(observations, state),
    });
    const cells = [
      errors.atePercentOfPath?.toFixed(3) ?? '',
      (100 * errors.auc10).toFixed(1),
      (100 * errors.auc30).toFixed(1),
      `${(100 * focal).toFixed(2)} %`,
      medianResidual.toFixed(3),
      String(members.filter(({ agrees }) => agrees).length),
      time,
      lap(),
    ];
    console.log(
      String(seed).padStart(4) + cells.map((cell, i) => cell.padStart([8, 8, 8, 9, 11, 10, 9, 11][i])).join(''),
    );
    for (const { text } of found) console.log(`     ${text}`);
  }
  reprojector.dispose();
}
device.dispose();
