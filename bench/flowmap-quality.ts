// How near the cameras and the dense depth of a video come to the true ones, from the lab's own tracks and flow and with an unknown
// focal length: sets and samples × seeds, with the seconds of each stage. Depth is compared after one scale for all frames, once
// everywhere and once where the confidence is above 0.4, with the scale of those pixels. Targets are those of the specification's
// section 11.
// Arguments: FOLDER of the sets, SEEDS, words that names of sets or samples must hold.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fittedCameras, posesOf } from '../src/fits/flowmap/camera-exports.ts';
import { cameraMethodSettings } from '../src/fits/flowmap/camera-method.ts';
import { searchCameras } from '../src/fits/flowmap/camera-search.ts';
import { createDenseDepth } from '../src/fits/flowmap/dense-depth.ts';
import { type FittedDepth, fittedDepth } from '../src/fits/flowmap/depth-exports.ts';
import { samples } from '../src/fits/flowmap/sample-videos.ts';
import { reprojectionErrors } from '../src/fits/flowmap/track-fixtures.ts';
import {
  agreementOf,
  doubts,
  focalCurve,
  mirroredSolution,
  outlierShare,
  refusals,
} from '../src/fits/flowmap/verdicts.ts';
import type { CameraPath } from '../src/formats/camera-path.ts';
import { confidentDepthErrors, depthErrors } from '../src/geometry/depth-metrics.ts';
import { median } from '../src/geometry/pose-metrics.ts';
import { trajectoryErrors } from '../src/geometry/trajectory-metrics.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { greyPicture } from '../src/media/grey-picture.ts';
import { readCameraPath } from '../src/media/read-camera-path.ts';
import { readInput } from '../src/media/read-input.ts';
import { observationsFromTracks } from '../src/ops/reproject/observations.ts';
import { createReprojector } from '../src/ops/reproject/reproject-cpu.ts';
import { createPointTracker, trackSettings } from '../src/ops/tracks/tracker.ts';
import { createTrackOperators } from '../src/ops/tracks/tracks-cpu.ts';
import { readStaticScene, type StaticScene } from './shared/static-scene.ts';

const [data = '../shared/data', seedsText = '3', ...words] = process.argv.slice(2);
const targets: Readonly<Record<string, string>> = {
  sfm_7scenes_redkitchen: 'ATE ≤ 1.6 %, AUC@10 ≥ 60, focal ≤ 6 %, depth ≤ 0.09',
  sfm_tartanair_hospital:
    'ATE ≤ 0.15 %, AUC@10 ≥ 93, focal ≤ 2 %, depth ≤ 0.08 where confidence > 0.4 (≥ 45 % of pixels)',
};
const refused = {
  sfm_herzjesu_p8: 'refused: photographs from far apart',
  sfm_temple_sparse_ring: 'refused: photographs from far apart',
};
const sampleTarget = 'AUC@10 ≥ 97, focal ≤ 1 %';

interface Film {
  readonly name: string;
  readonly target: string;
  readonly width: number;
  readonly height: number;
  /** Grey, [frame] [height, width]. */
  readonly frames: readonly Float32Array[];
  readonly observed: readonly Uint8Array[] | undefined;
  readonly truth: CameraPath;
  /** Where depth is known. */
  readonly scene: StaticScene | undefined;
}

async function* films(): AsyncGenerator<Film> {
  const isWanted = (name: string) => words.length === 0 || words.some(word => name.includes(word));
  for (const [name, target] of Object.entries({ ...targets, ...refused })) {
    const folder = join(data, name);
    if (!isWanted(name)) continue;
    if (!existsSync(folder)) {
      console.log(`${name}: skipped, ${folder} is not there`);
      continue;
    }
    const truth = await readCameraPath(folder);
    const rest = { name, target, truth, observed: undefined };
    if (name in targets) {
      const scene = await readStaticScene(folder);
      yield { ...rest, width: scene.width, height: scene.height, frames: scene.frames, scene };
      continue;
    }
    const input = await readInput(join(folder, 'images'));
    if (input.kind !== 'video') throw new Error(`${folder} holds no frames.`);
    const { width, height, channels, values } = input;
    const frames = split(values, input.frames).map(own => greyPicture({ width, height, channels, values: own }));
    yield { ...rest, width, height, frames, scene: undefined };
  }
  for (const { id, make, mask } of samples) {
    const name = `sample:${id}`;
    if (!isWanted(name)) continue;
    const { shape, values, truth = [] } = make();
    const [count, height, width] = shape;
    yield {
      ...{ name, target: sampleTarget, width, height, truth, frames: split(Float32Array.from(values), count) },
      observed: mask && split(Float32Array.from(mask().values), count).map(own => Uint8Array.from(own)),
      scene: undefined,
    };
  }
}

function split(values: Float32Array, count: number): Float32Array[] {
  const size = values.length / count;
  return Array.from({ length: count }, (_, f) => values.slice(f * size, (f + 1) * size));
}

const device = await openNodeDevice();
for await (const { name, target, width, height, frames, observed, truth, scene } of films()) {
  let began = performance.now();
  const lap = () => {
    const seconds = (performance.now() - began) / 1000;
    began = performance.now();
    return `${seconds.toFixed(1)} s`;
  };
  const tracker = createPointTracker(createTrackOperators(device, width, height), trackSettings(width, height));
  for (const [f, frame] of frames.entries()) tracker.add(frame, observed?.[f]);
  const tracks = tracker.finish();
  tracker.dispose();
  const observations = observationsFromTracks(tracks, frames.length, { width, height });
  console.log(`\n${name}: ${observations.tracks} tracks, ${observations.trackOf.length} observations in ${lap()}`);
  const [refusal] = refusals(observations);
  console.log(`checked in ${lap()}; target ${target}`);
  if (refusal !== undefined) {
    console.log(`refused: ${refusal.text}`);
    continue;
  }
  const reprojector = createReprojector(device, observations);
  console.log(
    'seed   ATE %  AUC@10  AUC@30   focal   px median  points px     off  agreeing     time  depth  δ<1.25  confident   share  doubts in',
  );
  for (let seed = 0; seed < Number(seedsText); seed++) {
    const video = { width, height, channels: 1, frames, observed, sources: [], positions: [...frames.keys()] };
    const dense = scene && createDenseDepth(device, video);
    const result = searchCameras(reprojector, { ...cameraMethodSettings, seed }, undefined, dense);
    const time = lap();
    const { state, members, medianResidual } = result;
    const depth = dense && depthColumns(scene, fittedDepth(dense, result.grids!, state));
    dense?.dispose();
    const errors = trajectoryErrors(
      posesOf(state),
      truth.map(({ worldFromCam }) => worldFromCam),
    );
    const focal = (Math.exp(state.logFocal) * Math.sqrt(width * height)) / truth[0].camera!.fx - 1;
    const sources = frames.map((_, f) => ({ imageFile: `${f}`, timestamp: undefined }));
    const { reconstruction } = fittedCameras(observations, state, { width, height }, sources);
    const curve = focalCurve(observations, state);
    const agreement = agreementOf(members.map(({ standing }) => standing));
    const found = doubts(observations, state, {
      ...{ ...agreement, curve },
      mirrored: mirroredSolution(observations, state),
    });
    const cells = [
      errors.atePercentOfPath?.toFixed(3) ?? '',
      (100 * errors.auc10).toFixed(1),
      (100 * errors.auc30).toFixed(1),
      `${(100 * focal).toFixed(2)} %`,
      medianResidual.toFixed(3),
      median(Array.from(reprojectionErrors(reconstruction))).toFixed(3),
      `${(100 * outlierShare(observations, state)).toFixed(0)} %`,
      `${agreement.agreeing} + ${agreement.mirroring}`,
      time,
      ...(depth ?? ['', '', '', '']),
      lap(),
    ];
    console.log(
      String(seed).padStart(4) +
        cells.map((cell, i) => cell.padStart([8, 8, 8, 9, 11, 11, 8, 10, 9, 7, 8, 11, 8, 11][i])).join(''),
    );
    for (const { text } of found) console.log(`     ${text}`);
  }
  reprojector.dispose();
}
device.dispose();

/** Abs-rel and δ < 1.25 everywhere, abs-rel where the flow is sure, and the share of such pixels. */
function depthColumns({ width, height, depths }: StaticScene, depth: FittedDepth): string[] {
  const [estimates, truths, sure]: number[][] = [[], [], []];
  depths.forEach((truth, f) => {
    const map = depth.depth(f, width, height);
    const confidence = depth.confidence(f);
    for (let p = 0; p < map.length; p++) {
      const x = Math.floor((((p % width) + 0.5) * depth.width) / width);
      const y = Math.floor(((Math.floor(p / width) + 0.5) * depth.height) / height);
      estimates.push(map[p]);
      truths.push(truth[p]);
      sure.push(confidence[y * depth.width + x]);
    }
  });
  const all = depthErrors(estimates, truths);
  const confident = confidentDepthErrors(estimates, truths, sure);
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return [
    all?.absRel.toFixed(3) ?? '–',
    percent(all?.delta125 ?? 0),
    confident?.absRel.toFixed(3) ?? '–',
    percent(confident?.share ?? 0),
  ];
}
