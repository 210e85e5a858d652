// Exports of dense depth agree with each other and with the poses: pictures, archive and points of one scene, read back.

import { describe, expect, it } from 'vitest';
import { decodeDepthJson } from '../../formats/depth-files.ts';
import { decodeNpz } from '../../formats/npz.ts';
import { decodeTransformsJson } from '../../formats/transforms-json.ts';
import { project } from '../../geometry/camera.ts';
import { invert, matrix4x4, transformPoint } from '../../geometry/rigid.ts';
import { decodePicture } from '../../media/decode-picture.ts';
import { encodePng } from '../../media/encode-picture.ts';
import { encodeCameras } from './camera-exports.ts';
import { depthFileOf, encodeDepth, type FittedDepth } from './depth-exports.ts';
import { drivePath, sampleCamera } from './sample-paths.ts';

const frames = 3;
const camera = { ...sampleCamera(32), cx: 15, cy: 12.5 };
const { width, height } = camera;
const path = drivePath(frames).map((worldFromCam, f) => ({
  ...{ worldFromCam, camera, imageFile: `shot-${f}.jpg`, timestamp: undefined },
}));
const cameras = { camera, path, reconstruction: { cameras: [], images: [], points: [] } };

/** A slope, nowhere the same; unknown in one corner, too far for a picture in one pixel, unsure in the last row. */
const depthAt = (frame: number, x: number, y: number): number =>
  x < 2 && y < 2 ? 0 : x === 9 && y === 9 ? 70 : 1 + 0.37 * frame + 0.013 * x + 0.0071 * y;
const mapOf = (value: (x: number, y: number) => number) =>
  Float32Array.from({ length: width * height }, (_, p) => value(p % width, Math.floor(p / width)));
const depth: FittedDepth = {
  ...{ frames, width, height },
  depth: frame => mapOf((x, y) => depthAt(frame, x, y)),
  flow: () => undefined,
  confidence: () => mapOf((_, y) => (y === height - 1 ? 0.1 : 0.75)),
};
const colourOf = (frame: number, u: number, v: number) => [Math.floor(u), Math.floor(v), 40 + frame];

/** Records of x y z float, red green blue uchar, confidence float behind the header. */
function pointsOf(bytes: Uint8Array) {
  const head = Buffer.from(bytes).indexOf('end_header\n') + 'end_header\n'.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset + head);
  return Array.from({ length: view.byteLength / 19 }, (_, i) => ({
    position: [0, 4, 8].map(at => view.getFloat32(19 * i + at, true)),
    colour: [12, 13, 14].map(at => view.getUint8(19 * i + at)),
    confidence: view.getFloat32(19 * i + 15, true),
  }));
}

describe('exports of dense depth', () => {
  it('agree with each other and with the poses', async () => {
    const files = {
      ...encodeCameras(cameras, depthFileOf),
      ...(await encodeDepth(depth, cameras, colourOf, (picture, bits = 8) => encodePng(picture, bits))),
    };
    const archive = decodeNpz(files['depth.npz'], 'depth.npz');
    expect(archive.get('depth')?.shape).toEqual([frames, height, width]);
    const maps = archive.get('depth')!.data as Float32Array;
    const poses = archive.get('world_from_cam')!.data as Float64Array;
    expect([...(archive.get('intrinsics')!.data as Float64Array)]).toEqual([
      camera.fx,
      camera.fy,
      camera.cx,
      camera.cy,
    ]);
    decodeTransformsJson(files['transforms.json'], 'transforms').forEach(({ worldFromCam }, f) => {
      const known = matrix4x4(worldFromCam);
      for (let k = 0; k < 16; k++) expect(Math.abs(known[k] - poses[16 * f + k])).toBeLessThan(1e-6);
    });
    const named = JSON.parse(new TextDecoder().decode(files['transforms.json'])).frames;

    const pictures = decodeDepthJson(files['depth/depth.json'], 'depth.json');
    expect(pictures.map(({ imageFile }) => imageFile)).toEqual(path.map(({ imageFile }) => imageFile));
    for (const [f, { file, scale }] of pictures.entries()) {
      expect(named[f].depth_file_path).toBe(`depth/${file}`);
      const picture = await decodePicture(files[`depth/${file}`], file);
      expect([picture.width, picture.height, picture.channels, picture.bitDepth]).toEqual([width, height, 1, 16]);
      picture.values.forEach((value, p) => {
        const stored = Math.round(65535 * value) * scale;
        const known = maps[f * width * height + p];
        if (known > 65.535) expect(stored).toBe(0);
        else expect(Math.abs(stored - known)).toBeLessThanOrEqual(0.5001 * scale);
      });
    }

    const points = pointsOf(files['points.ply']);
    // All but the four unknown pixels and the unsure row, and each where its colour says that it was seen.
    expect(points.length).toBe(frames * (width * (height - 1) - 4));
    for (const { position, colour, confidence } of points) {
      const [x, y, blue] = colour;
      const frame = blue - 40;
      expect(confidence).toBe(0.75);
      const inCamera = transformPoint(invert(path[frame].worldFromCam), position);
      const [u, v] = project(camera, inCamera);
      const z = depthAt(frame, x, y);
      // Positions are float32.
      expect(Math.abs(inCamera[2] - z)).toBeLessThan(2e-6 * z);
      expect(Math.hypot(u - x - 0.5, v - y - 0.5)).toBeLessThan(1e-4);
    }
  });
});
