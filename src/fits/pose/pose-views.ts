// What the pose fit shows: the photo with the model drawn over it, the depth error, and in the scene the textured object
// where every member has it, the camera and the measured points. Pictures are bytes, and small: a run records hundreds.

import type { TexturePixels } from '../../formats/pose-scene.ts';
import type { PixelRectangle } from '../../geometry/camera.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { median } from '../../geometry/pose-metrics.ts';
import { type CamFromObject, matrix3x4 } from '../../geometry/rigid.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import { drawTints, type TintedPicture } from '../../protocol/tinted-picture.ts';
import type { ImageView, ViewArray, ViewData, ViewDescription } from '../../protocol/views.ts';
import type { PoseObservation } from './crop.ts';
import { knowsDepth, type PoseMeshes } from './pose-target.ts';

/** Pixels a side of the crop that the model is drawn in for pictures. */
export const drawSize = 128;
/** Pixels of the photo, along each side, under one of the drawing. */
const ENLARGED = 2;
const photoSize = ENLARGED * drawSize;
/** Longest side of a texture that is shown. */
const TEXTURE_SIZE = 512;
/** The depth error is shown up to this part of the diameter. */
const DEPTH_RANGE = 0.03;
/** Measured points farther than so many diameters before or behind the middle of the mask's are not shown. */
const POINTS_RANGE = 1;
/** Stored depth errors are 0 to 254, in steps from the least to the most. */
const NO_ERROR = 255;

/** Name of the measure with the twelve numbers of camFromObject, millimetres. */
export const POSE_MEASURE = 'pose';

export interface PoseViewSource {
  /** [camera.height, camera.width, 3], 0 to 1. */
  readonly image: Float32Array;
  readonly observation: PoseObservation;
  /** To look at; millimetres. */
  readonly mesh: Mesh;
  readonly texture: TexturePixels | undefined;
  /** Where the object is known to be. */
  readonly truth: CamFromObject | undefined;
  readonly diameterMillimetres: number;
  readonly rectangle: PixelRectangle;
  /** The crop at `drawSize`. */
  readonly crop: PoseCrop;
  /** The model drawn in it, in full or thinned out. */
  draw(poses: readonly CamFromObject[], mesh: keyof PoseMeshes): readonly Drawing[];
}

/** [drawSize, drawSize]: triangle (-1: none) and z-depth. */
export interface Drawing {
  readonly triangles: Int32Array;
  readonly depth: Float32Array;
}

export interface PoseViews {
  readonly descriptions: readonly ViewDescription[];
  data(id: string, pose: CamFromObject): ViewData;
  /** What is recorded of it at each of these poses. */
  recorded(id: string, poses: readonly CamFromObject[]): ViewData[];
}

export function createPoseViews(source: PoseViewSource): PoseViews {
  const { observation, mesh, crop, truth } = source;
  const photo = photoOf(source);
  const hasDepth = knowsDepth(observation);
  const limit = Number((DEPTH_RANGE * source.diameterMillimetres).toPrecision(1));
  const image = { kind: 'image', frames: 1 } as const;
  const square = { height: photoSize, width: photoSize, channels: 3, range: [0, 255] } as const;
  const moves = { changes: 'with-iterations' } as const;
  const stays = { changes: 'never' } as const;
  const depthError: ImageView = {
    ...{ ...image, ...moves, id: 'depth-error', title: 'Depth error' },
    ...{ height: drawSize, width: drawSize, channels: 1, range: [-limit, limit], unit: 'mm' },
    ...{ colours: 'diverging', unknown: NO_ERROR },
    help: 'Drawn minus measured z-depth inside the mask. Red: the model is too far; blue: too near, or something stands before it.',
  };
  const descriptions: ViewDescription[] = [
    {
      ...{ ...image, ...moves, ...square, id: 'overlay', title: 'Model over photo', over: 'photo' },
      help: 'Green: the model covers the mask. Red: it leaves it. Blue: mask that it misses. Its outline is yellow.',
    },
    { ...image, ...stays, ...square, id: 'photo', title: 'Photo', help: 'The part of it that the pose is fitted in.' },
    ...(hasDepth ? [depthError] : []),
    { kind: 'mesh', ...stays, id: 'mesh', title: 'Object', unit: 'mm', poses: 'poses' },
    {
      ...{ kind: 'poses', ...moves, id: 'poses', title: 'Members and their paths', unit: 'mm' },
      ...{ measure: POSE_MEASURE, box: boxOf(mesh) },
    },
    { kind: 'cameras', ...stays, id: 'camera', title: 'Camera', unit: 'mm' },
    ...(hasDepth ? [{ kind: 'points', ...stays, id: 'points', title: 'Measured points', unit: 'mm' } as const] : []),
  ];
  const meshData: ViewData = {
    ...shownMesh(mesh, source.texture),
    ...(truth === undefined ? {} : { trueWorldFromObject: matrixArray(truth) }),
  };
  const under = picture(photo);
  const data = (id: string, pose: CamFromObject): ViewData => {
    switch (id) {
      case 'photo':
        return { values: under };
      case 'overlay':
        return { values: drawTints(under, overlayOf(source, source.draw([pose], 'full')[0]))! };
      case 'depth-error':
        return depthErrorOf(source, source.draw([pose], 'full')[0], limit);
      case 'mesh':
        return meshData;
      case 'poses':
        return { worldFromObject: matrixArray(pose) };
      case 'camera':
        return cameraOf(crop);
      default:
        return pointsOf(source, photo);
    }
  };
  return {
    descriptions,
    data,
    recorded(id, poses) {
      if (id === 'overlay') return source.draw(poses, 'reduced').map(drawing => overlayOf(source, drawing));
      if (id === 'depth-error')
        return source.draw(poses, 'reduced').map(drawing => depthErrorOf(source, drawing, limit));
      return poses.map(pose => data(id, pose));
    },
  };
}

function picture(values: Uint8Array): ViewArray {
  return { shape: [1, photoSize, photoSize, 3], values };
}

function matrixArray(pose: CamFromObject): ViewArray {
  return { shape: [3, 4], values: Float32Array.from(matrix3x4(pose)) };
}

/** The photo inside the crop, nearest pixels; grey outside the picture. */
function photoOf({ image, observation, rectangle }: PoseViewSource): Uint8Array {
  const { width, height } = observation.camera;
  const out = new Uint8Array(photoSize * photoSize * 3).fill(128);
  for (let y = 0; y < photoSize; y++) {
    for (let x = 0; x < photoSize; x++) {
      const u = Math.floor(rectangle.x + ((x + 0.5) * rectangle.width) / photoSize);
      const v = Math.floor(rectangle.y + ((y + 0.5) * rectangle.height) / photoSize);
      if (u < 0 || v < 0 || u >= width || v >= height) continue;
      const [from, to] = [3 * (v * width + u), 3 * (y * photoSize + x)];
      for (let c = 0; c < 3; c++) out[to + c] = Math.round(255 * image[from + c]);
    }
  }
  return out;
}

/** What the classes of the overlay do to the photo under them. */
const tints: ViewArray = {
  shape: [5, 4],
  values: Float32Array.of(
    ...[0, 0, 0, 1], // nothing there
    ...[-20, 32, -20, 1], // the model covers the mask
    ...[70, -30, -40, 1], // it leaves it
    ...[-50, -10, 70, 1], // mask that it misses
    ...[255, 221, 0, 0], // its outline
  ),
};
const overlayClass = { right: 1, outside: 2, missed: 3, outline: 4 } as const;

function overlayOf({ crop }: PoseViewSource, { triangles }: Drawing): TintedPicture {
  const classes = new Uint8Array(triangles.length);
  for (let i = 0; i < triangles.length; i++) {
    const inMask = crop.distance[i] < 0;
    if (triangles[i] < 0) classes[i] = inMask ? overlayClass.missed : 0;
    else if (isOnEdge(triangles, i, i % drawSize)) classes[i] = overlayClass.outline;
    else classes[i] = inMask ? overlayClass.right : overlayClass.outside;
  }
  return { classes: { shape: [1, drawSize, drawSize, 1], values: classes }, tints };
}

/** A covered pixel beside one that is not, or at the border of the drawing. */
function isOnEdge(triangles: Int32Array, i: number, column: number): boolean {
  if (column === 0 || column === drawSize - 1 || i < drawSize || i >= triangles.length - drawSize) return true;
  return triangles[i - 1] < 0 || triangles[i + 1] < 0 || triangles[i - drawSize] < 0 || triangles[i + drawSize] < 0;
}

function depthErrorOf({ crop }: PoseViewSource, { depth }: Drawing, limit: number): ViewData {
  const step = (2 * limit) / (NO_ERROR - 1);
  const values = new Uint8Array(drawSize * drawSize).fill(NO_ERROR);
  for (let i = 0; i < values.length; i++) {
    const measured = crop.distance[i] < 0 ? (crop.depth?.[i] ?? 0) : 0;
    if (!(depth[i] > 0 && measured > 0)) continue;
    values[i] = Math.min(NO_ERROR - 1, Math.max(0, Math.round((depth[i] - measured + limit) / step)));
  }
  return {
    values: { shape: [1, drawSize, drawSize, 1], values },
    'values.scale': { shape: [2], values: Float64Array.of(-limit, step) },
  };
}

function boxOf({ positions }: Mesh): number[] {
  const box = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  positions.forEach((value, i) => {
    box[i % 3] = Math.min(box[i % 3], value);
    box[3 + (i % 3)] = Math.max(box[3 + (i % 3)], value);
  });
  return box;
}

function shownMesh({ positions, triangles, colours, textureCoordinates }: Mesh, texture: TexturePixels | undefined) {
  const vertices = positions.length / 3;
  const shape = {
    positions: { shape: [vertices, 3], values: positions },
    triangles: { shape: [triangles.length / 3, 3], values: triangles },
  };
  if (texture !== undefined && textureCoordinates !== undefined) {
    const coordinates = { shape: [vertices, 2], values: textureCoordinates };
    return { ...shape, textureCoordinates: coordinates, texture: smallTexture(texture) };
  }
  if (colours === undefined) return shape;
  const values = Uint8Array.from(colours, value => Math.round(255 * value));
  return { ...shape, colours: { shape: [vertices, 3], values } };
}

/** Means over squares of texels, where there are more than can be shown. */
function smallTexture({ width, height, values }: TexturePixels): ViewArray {
  const by = Math.ceil(Math.max(width, height) / TEXTURE_SIZE);
  const [columns, rows] = [Math.ceil(width / by), Math.ceil(height / by)];
  const out = new Uint8Array(columns * rows * 3);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [right, bottom] = [Math.min(width, (column + 1) * by), Math.min(height, (row + 1) * by)];
      const count = (right - column * by) * (bottom - row * by);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let y = row * by; y < bottom; y++) {
          for (let x = column * by; x < right; x++) sum += values[3 * (y * width + x) + c];
        }
        out[3 * (row * columns + column) + c] = Math.round((255 * sum) / count);
      }
    }
  }
  return { shape: [rows, columns, 3], values: out };
}

/** The camera as far as it sees the crop, in the middle of the world. */
function cameraOf({ camera: { fx, fy, cx, cy, width, height } }: PoseCrop): ViewData {
  return {
    worldFromCam: { shape: [1, 3, 4], values: Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0) },
    intrinsics: { shape: [1, 4], values: Float32Array.of(fx, fy, cx, cy) },
    sizes: { shape: [1, 2], values: Float32Array.of(width, height) },
  };
}

/** Those about the object: what lies far behind it would make it small. */
function pointsOf({ crop, diameterMillimetres }: PoseViewSource, photo: Uint8Array): ViewData {
  const { camera, depth, distance } = crop;
  const positions: number[] = [];
  const colours: number[] = [];
  const middle = median([...(depth ?? [])].filter((z, i) => z > 0 && distance[i] < 0));
  const range = Number.isNaN(middle) ? Infinity : POINTS_RANGE * diameterMillimetres;
  for (let i = 0; depth !== undefined && i < depth.length; i++) {
    if (!(depth[i] > 0) || Math.abs(depth[i] - middle) > range) continue;
    const [column, row] = [i % camera.width, Math.floor(i / camera.width)];
    const [x, y] = [(column + 0.5 - camera.cx) / camera.fx, (row + 0.5 - camera.cy) / camera.fy];
    positions.push(x * depth[i], y * depth[i], depth[i]);
    const at = 3 * ENLARGED * (row * photoSize + column);
    colours.push(photo[at], photo[at + 1], photo[at + 2]);
  }
  const count = positions.length / 3;
  return {
    positions: { shape: [count, 3], values: Float32Array.from(positions) },
    colours: { shape: [count, 3], values: Uint8Array.from(colours) },
  };
}
