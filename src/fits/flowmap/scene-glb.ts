// The fitted cameras with the points and the photographs, each a plane before its camera, as one file for viewers of 3-D.

import { encodeGlb, type GlbMeshNode } from '../../formats/glb.ts';
import { picturePlane } from '../../geometry/primitives.ts';
import { rigid } from '../../geometry/rigid.ts';
import { smallerTexture, type Texture } from '../../ops/rasterise/mesh-colours.ts';
import type { EncodePicture } from '../fit.ts';
import type { FittedCameras } from './camera-exports.ts';

/** Of a photograph, pixels: there can be hundreds. */
const LONGEST_SIDE = 320;
/** Where photographs stand before their cameras, median depths. */
const PLANE_DEPTH = 0.1;

/** The file has one metre for the median depth, which is the unit of the fit. `photoOf`: RGB of a frame, 0 to 1. */
export async function sceneGlb(
  { camera, path, reconstruction }: FittedCameras,
  photoOf: (frame: number) => Texture,
  encodePicture: EncodePicture,
): Promise<Uint8Array> {
  const plane = picturePlane(camera, PLANE_DEPTH);
  const meshes: GlbMeshNode[] = [];
  const nameOf = (frame: number) => path[frame].imageFile ?? `frame ${frame}`;
  for (const [frame, { worldFromCam }] of path.entries()) {
    const photo = photoOf(frame);
    const factor = Math.ceil(Math.max(photo.width, photo.height) / LONGEST_SIDE);
    meshes.push({
      name: nameOf(frame),
      worldFromNode: rigid<'world', 'object'>(worldFromCam.rotation, worldFromCam.translation),
      mesh: plane,
      texturePng: await encodePicture({ ...(factor > 1 ? smallerTexture(photo, factor) : photo), channels: 3 }),
      shading: 'unlit',
    });
  }
  const { points } = reconstruction;
  const cloud = {
    name: 'points',
    positions: Float32Array.from(points.flatMap(({ position }) => Array.from(position))),
    colours: Float32Array.from(points.flatMap(({ colour }) => Array.from(colour, value => value / 255))),
  };
  return encodeGlb({
    name: 'cameras',
    metresPerUnit: 1,
    meshes,
    points: points.length === 0 ? [] : [cloud],
    cameras: path.map(({ worldFromCam }, frame) => ({ name: nameOf(frame), worldFromCam, camera })),
  });
}
