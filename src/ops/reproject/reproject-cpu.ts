// Reprojection of tracks on the cpu device: losses and normal equations in runs of tracks over all threads. The sums of the
// runs are added in their order, so that the bits do not depend on the threads. `reproject.ts` is the readable twin.

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import { bandedMatrix } from '../../numerics/banded-cholesky.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { pixelsPerUnit, type TrackObservations } from './observations.ts';
import type { CameraState, Reprojector } from './reproject.ts';

/** Fields of the kernel's ReprojectJob, in its order. */
const fields = [
  ...['frames', 'tracks', 'chunks', 'longestGap', 'pixelsPerUnit', 'anchorFrames', 'starts', 'frameOf', 'anchors'],
  ...['positions', 'worldFromCams', 'depths', 'focal', 'delta', 'damping', 'sums', 'bands', 'inverseDepths'],
  ...['depthRight', 'depthFocal', 'depthCameras', 'chosen', 'chosenCount', 'trackOf', 'byDepth'],
];
const SUMS = 4;
/** Enough for all threads of a laptop, few enough for the bands of a long video. */
const CHUNKS = 12;

/**
 * Copies the observations to the device; the caller disposes of it. `mostChosen`: observations of one gradient. Throws a `memory` error where they do
 * not fit.
 */
export function createReprojector(
  device: CpuDevice,
  observations: TrackObservations,
  mostChosen = 4000,
): Reprojector & { dispose(): void } {
  const { frames, tracks, longestGap, trackOf } = observations;
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const words = (values: ArrayLike<number>) => {
    const array = own(device.words(values.length));
    array.values.set(values);
    return array.byteOffset;
  };
  const doubles = (values: ArrayLike<number>) => {
    const array = own(device.doubles(values.length));
    array.values.set(values);
    return array.byteOffset;
  };
  const unknowns = 6 * frames;
  const width = 6 * longestGap + 6;
  const sumCount = SUMS + 2 * unknowns;
  const cams = own(device.doubles(12 * frames));
  const depths = own(device.doubles(tracks));
  const sums = own(device.doubles(CHUNKS * sumCount));
  const bands = own(device.doubles(CHUNKS * unknowns * width));
  const perTrack: readonly DeviceArray<Float64Array>[] = [1, 1, 1, width].map(n => own(device.doubles(n * tracks)));
  const [inverseDepths, depthRight, depthFocal, depthCameras] = perTrack;
  const chosen = own(device.words(mostChosen));
  const byDepth = own(device.doubles(mostChosen));
  const job = own(device.doubles(fields.length));
  const set = (values: Readonly<Record<string, number>>) => {
    for (const [name, value] of Object.entries(values)) job.values[fields.indexOf(name)] = value;
  };
  set({
    ...{ frames, tracks, chunks: CHUNKS, longestGap, pixelsPerUnit },
    anchorFrames: words(observations.anchorFrames),
    starts: words(observations.starts),
    frameOf: words(observations.frameOf),
    anchors: doubles(observations.anchors),
    positions: doubles(observations.positions),
    worldFromCams: cams.byteOffset,
    depths: depths.byteOffset,
    sums: sums.byteOffset,
    bands: bands.byteOffset,
    inverseDepths: inverseDepths.byteOffset,
    depthRight: depthRight.byteOffset,
    depthFocal: depthFocal.byteOffset,
    depthCameras: depthCameras.byteOffset,
    chosen: chosen.byteOffset,
    trackOf: words(trackOf),
    byDepth: byDepth.byteOffset,
  });
  const give = ({ worldFromCams, logDepths, logFocal }: CameraState, delta: number, damping: number) => {
    cams.values.set(worldFromCams);
    for (let t = 0; t < tracks; t++) depths.values[t] = Math.exp(logDepths[t]);
    set({ focal: Math.exp(logFocal), delta, damping });
  };
  /** Sum over the chunks of what each wrote at `offset`. */
  const total = (offset: number) => {
    let sum = 0;
    for (let chunk = 0; chunk < CHUNKS; chunk++) sum += sums.values[chunk * sumCount + offset];
    return sum;
  };
  const added = (from: Float64Array, stride: number, offset: number, into: Float64Array) => {
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const start = chunk * stride + offset;
      for (let i = 0; i < into.length; i++) into[i] += from[start + i];
    }
    return into;
  };
  const losses = (count = trackOf.length) => ({ loss: total(0) / Math.max(1, count), behind: total(1) });
  return {
    observations,
    gradient(state, names, delta, { twists, logDepths, logFocal }) {
      if (names.length > mostChosen) {
        const message = `A gradient over ${names.length} observations was asked for; there is room for ${mostChosen}.`;
        throw new LabError({ code: 'internal', message });
      }
      give(state, delta, 0);
      chosen.values.set(names);
      set({ chosenCount: names.length });
      device.dispatch('reprojectGradientChunk', [job.byteOffset], CHUNKS);
      added(sums.values, sumCount, SUMS, twists.fill(0));
      logDepths.fill(0);
      for (let i = 0; i < names.length; i++) logDepths[trackOf[names[i]]] += byDepth.values[i];
      logFocal[0] = total(3);
      return losses(names.length);
    },
    loss(state, delta) {
      give(state, delta, 0);
      device.dispatch('reprojectLossChunk', [job.byteOffset], CHUNKS);
      return losses();
    },
    reduce(state, delta, damping) {
      give(state, delta, damping);
      device.dispatch('reduceTracksChunk', [job.byteOffset], CHUNKS);
      const cameras = bandedMatrix(unknowns, width - 1);
      added(bands.values, unknowns * width, 0, cameras.values);
      return {
        ...losses(),
        cameras,
        focalColumn: added(sums.values, sumCount, SUMS, new Float64Array(unknowns)),
        focalFocal: total(2),
        right: added(sums.values, sumCount, SUMS + unknowns, new Float64Array(unknowns)),
        focalRight: total(3),
        inverseDepths: inverseDepths.values,
        depthRight: depthRight.values,
        depthFocal: depthFocal.values,
        depthCameras: depthCameras.values,
      };
    },
    dispose: () => {
      for (const part of owned) part.dispose();
    },
  };
}
