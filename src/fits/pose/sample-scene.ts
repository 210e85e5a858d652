// The sample of the pose fit: a can, a box, a bowl and a screw on a table, with clutter and an occluder, photographed from
// several places with noise and depth holes. The true poses are exact. Pure, any process.
import type { FramePixels, LoadedPoseScene, PoseModel, SceneFrame, SceneObject } from '../../formats/pose-scene.ts';
import type { Camera } from '../../geometry/camera.ts';
import { meshDiameter } from '../../geometry/mesh-report.ts';
import { blobMesh, boxMesh, cylinderMesh } from '../../geometry/primitives.ts';
import {
  type CamFromWorld,
  compose,
  invert,
  rigid,
  transformPoints,
  type WorldFromCam,
  type WorldFromObject,
} from '../../geometry/rigid.ts';
import {
  expSo3,
  multiplyRotations,
  type Rotation,
  rotate,
  rotationAbout,
  transposed,
} from '../../geometry/rotation.ts';
import { createRandom, type RandomSource } from '../../numerics/random.ts';
import { type Body, photograph } from './photograph.ts';
import { bowlModel, boxModel, canModel, coloured, screwModel, tableBody } from './sample-models.ts';

export interface SampleSceneSettings {
  /** Pictures, from places on an arc before the table. */
  readonly frames: number;
  readonly seed: number;
  /** Pixels; the height is three quarters of it. */
  readonly width: number;
}

const millimetresPerDepthStep = 0.1;
const degrees = Math.PI / 180;

type Placed = Omit<Body, 'camFromObject'> & { readonly worldFromObject: WorldFromObject };

/** The scene as if it had been read from a BOP folder; the same for the same settings. */
export function makeSampleScene({ frames, seed, width }: SampleSceneSettings): LoadedPoseScene {
  const models = [canModel(1), boxModel(2), bowlModel(3), screwModel(4)];
  const placements: readonly WorldFromObject[] = [
    standing(models[0], -95, 45, rotationAbout([0, 0, 1], 35 * degrees)),
    standing(models[1], 70, 65, rotationAbout([0, 0, 1], -25 * degrees)),
    standing(models[2], -60, -75, rotationAbout([0, 0, 1], 10 * degrees)),
    // On its side, resting on the large wing.
    standing(
      models[3],
      75,
      -70,
      multiplyRotations(
        rotationAbout([0, 0, 1], 40 * degrees),
        multiplyRotations(expSo3([0, 1.35, 0]), expSo3([0, 0, 0.9])),
      ),
    ),
  ];
  const objects = models.map((model, i): Placed => ({ ...model, worldFromObject: placements[i] }));
  const bodies = [...objects, ...surroundings()];
  const camera: Camera = {
    width,
    height: (width * 3) / 4,
    fx: 1.15 * width,
    fy: 1.15 * width,
    cx: width / 2,
    cy: (width * 3) / 8,
  };
  const shots = Array.from({ length: frames }, (_, imageId) =>
    takePicture(imageId, frames, seed, camera, models, bodies),
  );
  return {
    scene: {
      name: 'desk',
      sceneId: 1,
      unit: 'millimetres',
      objects: models.map(describeObject),
      frames: shots.map(({ frame }) => frame),
      notes: [],
    },
    models: new Map(models.map(model => [model.objectId, model])),
    pixels: shots.map(({ pixels }) => pixels),
  };
}

/** What was made last: a scene to fit and a small one for sketches. */
const kept = new Map<string, LoadedPoseScene>();
const MOST_KEPT = 2;

/** As makeSampleScene, which takes a second: the two scenes used last are kept, for reading only. */
export function sharedSampleScene(settings: SampleSceneSettings): LoadedPoseScene {
  const key = `${settings.frames} ${settings.seed} ${settings.width}`;
  const scene = kept.get(key) ?? makeSampleScene(settings);
  // A map lists keys in the order of their insertion: the first one is out of use longest.
  kept.delete(key);
  kept.set(key, scene);
  for (const oldest of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(oldest);
  return scene;
}

/** The same pictures with one object to fit; what hides it stays in the picture. */
export function onlyObject(loaded: LoadedPoseScene, objectId: number): LoadedPoseScene {
  const { scene, models, pixels } = loaded;
  return {
    scene: {
      ...scene,
      objects: scene.objects.filter(object => object.objectId === objectId),
      frames: scene.frames.map(frame => ({
        ...frame,
        instances: frame.instances.filter(instance => instance.objectId === objectId),
      })),
    },
    models: new Map([...models].filter(([id]) => id === objectId)),
    pixels: pixels.map((frame, i) => ({
      ...frame,
      masks: frame.masks.filter((_, k) => scene.frames[i].instances[k].objectId === objectId),
    })),
  };
}

function describeObject({ objectId, name, mesh }: PoseModel): SceneObject {
  return {
    objectId,
    name,
    meshFile: `models/obj_${pad(objectId)}.ply`,
    textureFile: undefined,
    textureOrigin: undefined,
    millimetresPerMeshUnit: 1,
    diameterMillimetres: meshDiameter(mesh),
    symmetries: [],
    symmetryAxes: name === 'bowl' ? [{ direction: Float64Array.of(0, 0, 1), point: Float64Array.of(0, 0, 0) }] : [],
  };
}

/** Turned, put at (x, y) and lifted until its lowest vertex rests on the table. */
function standing({ mesh }: { readonly mesh: Body['mesh'] }, x: number, y: number, turn: Rotation): WorldFromObject {
  const turned = transformPoints(rigid<'world', 'object'>(turn, new Float64Array(3)), mesh.positions);
  let lowest = Infinity;
  for (let i = 2; i < turned.length; i += 3) lowest = Math.min(lowest, turned[i]);
  return rigid(turn, Float64Array.of(x, y, -lowest));
}

/** Table, clutter behind and between, and in front a post before the box, a pencil across the bowl, chalk across the screw. */
function surroundings(): Placed[] {
  const upright = rotationAbout([0, 0, 1], 0.3);
  const bodies: readonly (readonly [Body['mesh'], WorldFromObject])[] = [
    at(coloured(boxMesh(190, 130, 28), [0.35, 0.2, 0.25]), 175, 190, 14, upright),
    at(coloured(boxMesh(180, 120, 20), [0.75, 0.7, 0.55]), 180, 185, 38, rotationAbout([0, 0, 1], 0.1)),
    at(coloured(cylinderMesh(40, 95, 48, 2), [0.3, 0.45, 0.4]), -190, 150, 47.5, upright),
    at(coloured(blobMesh(36, 0.25, 32, 16), [0.7, 0.5, 0.2]), -20, 165, 36, upright),
    at(coloured(boxMesh(46, 46, 46), [0.5, 0.5, 0.55]), -170, -30, 23, rotationAbout([0, 0, 1], 0.7)),
    at(coloured(boxMesh(13, 13, 120), [0.2, 0.22, 0.25]), 40, -5, 60, upright),
    at(
      coloured(cylinderMesh(3.6, 175, 12, 1), [0.85, 0.65, 0.1]),
      -50,
      -80,
      66,
      multiplyRotations(rotationAbout([0, 0, 1], 0.5), expSo3([0, Math.PI / 2, 0])),
    ),
    at(
      coloured(cylinderMesh(4.5, 60, 16, 1), [0.9, 0.9, 0.92]),
      72,
      -78,
      25,
      multiplyRotations(rotationAbout([0, 0, 1], 2.0), expSo3([0, 1.25, 0])),
    ),
  ];
  const table = tableBody();
  return [
    { ...table, worldFromObject: rigid(rotationAbout([0, 0, 1], 0.2), new Float64Array(3)) },
    ...bodies.map(([mesh, worldFromObject]) => ({ mesh, worldFromObject })),
  ];
}

function at(mesh: Body['mesh'], x: number, y: number, z: number, turn: Rotation): [Body['mesh'], WorldFromObject] {
  return [mesh, rigid(turn, Float64Array.of(x, y, z))];
}

function takePicture(
  imageId: number,
  frames: number,
  seed: number,
  camera: Camera,
  models: readonly PoseModel[],
  placed: readonly Placed[],
): { readonly frame: SceneFrame; readonly pixels: FramePixels } {
  const random = createRandom(seed, `sample frame ${imageId}`);
  const along = frames === 1 ? 0.5 : imageId / (frames - 1);
  const azimuth = (-40 + 80 * along + 4 * random.normal()) * degrees;
  const elevation = (34 + 12 * random.uniform()) * degrees;
  const distance = 520 + 80 * random.uniform();
  const worldFromCam = lookAt(
    [
      distance * Math.sin(azimuth) * Math.cos(elevation),
      -distance * Math.cos(azimuth) * Math.cos(elevation),
      distance * Math.sin(elevation),
    ],
    [12 * random.normal(), 12 * random.normal(), 35],
  );
  const camFromWorld: CamFromWorld = invert(worldFromCam);
  const bodies = placed.map(({ mesh, texture, worldFromObject }) => ({
    mesh,
    texture,
    camFromObject: compose(camFromWorld, worldFromObject),
  }));
  const light = rotate(camFromWorld.rotation, [-0.5, -0.35, 0.8]);
  const picture = photograph(camera, bodies, { samples: 3, light: [...light], background: [0.55, 0.58, 0.6] });
  const masks = models.map((_, i) => Float32Array.from(picture.owner, owner => (owner === i ? 1 : 0)));
  const frame: SceneFrame = {
    imageId,
    imageFile: `rgb/${pad(imageId)}.png`,
    depthFile: `depth/${pad(imageId)}.png`,
    millimetresPerDepthStep,
    labelFile: undefined,
    camera,
    worldFromCam,
    instances: models.map(({ objectId }, i) => ({
      objectId,
      label: undefined,
      maskFile: `mask_visib/${pad(imageId)}_${pad(i)}.png`,
      camFromObject: bodies[i].camFromObject,
      visibleShare: visibleShare(camera, bodies[i], masks[i]),
    })),
  };
  const pixels: FramePixels = {
    camera,
    image: withSensorNoise(picture.colours, random),
    depthMillimetres: withDepthFaults(camera, picture.depthMillimetres, picture.facing, random),
    masks,
    labels: undefined,
  };
  return { frame, pixels };
}

/** Visible pixels over those it would have alone. */
function visibleShare(camera: Camera, body: Body, mask: Float32Array): number {
  const alone = photograph(camera, [body], { samples: 1 }).owner.reduce((sum, owner) => sum + (owner === 0 ? 1 : 0), 0);
  return alone === 0 ? 0 : mask.reduce((sum, value) => sum + value, 0) / alone;
}

/** A gain and an offset per channel, noise that grows with the light, 8 bits. */
function withSensorNoise(colours: Float32Array, random: RandomSource): Float32Array {
  const gain = [1.03, 1, 0.94];
  return colours.map((value, i) => {
    // The sum of two uniforms is normal enough here, and takes a third of the time.
    const noise = Math.sqrt(6) * (random.uniform() + random.uniform() - 1);
    const noisy = 0.01 + gain[i % 3] * value + (0.006 + 0.012 * Math.sqrt(value)) * noise;
    return Math.round(255 * Math.min(1, Math.max(0, noisy))) / 255;
  });
}

/** As a depth camera fails: noise that grows with distance squared, nothing at edges, at grazing surfaces and in spots. */
function withDepthFaults(
  { width, height }: Camera,
  depth: Float32Array,
  facing: Float32Array,
  random: RandomSource,
): Float32Array {
  const out = depth.map((z, i) => {
    if (z === 0) return 0;
    const noisy = z + 2.5e-6 * z * z * random.normal();
    const isLost = random.uniform() < (facing[i] < 0.2 ? 0.8 : 0.004);
    return isLost || isEdge(i, z) ? 0 : Math.round(noisy / millimetresPerDepthStep) * millimetresPerDepthStep;
  });
  for (let spot = 0; spot < (width * height) / 30000; spot++) {
    const [x, y] = [random.uniform() * width, random.uniform() * height];
    const radius = (0.004 + 0.01 * random.uniform()) * width;
    for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
      for (let column = Math.max(0, Math.ceil(x - radius)); column < Math.min(width, x + radius); column++) {
        if ((column - x) ** 2 + (row - y) ** 2 < radius * radius) out[row * width + column] = 0;
      }
    }
  }
  return out;

  function isEdge(i: number, z: number): boolean {
    const column = i % width;
    const neighbours = [column > 0 ? i - 1 : i, column < width - 1 ? i + 1 : i, i - width, i + width];
    const jump = neighbours.some(k => k >= 0 && k < depth.length && Math.abs(depth[k] - z) > 15);
    return jump && random.uniform() < 0.7;
  }
}

/** A camera at `eye` that looks at `target`, world z up. */
function lookAt(eye: readonly number[], target: readonly number[]): WorldFromCam {
  const forward = unit(target.map((value, k) => value - eye[k]));
  const right = unit([forward[1], -forward[0], 0]);
  const down = [
    forward[1] * right[2] - forward[2] * right[1],
    forward[2] * right[0] - forward[0] * right[2],
    forward[0] * right[1] - forward[1] * right[0],
  ];
  return rigid(transposed(Float64Array.of(...right, ...down, ...forward)), Float64Array.from(eye));
}

function unit(v: readonly number[]): number[] {
  const length = Math.hypot(...v);
  return v.map(value => value / length);
}

function pad(id: number): string {
  return String(id).padStart(6, '0');
}
