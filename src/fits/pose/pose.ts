// The fit `pose`: where a known object stands in a picture, by drawing it and descending (after Tremblay et al., arXiv
// 2310.00463). This file says what users can set; problem.ts does the work, refine.ts the same without a window. It is not
// in the registry yet: scenes on disk, a default number of members and smaller snapshots are to come first.

import { perturbPose } from '../../geometry/perturbed-starts.ts';
import { createRandom } from '../../numerics/random.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { Fit, FitInput, SettingDescription } from '../fit.ts';
import { maskBounds } from './crop.ts';
import { loadPose, polishPasses } from './problem.ts';
import { makeSampleScene, onlyObject } from './sample-scene.ts';

function liveSetting(
  name: string,
  title: string,
  value: number,
  range: readonly [number, number],
  group: string,
  help: string,
): SettingDescription {
  const [minimum, maximum] = range;
  return { name, title, type: 'number', default: value, minimum, maximum, live: 'live', group, level: 'basic', help };
}

function fixedNumber(name: string, title: string, value: number, maximum: number, help: string): SettingDescription {
  return { name, title, type: 'number', default: value, minimum: 0, maximum, live: 'fixed', group: 'Start', help };
}

/** A scene as the engine carries it: the first picture, and everything else beside it. */
function sceneInput(name: string, scene: NonNullable<FitInput['scene']>): FitInput {
  const [{ camera, image }] = scene.pixels;
  return { name, kind: 'scene', shape: [camera.height, camera.width, 3], values: image, fullScale: 255, scene };
}

function sample(id: string, title: string, objectId: number, teaches: string) {
  const make = () => sceneInput(id, onlyObject(makeSampleScene({ frames: 1, seed: 1, width: 640 }), objectId));
  const settings = { object: objectId, startTurn: 30, startShift: 12 };
  return { id, title, teaches, settings, make, sketch: () => sketchOf(id, objectId) };
}

/** The part of a small picture of the scene that holds the object. */
function sketchOf(name: string, objectId: number): FitInput {
  const { pixels } = onlyObject(makeSampleScene({ frames: 1, seed: 1, width: 320 }), objectId);
  const [{ camera, image, masks }] = pixels;
  const bounds = masks[0] && maskBounds(masks[0], camera.width);
  const [left, top, right, bottom] = bounds ?? [0, 0, camera.width, camera.height];
  const [width, height] = [160, 120];
  const within = (middle: number, size: number, all: number) =>
    Math.max(0, Math.min(all - size, Math.round(middle - size / 2)));
  const [x, y] = [within((left + right) / 2, width, camera.width), within((top + bottom) / 2, height, camera.height)];
  const values = new Float32Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const from = 3 * ((y + row) * camera.width + x);
    values.set(image.subarray(from, from + 3 * width), 3 * row * width);
  }
  return { name, kind: 'picture', shape: [height, width, 3], values, fullScale: 255 };
}

export const pose: Fit = {
  id: 'pose',
  title: 'Pose refinement',
  takes: 'a scene: pictures with masks or labels, optional depth, cameras, and the meshes of the objects',
  exportContent:
    'cam_from_object, object_from_cam: float32 [4, 4] row-major, OpenCV axes, millimetres. overlay: the model drawn over the photo.',
  settings: [
    {
      name: 'method',
      title: 'Method',
      type: 'choice',
      default: 'polish',
      choices: ['polish', 'descent', 'diffdope'],
      live: 'fixed',
      group: 'Method',
      level: 'basic',
      help: 'polish: a short descent of all members, then Levenberg-Marquardt steps of fewer and fewer. descent: the chosen optimizer alone, to watch and to tune. diffdope: the published recipe (Tremblay et al. 2023), to compare with.',
    },
    {
      name: 'frame',
      title: 'Frame',
      type: 'integer',
      default: 0,
      minimum: 0,
      maximum: 1000000,
      live: 'fixed',
      group: 'Data',
      level: 'basic',
      help: 'Position of the picture in the scene, from 0.',
    },
    {
      name: 'object',
      title: 'Object',
      type: 'integer',
      default: undefined,
      minimum: 0,
      maximum: 1000000,
      live: 'fixed',
      group: 'Data',
      level: 'basic',
      help: 'obj_id of the object; default: the first one of the frame that has a mesh.',
    },
    {
      name: 'views',
      title: 'Views',
      type: 'integer',
      default: 1,
      minimum: 1,
      maximum: 1000,
      live: 'fixed',
      group: 'Data',
      help: 'Pictures of the object at rest that are fitted together: this frame and the next ones whose cameras are known.',
    },
    {
      name: 'occluders',
      title: 'Other objects',
      type: 'choice',
      default: 'ignore',
      choices: ['ignore', 'draw'],
      live: 'fixed',
      group: 'Data',
      help: 'draw: the other objects of the frame hide this one, at the poses that the scene has for them. Where a label picture names them this is known anyway.',
    },
    fixedNumber(
      'startTurn',
      'Turn of the start',
      0,
      180,
      'Degrees by which the start is turned away from the known pose.',
    ),
    fixedNumber(
      'startShift',
      'Shift of the start',
      0,
      1000,
      'Millimetres by which the start is moved away from the known pose.',
    ),
    {
      name: 'size',
      title: 'Crop size',
      type: 'choice',
      default: '64',
      choices: ['48', '64', '96', '128', '192'],
      live: 'fixed',
      group: 'Descent',
      unit: 'pixels',
      help: 'Side of the square in which descent draws; polish has its own sizes.',
    },
    {
      ...liveSetting('learningRate', 'Learning rate', 0.02, [0, 1000], 'Descent', 'Step in units of the diameter.'),
      default: undefined,
      scale: 'log',
      help: 'Unitless: 0.01 moves the vertices by about a hundredth of the diameter. Default: drawn for each member, log-uniformly from 0.003 to 0.1 (descent) or 0.03 to 3 (polish), uniformly from 0.01 to 100 (diffdope).',
    },
    liveSetting('maskWeight', 'Mask weight', 1, [0, 100], 'Loss', 'Weight of the silhouette term.'),
    liveSetting('depthWeight', 'Depth weight', 1, [0, 100], 'Loss', 'Weight of the depth term.'),
    liveSetting(
      'colourWeight',
      'Colour weight',
      0,
      [0, 100],
      'Loss',
      'Weight of the colours after the best gain and offset, where the mesh has any (descent; the last stage of polish). 0.15 helps where texture tells the turn.',
    ),
    liveSetting(
      'silhouetteScale',
      'Silhouette scale',
      4,
      [0.5, 32],
      'Loss',
      'Pixels over which the force on the border rises (of descent; polish goes from 7 to 1).',
    ),
    liveSetting(
      'depthScale',
      'Depth scale',
      0.04,
      [0.001, 1],
      'Loss',
      'In diameters: residuals well above it count as outliers (of descent; polish goes from 0.05 to 0.015).',
    ),
    {
      ...liveSetting('locked', 'Locked', 0, [0, 1], 'Members', '1: this member stays when polish drops the losers.'),
      type: 'integer',
      control: 'switch',
    },
    {
      name: 'iterations',
      title: 'Iterations at most',
      type: 'integer',
      default: 60,
      minimum: 1,
      maximum: 100000,
      live: 'member',
      group: 'Descent',
      level: 'basic',
      scale: 'log',
      help: `Of descent; polish has ${polishPasses}.`,
    },
  ],
  presets: {
    watch: { method: 'descent', optimizer: 'normalised', schedule: 'cosine', iterations: 120 },
  },
  optimizer: 'normalised',
  samples: [
    sample('box', 'Box on a table', 2, 'A box is found from mask and depth to a fraction of a millimetre.'),
    sample(
      'can',
      'Can on a table',
      1,
      'A can looks the same from all sides but for its label: its turn about the axis stays open.',
    ),
    sample('screw', 'Screw, partly hidden', 4, 'What hides an object is told by its depth and pulls at nothing.'),
  ],
  figures: ['addMillimetres', 'addSMillimetres', 'rotationDegrees', 'translationMillimetres'],
  captions: {},
  async load(input, members, context) {
    const { scene } = input;
    if (scene === undefined) {
      throw new LabError({
        code: 'input',
        message: 'A pose is fitted in a scene, and this is only a picture.',
        where: input.name,
        tip: 'Give a folder with scene.json, a BOP scene folder, or a picture with --mesh, --mask, --camera and --start.',
      });
    }
    const [shared] = members;
    const frame = Number(shared.frame);
    const instances = scene.scene.frames[frame]?.instances ?? [];
    const objectId =
      shared.object === undefined
        ? (instances.find(instance => scene.models.has(instance.objectId))?.objectId ?? -1)
        : Number(shared.object);
    const known = instances.find(instance => instance.objectId === objectId)?.camFromObject;
    if (instances.length > 0 && known === undefined && instances.some(instance => instance.objectId === objectId)) {
      throw new LabError({
        code: 'input',
        message: `Object ${objectId} has no pose in frame ${frame} to start from.`,
        where: input.name,
        tip: 'Give one with --start.',
      });
    }
    const shell = { rotationDegrees: Number(shared.startTurn), translationMillimetres: Number(shared.startShift) };
    const random = createRandom(context.seed, 'start pose');
    const start = known && perturbPose(known, shell, random);
    const given = { views: Number(shared.views), drawsOccluders: shared.occluders === 'draw' };
    return loadPose({ scene, frame, objectId, start, ...given }, members, context);
  },
};
