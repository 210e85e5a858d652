// The fit `pose`: where a known object stands in a picture, by drawing it and descending (after Tremblay et al., arXiv
// 2310.00463). This file says what users can set, and what a scene means to it; problem.ts does the work, refine.ts the
// same without a window.

import type { PoseScene } from '../../formats/pose-scene.ts';
import { reportMesh } from '../../geometry/mesh-report.ts';
import { perturbPose } from '../../geometry/perturbed-starts.ts';
import { describeSymmetries, type Symmetries } from '../../geometry/symmetry.ts';
import { createRandom } from '../../numerics/random.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { ProblemReport } from '../../protocol/run.ts';
import type { Fit, FitInput, SettingDescription, SettingValues } from '../fit.ts';
import { maskBounds } from './crop.ts';
import { type ObservedObject, observeObject } from './observe.ts';
import { symmetriesOf } from './pose-meshes.ts';
import { createRefinableModel } from './pose-refiner.ts';
import { loadPose, polishPasses } from './problem.ts';
import { descentOptimizer, descentSettings } from './refine.ts';
import { onlyObject, sharedSampleScene } from './sample-scene.ts';
import { type PoseStart, startOf, startPoseNames, startSettings } from './start-pose.ts';
import { reportUnits, requireStartable, type UnitsReport, unitsFacts, unitsWarnings } from './units-report.ts';
import { verdictCaptions } from './verdict.ts';

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

function fixedNumber(name: string, title: string, maximum: number, unit: string, help: string): SettingDescription {
  return { name, title, type: 'number', default: 0, minimum: 0, maximum, live: 'fixed', group: 'Start', unit, help };
}

/** One object of the sample scene, to be found from 30° and 12 mm beside where it is. */
function sample(id: string, title: string, objectId: number, teaches: string) {
  const make = (): FitInput => {
    const scene = onlyObject(sharedSampleScene({ frames: 1, seed: 1, width: 640 }), objectId);
    const [{ camera, image }] = scene.pixels;
    const truth = scene.scene.frames[0].instances[0]?.camFromObject;
    const shell = { rotationDegrees: 30, translationMillimetres: 12 };
    const start = truth && perturbPose(truth, shell, createRandom(0, `sample ${id}`));
    const shape = [camera.height, camera.width, 3];
    return { name: id, kind: 'scene', shape, values: image, fullScale: 255, scene, start };
  };
  // Few iterations, each of which moves much.
  return { id, title, teaches, settings: { object: objectId }, pace: 4, make, sketch: () => sketchOf(id, objectId) };
}

/** What a run is about: the object and where it starts. */
interface Subject {
  readonly scene: PoseScene;
  readonly frame: number;
  readonly object: ObservedObject;
  readonly start: PoseStart;
  readonly report: UnitsReport;
  readonly symmetries: Symmetries;
}

/** Throws a LabError of code 'input' that names what is missing. */
async function subjectOf(
  { name, scene, start: file }: FitInput,
  settings: SettingValues,
  seed: number,
): Promise<Subject> {
  if (scene === undefined) {
    throw new LabError({
      code: 'input',
      message: 'A pose is fitted in a scene, and this is only a picture.',
      where: name,
      tip: 'Give a folder with scene.json, a BOP scene folder, or a picture with --mesh, --mask, --camera and --start.',
    });
  }
  const frame = Number(settings.frame);
  const first = scene.scene.frames[frame]?.instances.find(instance => scene.models.has(instance.objectId));
  const objectId = settings.object === undefined ? (first?.objectId ?? -1) : Number(settings.object);
  const start = startOf(observeObject(scene, frame, objectId), file, settings, seed);
  const object = observeObject(scene, frame, objectId, start.camFromObject);
  const { model, observation, labels } = object;
  const { camera, mask, depth } = observation;
  const report = reportUnits({
    ...{ camera, mask, labels, mesh: model.mesh, meshReport: reportMesh(model.mesh), notes: model.notes },
    ...{ start: start.camFromObject, depthMillimetres: depth },
  });
  const symmetries = await symmetriesOf(model.mesh);
  return { scene: scene.scene, frame, object, start, report, symmetries };
}

/** What is known of it in words, and what may be wrong. */
function findingsOf({ scene, frame, object, start, report, symmetries }: Subject): ProblemReport {
  const symmetry = describeSymmetries(symmetries);
  const { frames, notes } = scene;
  const { objectId, name } = object.model;
  const ids = [...new Set(frames[frame].instances.map(instance => instance.objectId))];
  const facts = {
    ...(frames.length > 1 ? { Frame: `${frame} of 0 to ${frames.length - 1}, image ${frames[frame].imageId}` } : {}),
    Object: ids.length > 1 ? `${objectId} ${name}, of ${ids.join(', ')}` : `${objectId} ${name}`,
    Start: start.source,
    ...unitsFacts(report),
    Triangles: (object.model.mesh.triangles.length / 3).toLocaleString('en'),
    ...(symmetry === undefined ? {} : { Symmetry: symmetry }),
  };
  return { facts, warnings: [...notes, ...unitsWarnings(report)] };
}

/** The part of a small picture of the scene that holds the object. */
function sketchOf(name: string, objectId: number): FitInput {
  const { pixels } = onlyObject(sharedSampleScene({ frames: 1, seed: 1, width: 320 }), objectId);
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
  takes: 'a BOP scene folder, a folder with scene.json, or a picture with a mesh, a mask and a camera',
  members: { usual: 32, by: { setting: 'method', counts: { diffdope: 8 } } },
  startPose: startPoseNames,
  companions: [
    {
      id: 'mesh',
      title: 'Mesh',
      help: 'PLY, OBJ, GLB or STL of the object; OBJ together with its MTL and texture.',
      without: 'needed',
    },
    {
      id: 'depth',
      title: 'Depth',
      help: '16-bit PNG or NPY, z-depth; its scale in the camera file or depth.json.',
      without: 'none: the mask alone',
    },
    {
      id: 'camera',
      title: 'Camera',
      help: 'OpenCV YAML or XML, BOP JSON with cam_K, or JSON with fx, fy, cx, cy.',
      without: 'guessed from EXIF or a usual lens',
    },
    {
      id: 'start',
      title: 'Start pose',
      help: '4 × 4 numbers, JSON, or a BOP results file: object to camera, mm.',
      without: 'guessed from the mask',
    },
  ],
  scenePart: settings => ({
    frame: Number(settings.frame),
    views: Number(settings.views),
    others: settings.occluders === 'draw' ? 'wanted' : 'unwanted',
    objectId: settings.object === undefined ? undefined : Number(settings.object),
    label: settings.label === undefined ? undefined : Number(settings.label),
    unitMillimetres: settings.unitMillimetres === undefined ? undefined : Number(settings.unitMillimetres),
  }),
  refinable: createRefinableModel,
  async inspect(input, settings) {
    const subject = await subjectOf(input, settings, 0);
    const derived = { ...subject.start.values, object: subject.object.model.objectId };
    return { ...findingsOf(subject), derived };
  },
  exportContent:
    'cam_from_object, object_from_cam: float32 [4, 4] row-major, OpenCV axes, millimetres. overlay: the model drawn over the photo. Beside them: poses.csv (BOP results), pose.json, covariance.json (degrees, millimetres), members.csv, and scene.glb (metres, y up) with photo, object and camera.',
  settings: [
    {
      name: 'method',
      title: 'Method',
      type: 'choice',
      default: 'polish',
      choices: ['polish', 'descent', 'diffdope'],
      choiceTitles: { polish: 'Descent, then polish', descent: 'Descent alone', diffdope: 'As published' },
      live: 'fixed',
      group: 'Method',
      level: 'basic',
      help: 'polish: a short descent of all members, then Levenberg-Marquardt steps of fewer and fewer; the loss shown is that of mask and depth at no scale, so that its stages compare. descent: the chosen optimizer alone, from coarse to fine scales, to watch and to tune. diffdope: the published recipe (Tremblay et al. 2023), to compare with.',
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
      choiceTitles: { ignore: 'Left out', draw: 'Drawn in front' },
      live: 'fixed',
      group: 'Data',
      help: 'draw: the other objects of the frame hide this one, at the poses that the scene has for them. Where a label picture names them this is known anyway.',
    },
    {
      name: 'label',
      title: 'Label',
      type: 'integer',
      default: undefined,
      minimum: 0,
      maximum: 65535,
      live: 'fixed',
      group: 'Data',
      help: 'Value of the object in the mask, where that is a label picture. Default: whatever is not zero.',
    },
    {
      name: 'unitMillimetres',
      title: 'Mesh unit',
      type: 'number',
      default: undefined,
      minimum: 1e-6,
      maximum: 1e6,
      live: 'fixed',
      group: 'Data',
      unit: 'mm',
      scale: 'log',
      help: 'Millimetres per unit of the mesh (of a scene: of all its lengths), where the files name none. Default: guessed from mask and distance, and said.',
    },
    ...startSettings,
    fixedNumber('startTurn', 'Turn of the start', 180, '°', 'Turns the start away, about a random axis by the seed.'),
    fixedNumber(
      'startShift',
      'Shift of the start',
      1000,
      'mm',
      'Moves the start away, in a random direction by the seed.',
    ),
    {
      name: 'size',
      title: 'Crop size',
      type: 'choice',
      default: String(descentSettings.size),
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
      descentSettings.silhouetteScale,
      [0.5, 32],
      'Loss',
      'Pixels over which the force on the border rises at the first iteration; it falls to 0.3 of that at the last (of descent; polish goes from 7 to 1).',
    ),
    liveSetting(
      'depthScale',
      'Depth scale',
      descentSettings.depthScale,
      [0.001, 1],
      'Loss',
      'In diameters, at the first iteration; it falls as the silhouette scale does. Residuals well above it count as outliers (of descent; polish goes from 0.05 to 0.015).',
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
      default: descentSettings.passes,
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
  optimizer: descentOptimizer.id,
  samples: [
    sample('box', 'Box on a table', 2, 'A box is found from mask and depth to a fraction of a millimetre.'),
    sample(
      'can',
      'Can on a table',
      1,
      'A can looks the same from all sides but for its label: its turn about the axis stays open.',
    ),
    sample(
      'bowl',
      'Bowl under a pencil',
      3,
      'A bowl is the same all around its axis: errors are to the nearest equal pose (ADD-S), its turn stays open.',
    ),
    sample('screw', 'Screw, partly hidden', 4, 'What hides an object is told by its depth and pulls at nothing.'),
  ],
  // ADD-S comes first, which only objects have that look the same in several poses.
  figures: ['addSMillimetres', 'addMillimetres', 'rotationDegrees', 'translationMillimetres'],
  captions: { verdict: verdictCaptions },
  async load(input, members, context) {
    const [shared] = members;
    const subject = await subjectOf(input, shared, context.seed);
    const { frame, object, start, report, symmetries } = subject;
    requireStartable(report);
    requireWeights(members);
    context.note?.(`Start: ${start.source}.`);
    const findings = findingsOf(subject);
    for (const warning of findings.warnings) context.note?.(warning);
    const task = {
      ...{ scene: input.scene!, frame, objectId: object.model.objectId, start: start.camFromObject },
      ...{ views: Number(shared.views), drawsOccluders: shared.occluders === 'draw', symmetries },
    };
    const problem = await loadPose(task, members, context);
    const derived = { ...start.values, object: object.model.objectId };
    return {
      ...problem,
      summary: { ...problem.summary, ...figuresOf(report) },
      report: findings,
      members: problem.members.map(member => ({ ...member, derived: { ...member.derived, ...derived } })),
    };
  },
};

/** Throws a LabError of code 'setting' for a member whose loss is nothing. */
function requireWeights(members: readonly SettingValues[]): void {
  const idle = members.find(({ method, maskWeight, depthWeight, colourWeight }) => {
    const terms = [maskWeight, depthWeight, ...(method === 'descent' ? [colourWeight] : [])];
    return terms.every(weight => Number(weight) === 0);
  });
  if (idle === undefined) return;
  throw new LabError({
    code: 'setting',
    message: 'The weights of mask and depth are both 0, so there is nothing to fit.',
    where: 'setting maskWeight',
    tip: 'Give one of them a weight, such as maskWeight=1.',
  });
}

/** What a report measured, for the summary of a run. */
function figuresOf({ warnings: _said, ...figures }: UnitsReport): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}
