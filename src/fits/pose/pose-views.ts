// What the pose fit shows: the photo with the model drawn over it, the depth error, and in the scene the mesh, the camera
// and the measured points.

import type { PixelRectangle } from '../../geometry/camera.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { type CamFromObject, matrix3x4 } from '../../geometry/rigid.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import type { ViewData, ViewDescription } from '../../protocol/views.ts';
import type { PoseObservation } from './crop.ts';

/** Pixels a side of the pictures. */
export const viewSize = 256;

export interface PoseViewSource {
  /** [camera.height, camera.width, 3], 0 to 1. */
  readonly image: Float32Array;
  readonly observation: PoseObservation;
  readonly mesh: Mesh;
  readonly rectangle: PixelRectangle;
  /** The crop at `viewSize`, and the model drawn in it. */
  readonly crop: PoseCrop;
  draw(pose: CamFromObject): { readonly triangles: Int32Array; readonly depth: Float32Array };
}

export interface PoseViews {
  readonly descriptions: readonly ViewDescription[];
  data(id: string, pose: CamFromObject): ViewData;
}

export function createPoseViews(source: PoseViewSource): PoseViews {
  const { observation, mesh, crop } = source;
  const photo = photoOf(source);
  const hasDepth = observation.depth !== undefined;
  const size = { frames: 1, height: viewSize, width: viewSize, channels: 3 } as const;
  const descriptions: ViewDescription[] = [
    {
      ...{
        id: 'overlay',
        title: 'Model over photo',
        kind: 'image',
        changes: 'with-iterations',
        ...size,
        range: [0, 1],
      },
      help: 'The model tinted where it covers the mask (green), where it leaves it (red), and mask that it misses (blue); its outline in white.',
      reference: 'photo',
    },
    { id: 'photo', title: 'Photo', kind: 'image', changes: 'never', ...size, range: [0, 1] },
    ...(hasDepth
      ? [
          {
            id: 'depth-error',
            title: 'Depth error',
            kind: 'heat-map',
            changes: 'with-iterations',
            rowLabel: 'pixel row',
            columnLabel: 'pixel column',
            scale: 'linear',
            unit: 'mm',
            help: 'Drawn minus measured z-depth inside the mask; positive: the model is too far.',
          } as const,
        ]
      : []),
    { id: 'mesh', title: 'Object', kind: 'mesh', changes: 'with-iterations', unit: 'mm' },
    { id: 'camera', title: 'Camera', kind: 'cameras', changes: 'never', unit: 'mm' },
    ...(hasDepth
      ? [{ id: 'points', title: 'Measured points', kind: 'points', changes: 'never', unit: 'mm' } as const]
      : []),
  ];
  return {
    descriptions,
    data(id, pose) {
      if (id === 'photo') return { values: { shape: [1, viewSize, viewSize, 3], values: photo } };
      if (id === 'overlay')
        return { values: { shape: [1, viewSize, viewSize, 3], values: overlayOf(source, photo, pose) } };
      if (id === 'depth-error') {
        const { depth } = source.draw(pose);
        const values = depth.map((z, i) => {
          const measured = crop.distance[i] < 0 ? (crop.depth?.[i] ?? 0) : 0;
          return z > 0 && measured > 0 ? z - measured : Number.NaN;
        });
        return { values: { shape: [viewSize, viewSize], values } };
      }
      if (id === 'mesh') {
        return {
          positions: { shape: [mesh.positions.length / 3, 3], values: mesh.positions },
          triangles: { shape: [mesh.triangles.length / 3, 3], values: mesh.triangles },
          worldFromObject: { shape: [3, 4], values: Float32Array.from(matrix3x4(pose)) },
        };
      }
      if (id === 'camera') {
        const { fx, fy, cx, cy, width, height } = observation.camera;
        return {
          worldFromCam: { shape: [1, 3, 4], values: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0) },
          intrinsics: { shape: [1, 4], values: Float32Array.of(fx, fy, cx, cy) },
          sizes: { shape: [1, 2], values: Float32Array.of(width, height) },
        };
      }
      return pointsOf(crop, photo);
    },
  };
}

/** The photo inside the crop, nearest pixels; grey outside the picture. */
function photoOf({ image, observation, rectangle }: PoseViewSource): Float32Array {
  const { width, height } = observation.camera;
  const out = new Float32Array(viewSize * viewSize * 3).fill(0.5);
  for (let y = 0; y < viewSize; y++) {
    for (let x = 0; x < viewSize; x++) {
      const u = Math.floor(rectangle.x + ((x + 0.5) * rectangle.width) / viewSize);
      const v = Math.floor(rectangle.y + ((y + 0.5) * rectangle.height) / viewSize);
      if (u < 0 || v < 0 || u >= width || v >= height) continue;
      const from = 3 * (v * width + u);
      out.set(image.subarray(from, from + 3), 3 * (y * viewSize + x));
    }
  }
  return out;
}

function overlayOf({ crop, draw }: PoseViewSource, photo: Float32Array, pose: CamFromObject): Float32Array {
  const { triangles } = draw(pose);
  const out = photo.slice();
  const isCovered = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < viewSize && y < viewSize && triangles[y * viewSize + x] >= 0;
  for (let y = 0; y < viewSize; y++) {
    for (let x = 0; x < viewSize; x++) {
      const i = y * viewSize + x;
      const inMask = crop.distance[i] < 0;
      const covered = isCovered(x, y);
      if (!covered && !inMask) continue;
      const edge =
        covered && !(isCovered(x - 1, y) && isCovered(x + 1, y) && isCovered(x, y - 1) && isCovered(x, y + 1));
      const tint = edge ? [1, 1, 1] : covered ? (inMask ? [0.2, 0.9, 0.4] : [0.95, 0.25, 0.2]) : [0.25, 0.45, 1];
      const share = edge ? 0.9 : 0.3;
      for (let c = 0; c < 3; c++) out[3 * i + c] += share * (tint[c] - out[3 * i + c]);
    }
  }
  return out;
}

function pointsOf({ camera, depth }: PoseCrop, photo: Float32Array): ViewData {
  const positions: number[] = [];
  const colours: number[] = [];
  for (let i = 0; depth !== undefined && i < depth.length; i++) {
    if (!(depth[i] > 0)) continue;
    const [u, v] = [(i % camera.width) + 0.5, Math.floor(i / camera.width) + 0.5];
    positions.push(((u - camera.cx) / camera.fx) * depth[i], ((v - camera.cy) / camera.fy) * depth[i], depth[i]);
    for (let c = 0; c < 3; c++) colours.push(Math.round(255 * photo[3 * i + c]));
  }
  const count = positions.length / 3;
  return {
    positions: { shape: [count, 3], values: Float32Array.from(positions) },
    colours: { shape: [count, 3], values: Uint8Array.from(colours) },
  };
}
