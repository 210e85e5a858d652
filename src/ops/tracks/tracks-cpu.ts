// What a tracker does to pictures, on the cpu device: points are shared out to threads in fixed groups. `tracks-reference.ts`
// is the readable twin.

import type { CpuDevice, DeviceArray } from '../../devices/cpu/cpu-device.ts';
import { bandRows, createPyramid, type DevicePyramid } from '../flow/device-pyramid.ts';
import { flowLevels } from '../flow/flow.ts';
import type { TrackOperators } from './tracker.ts';

/** As kernels/flow-tracks.ts has them. */
const POINTS = 8;
const TEMPLATE_BYTES = 3584;
const FOLLOW_FLOATS = 5;
const ALIGN_FLOATS = 7;

/** Levels of Lucas–Kanade: motions of up to about 60 pixels from frame to frame. */
export const trackLevels = 4;

/** A picture, and where its table of levels is. */
interface TrackPicture {
  readonly pyramid: DevicePyramid;
  readonly table: number;
  dispose(): void;
}

/** Throws a LabError of code 'input' for sizes that have no pyramid. */
export function createTrackOperators(
  device: CpuDevice,
  width: number,
  height: number,
): TrackOperators<TrackPicture, number> {
  const sizes = flowLevels(width, height).slice(0, trackLevels);
  const free: TrackPicture[] = [];
  const pictures: TrackPicture[] = [];
  const templateMemory = new Map<readonly number[], DeviceArray>();
  const scores = device.floats(width * height);

  const createPicture = (): TrackPicture => {
    const pyramid = createPyramid(device, sizes);
    const table = device.doubles(4 * sizes.length);
    pyramid.levels.forEach(({ width, height, stride, origin }, l) => {
      table.values.set([width, height, stride, origin], 4 * l);
    });
    const dispose = () => {
      table.dispose();
      pyramid.dispose();
    };
    const picture = { pyramid, table: table.byteOffset, dispose };
    pictures.push(picture);
    return picture;
  };

  /** Copies `values` to the device for the time of `action`. */
  const lend = <T>(values: Float32Array, action: (memory: DeviceArray) => T): T => {
    const memory = device.floats(values.length);
    try {
      memory.values.set(values);
      return action(memory);
    } finally {
      memory.dispose();
    }
  };
  const groups = (count: number) => Math.ceil(count / POINTS);

  return {
    width,
    height,
    take(grey) {
      const picture = free.pop() ?? createPicture();
      picture.pyramid.take(grey);
      return picture;
    },
    release(picture) {
      free.push(picture);
    },
    corners({ pyramid }) {
      const { origin, stride } = pyramid.levels[0];
      const band = bandRows(width, height);
      device.dispatch(
        'cornerChunk',
        [origin, width, height, stride, scores.byteOffset, band],
        Math.ceil(height / band),
      );
      return scores.values.slice();
    },
    templates({ pyramid }, points) {
      const { origin, stride } = pyramid.levels[0];
      const count = points.length / 2;
      const memory = device.floats((count * TEMPLATE_BYTES) / 4);
      lend(points, given => {
        device.dispatch('templateChunk', [origin, stride, given.byteOffset, memory.byteOffset, count], groups(count));
      });
      const templates = Array.from({ length: count }, (_, i) => memory.byteOffset + i * TEMPLATE_BYTES);
      templateMemory.set(templates, memory);
      return templates;
    },
    releaseTemplates(templates) {
      templateMemory.get(templates)?.dispose();
      templateMemory.delete(templates);
    },
    follow(from, to, points) {
      const count = points.length / 2;
      const records = new Float32Array(FOLLOW_FLOATS * count);
      for (let i = 0; i < count; i++) records.set(points.subarray(2 * i, 2 * i + 2), FOLLOW_FLOATS * i);
      return lend(records, ({ byteOffset, values }) => {
        device.dispatch('followChunk', [from.table, to.table, sizes.length, byteOffset, count], groups(count));
        const found = new Float32Array(2 * count);
        const errors = new Float32Array(count);
        for (let i = 0; i < count; i++) {
          found.set(values.subarray(FOLLOW_FLOATS * i + 2, FOLLOW_FLOATS * i + 4), 2 * i);
          errors[i] = values[FOLLOW_FLOATS * i + 4];
        }
        return { points: found, errors };
      });
    },
    align({ pyramid }, templates, warps) {
      const { origin, stride } = pyramid.levels[0];
      const count = templates.length;
      const correlations = new Float32Array(count);
      const records = new Float32Array(ALIGN_FLOATS * count);
      for (let i = 0; i < count; i++) records.set(warps.subarray(6 * i, 6 * i + 6), ALIGN_FLOATS * i);
      const addresses = device.doubles(count);
      addresses.values.set(templates);
      lend(records, ({ byteOffset, values }) => {
        device.dispatch(
          'alignChunk',
          [origin, width, height, stride, byteOffset, addresses.byteOffset, count],
          groups(count),
        );
        for (let i = 0; i < count; i++) {
          warps.set(values.subarray(ALIGN_FLOATS * i, ALIGN_FLOATS * i + 6), 6 * i);
          correlations[i] = values[ALIGN_FLOATS * i + 6];
        }
      });
      addresses.dispose();
      return correlations;
    },
    dispose() {
      for (const memory of templateMemory.values()) memory.dispose();
      templateMemory.clear();
      for (const picture of pictures.splice(0)) picture.dispose();
      scores.dispose();
    },
  };
}
