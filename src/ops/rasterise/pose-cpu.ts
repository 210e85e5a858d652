// The pose terms on the cpu device: draws a mesh at many poses in one crop and gives each member's loss, gradient and
// normal equations. Members are the chunks of the pool; their bits do not depend on threads. `pose-reference.ts` is the
// readable twin.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { type PoseCrop, type PoseTerms, readTerms, resultDoubles, type TermSettings } from './pose-terms.ts';
import type { RenderMesh } from './render-mesh.ts';

/** A mesh in device memory. */
export interface DeviceMesh {
  readonly mesh: RenderMesh;
  readonly words: Readonly<Record<'positions' | 'vertexStride' | 'triangles' | 'normals' | 'edges', number>>;
  dispose(): void;
}

/** One object in one crop, ready for any number of evaluations. */
export interface PoseRenderer {
  /** poses [member, 12]: row-major [R|t] of the object about its centre, camera axes. */
  evaluate(poses: Float64Array, settings: TermSettings): PoseTerms[];
  /** Triangle (−1 none, −2 another object) and z-depth (0 none) at every pixel, [member, height, width]. */
  draw(poses: Float64Array): { readonly triangles: Int32Array; readonly depth: Float32Array };
  dispose(): void;
}

/** Fields of the kernel's PoseJob, in its order. */
const fields = [
  ...[
    'vertexCount',
    'triangleCount',
    'edgeCount',
    'positions',
    'vertexStride',
    'triangles',
    'normals',
    'edges',
    'cull',
  ],
  ...['width', 'height', 'fx', 'fy', 'cx', 'cy', 'near', 'distance', 'care', 'depth', 'contour', 'contourCount'],
  ...['occluder', 'poses', 'results', 'silhouetteScale', 'depthScale', 'occluderDepth', 'scoreDepth', 'maskWeight'],
  ...['depthWeight', 'maskArea', 'depthCount', 'contourLength', 'contourWeight', 'contourReach', 'mode', 'picture'],
  'pictureDepth',
];

const SCRATCH = 8 << 20;
const RIM_BYTES = 4 * 8 * 32768;

/** Bytes of a thread's scratch memory that drawing takes. */
function scratchBytes({ positions, triangles }: RenderMesh, width: number, height: number): number {
  return 4 * positions.length + (4 * triangles.length) / 3 + 16 * (width + 8) * height + RIM_BYTES + 4096;
}

export function uploadMesh(device: CpuDevice, mesh: RenderMesh): DeviceMesh {
  const count = mesh.positions.length / 3;
  const vertexStride = Math.ceil(count / 4) * 4;
  const positions = device.floats(3 * vertexStride);
  for (let v = 0; v < vertexStride; v++) {
    // Padding repeats the last vertex; no triangle names it.
    const from = 3 * Math.min(v, count - 1);
    for (let axis = 0; axis < 3; axis++) positions.values[axis * vertexStride + v] = mesh.positions[from + axis];
  }
  const triangles = device.words(mesh.triangles.length);
  triangles.values.set(mesh.triangles);
  const normals = device.floats(mesh.normals.length);
  normals.values.set(mesh.normals);
  const edges = device.words(mesh.edges.length);
  edges.values.set(mesh.edges);
  const parts = [positions, triangles, normals, edges];
  return {
    mesh,
    words: {
      positions: positions.byteOffset,
      vertexStride,
      triangles: triangles.byteOffset,
      normals: normals.byteOffset,
      edges: edges.byteOffset,
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

/**
 * `inverseOccluder` [height, width]: 1 / z of what stands before the object, 0 nothing; such pixels are not drawn and count
 * for nothing. Throws a `memory` error for a mesh and crop that no thread can draw.
 */
export function createPoseRenderer(
  device: CpuDevice,
  deviceMesh: DeviceMesh,
  crop: PoseCrop,
  members: number,
  inverseOccluder?: Float32Array,
): PoseRenderer {
  const { mesh, words } = deviceMesh;
  const { width, height, fx, fy, cx, cy } = crop.camera;
  if (scratchBytes(mesh, width, height) > SCRATCH) {
    throw new LabError({
      code: 'memory',
      message: `A mesh of ${mesh.triangles.length / 3} triangles at ${width} x ${height} pixels does not fit a thread's memory.`,
      where: 'mesh',
      tip: 'Reduce the mesh to at most 200,000 triangles.',
    });
  }
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(part: T): T => {
    owned.push(part);
    return part;
  };
  const upload = (values: Float32Array | undefined, count: number): number => {
    if (values === undefined && count === 0) return 0;
    const array = own(device.floats(count));
    if (values !== undefined) array.values.set(values);
    return array.byteOffset;
  };
  const pixels = width * height;
  const poses = own(device.doubles(12 * members));
  const results = own(device.doubles(resultDoubles * members));
  const job = own(device.doubles(fields.length));
  const values: Record<string, number> = {
    vertexCount: mesh.positions.length / 3,
    triangleCount: mesh.triangles.length / 3,
    edgeCount: mesh.edges.length / 4,
    ...words,
    cull: mesh.closed ? 1 : 0,
    width,
    height,
    fx,
    fy,
    cx,
    cy,
    near: 1e-3 * mesh.diameter,
    distance: upload(crop.distance, pixels),
    care: upload(crop.care, pixels),
    depth: upload(crop.depth, pixels),
    contour: upload(crop.contour, Math.max(4, crop.contour.length)),
    contourCount: crop.contour.length / 4,
    occluder: inverseOccluder === undefined ? 0 : upload(inverseOccluder, pixels),
    poses: poses.byteOffset,
    results: results.byteOffset,
    depthCount: crop.depthCount,
    contourLength: Math.max(1, crop.contour.length / 4),
  };
  const run = (given: Float64Array, changes: Record<string, number>): number => {
    const count = given.length / 12;
    poses.values.set(given);
    const all: Record<string, number> = { ...values, ...changes };
    fields.forEach((name, f) => {
      job.values[f] = all[name] ?? 0;
    });
    device.dispatch('poseChunk', [job.byteOffset], count);
    return count;
  };
  return {
    evaluate(given, settings) {
      const { form, frameArea } = settings;
      const published = form === 'published';
      const count = run(given, {
        silhouetteScale: settings.silhouetteScale,
        depthScale: settings.depthScale,
        occluderDepth: settings.scoreDepth,
        scoreDepth: settings.scoreDepth,
        maskWeight: settings.maskWeight,
        depthWeight: settings.depthWeight,
        contourWeight: settings.contourWeight,
        contourReach: settings.contourReach,
        maskArea: published ? (frameArea ?? pixels) : Math.max(1, crop.maskArea),
        ...(published && crop.depthCount > 0 ? { depthCount: frameArea ?? pixels } : {}),
        mode: form === 'descent' ? 0 : form === 'second-order' ? 1 : 2,
      });
      return Array.from({ length: count }, (_, member) => readTerms(results.values, member));
    },
    draw(given) {
      const count = given.length / 12;
      const triangles = device.words(pixels * count);
      const depth = device.floats(pixels * count);
      try {
        run(given, { mode: 3, picture: triangles.byteOffset, pictureDepth: depth.byteOffset });
        return { triangles: triangles.values.slice(), depth: depth.values.map(z => (z > 0 ? 1 / z : 0)) };
      } finally {
        triangles.dispose();
        depth.dispose();
      }
    },
    dispose() {
      for (const part of owned) part.dispose();
    },
  };
}
