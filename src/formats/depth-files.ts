// What tells the scale of depth pictures: the `depth.json` beside them that the lab writes, and the `scene.json` of its data sets.
// Depth is z-depth, stored value × scale; 0 is unknown. Pure, any process.
import * as v from 'valibot';
import { decodeJson, encodeJson } from './json.ts';

export interface DepthFile {
  /** The picture of the depth, from the folder of the JSON file. */
  readonly file: string;
  /** Unit of the cameras per stored step. */
  readonly scale: number;
  /** The photo it belongs to. */
  readonly imageFile: string;
}

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0, 'a scale above 0 is needed'));
const depthSchema = v.object({ files: v.record(v.string(), v.object({ scale: positive, image: v.string() })) });
const sceneSchema = v.object({
  depth: v.optional(v.object({ scale_to_units: positive })),
  frames: v.array(v.object({ file: v.string(), depth: v.optional(v.string()) })),
});

/** `unit`: that of the depths, in words. */
export function encodeDepthJson(files: readonly DepthFile[], unit: string): Uint8Array {
  const content = 'z-depth along the optical axis: stored value × scale; 0 is unknown';
  const entries = files.map(({ file, scale, imageFile }) => [file, { scale, image: imageFile }] as const);
  return encodeJson({ content, unit, files: Object.fromEntries(entries) });
}

/** Throws a LabError of code 'input' with `where` = `name`. */
export function decodeDepthJson(bytes: Uint8Array, name: string): DepthFile[] {
  const tip = 'Give a depth.json as the lab writes it: files with scale and image.';
  const { files } = decodeJson(bytes, name, depthSchema, tip);
  return Object.entries(files).map(([file, { scale, image }]) => ({ file, scale, imageFile: image }));
}

/** Those that a scene.json names; none where it names no scale. Throws as `decodeDepthJson`. */
export function decodeSceneDepth(bytes: Uint8Array, name: string): DepthFile[] {
  const tip = 'Give a scene.json whose frames have file and depth, and that has depth.scale_to_units.';
  const { depth, frames } = decodeJson(bytes, name, sceneSchema, tip);
  return frames.flatMap(frame =>
    depth === undefined || frame.depth === undefined
      ? []
      : [{ file: frame.depth, scale: depth.scale_to_units, imageFile: frame.file }],
  );
}
