// The pose terms on the cpu device: draws a mesh at many poses in one crop and gives each member's loss, gradient and
// normal equations. Members are the chunks of the pool; their bits do not depend on threads. `pose-reference.ts` is the
// readable twin.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { type MeshColours, smallerTexture, type Texture, texelDensity } from './mesh-colours.ts';
import {
  type PoseCrop,
  type PoseTerms,
  type PoseTiles,
  readTerms,
  readTiles,
  resultDoubles,
  type TermSettings,
  tilesDoubles,
} from './pose-terms.ts';
import type { RenderMesh } from './render-mesh.ts';

/** A mesh in device memory. */
export interface DeviceMesh {
  readonly mesh: RenderMesh;
  readonly colours: MeshColours | undefined;
  readonly words: Readonly<
    Record<'positions' | 'vertexStride' | 'triangles' | 'planes' | 'edges' | 'colourMaps', number>
  >;
  dispose(): void;
}

/** Triangle (−1 none, −2 another object) and z-depth (0 none) at every pixel, [member, height, width]. */
export interface DrawnPoses {
  readonly triangles: Int32Array;
  readonly depth: Float32Array;
}

/** One object in one crop, ready for any number of evaluations. */
export interface PoseRenderer {
  /** poses [member, 12]: row-major [R|t] of the object about its centre, camera axes. */
  evaluate(poses: Float64Array, settings: TermSettings): PoseTerms[];
  /** Of one pose [12]: where in the crop its gradient and normal equations come from. */
  tiles(pose: Float64Array, settings: TermSettings): PoseTiles;
  draw(poses: Float64Array): DrawnPoses;
  dispose(): void;
}

/** Fields of the kernel's PoseJob, in its order. */
const fields = [
  ...['vertexCount', 'triangleCount', 'edgeCount', 'positions', 'vertexStride', 'triangles', 'planes', 'edges', 'cull'],
  ...['width', 'height', 'fx', 'fy', 'cx', 'cy', 'near', 'distance', 'care', 'depth', 'contour', 'contourCount'],
  ...['occluder', 'poses', 'results', 'silhouetteScale', 'depthScale', 'occluderDepth', 'scoreDepth', 'maskWeight'],
  ...['depthWeight', 'maskArea', 'depthCount', 'contourLength', 'scoreArea', 'contourWeight', 'contourReach', 'mode'],
  ...['picture', 'pictureDepth', 'colourMaps', 'texture', 'textureWidth', 'textureHeight', 'colours', 'colourWeight'],
  'tiles',
];

const SCRATCH = 8 << 20;
const RIM_BYTES = 4 * 8 * 32768;

/** Bytes of a thread's scratch memory that drawing takes. */
function scratchBytes({ positions, triangles }: RenderMesh, width: number, height: number): number {
  return (16 * positions.length) / 3 + (4 * triangles.length) / 3 + 16 * (width + 8) * height + RIM_BYTES + 4096;
}

export function uploadMesh(device: CpuDevice, mesh: RenderMesh, colours?: MeshColours): DeviceMesh {
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
  const planes = device.floats((4 * mesh.normals.length) / 3);
  for (let t = 0; t < mesh.normals.length / 3; t++) {
    const normal = mesh.normals.subarray(3 * t, 3 * t + 3);
    const at = 3 * mesh.triangles[3 * t];
    planes.values.set(normal, 4 * t);
    planes.values[4 * t + 3] = normal.reduce((sum, value, axis) => sum + value * mesh.positions[at + axis], 0);
  }
  const edges = device.words(mesh.edges.length);
  edges.values.set(mesh.edges);
  const maps = device.floats(colours?.maps.length ?? 4);
  if (colours !== undefined) maps.values.set(colours.maps);
  const parts = [positions, triangles, planes, edges, maps];
  return {
    mesh,
    colours,
    words: {
      positions: positions.byteOffset,
      vertexStride,
      triangles: triangles.byteOffset,
      planes: planes.byteOffset,
      edges: edges.byteOffset,
      colourMaps: maps.byteOffset,
    },
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}

export interface RendererOptions {
  /** [height, width], 1 / z of what stands before the object, 0 nothing; such pixels are not drawn and count for nothing. */
  readonly inverseOccluder?: Float32Array | undefined;
  /** Length on the object of one pixel of the crop, in the unit of the mesh: at which size its texture is read. */
  readonly pixelSpan?: number;
}

/** Throws a `memory` error for a mesh and crop that no thread can draw. */
export function createPoseRenderer(
  device: CpuDevice,
  deviceMesh: DeviceMesh,
  crop: PoseCrop,
  members: number,
  { inverseOccluder, pixelSpan = 0 }: RendererOptions = {},
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
  /** Four channels, so that a texel or pixel is one load. */
  const uploadColours = (colours: Float32Array): number => {
    const array = own(device.floats((4 * colours.length) / 3));
    for (let i = 0; i < colours.length; i += 3) array.values.set(colours.subarray(i, i + 3), (4 * i) / 3);
    return array.byteOffset;
  };
  const { colours: modelColours } = deviceMesh;
  const comparesColours = modelColours !== undefined && crop.colours !== undefined;
  const texture = comparesColours ? textureAt(modelColours, pixelSpan) : undefined;
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
    scoreArea: Math.max(1, crop.maskArea),
    colours: comparesColours ? uploadColours(crop.colours) : 0,
    texture: texture === undefined ? 0 : uploadColours(texture.values),
    textureWidth: texture?.width ?? 0,
    textureHeight: texture?.height ?? 0,
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
  const changesOf = (settings: TermSettings): Record<string, number> => {
    const { form } = settings;
    const published = form === 'published';
    return {
      silhouetteScale: settings.silhouetteScale,
      depthScale: settings.depthScale,
      occluderDepth: settings.scoreDepth,
      scoreDepth: settings.scoreDepth,
      maskWeight: settings.maskWeight,
      depthWeight: settings.depthWeight,
      colourWeight: comparesColours ? (settings.colourWeight ?? 0) : 0,
      contourWeight: settings.contourWeight,
      contourReach: settings.contourReach,
      maskArea: published ? crop.frameArea : Math.max(1, crop.maskArea),
      ...(published && crop.depthCount > 0 ? { depthCount: crop.frameArea } : {}),
      mode: form === 'descent' ? 0 : form === 'second-order' ? 1 : 2,
    };
  };
  return {
    evaluate(given, settings) {
      const count = run(given, changesOf(settings));
      return Array.from({ length: count }, (_, member) => readTerms(results.values, member));
    },
    tiles(pose, settings) {
      const array = device.doubles(tilesDoubles);
      try {
        run(pose, { ...changesOf({ ...settings, form: 'second-order' }), tiles: array.byteOffset });
        return readTiles(array.values);
      } finally {
        array.dispose();
      }
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

/** The texture at the size at which a texel is about a pixel of the crop. */
function textureAt(colours: MeshColours, pixelSpan: number): Texture | undefined {
  const { texture } = colours;
  return texture && smallerTexture(texture, Math.max(1, Math.round(texelDensity(colours) * pixelSpan)));
}
