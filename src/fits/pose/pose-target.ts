// What poses of one object are compared with: one picture, or several with known cameras, cut out at any size. The terms
// of several pictures are averaged; poses, gradients and normal equations are in the camera axes of the first.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { PixelRectangle } from '../../geometry/camera.ts';
import { type CamFromObject, compose, type Rigid } from '../../geometry/rigid.ts';
import { multiplyRotations, type Rotation, rotate } from '../../geometry/rotation.ts';
import {
  createPoseRenderer,
  type DeviceMesh,
  type DrawnPoses,
  type PoseRenderer,
} from '../../ops/rasterise/pose-cpu.ts';
import type { PoseCrop, PoseTerms, PoseTiles, TermSettings, TileTerms } from '../../ops/rasterise/pose-terms.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import { cutCrop, mapsAround, type ObservationMaps, type PoseObservation } from './crop.ts';
import { type CentredPose, centredPose } from './pose-steps.ts';

/** A model in device memory: as given, and with about 3,000 triangles (the same where it has no more). */
export interface PoseMeshes {
  readonly full: DeviceMesh;
  readonly reduced: DeviceMesh;
}

/** Pixels a side of the crop of a small object; larger ones are not drawn finer than their picture. */
const leastSize = 40;

/** Pixels a side at which `rectangle` is evaluated where `size` is asked for. */
export function drawnSize(rectangle: PixelRectangle, size: number): number {
  return Math.min(size, Math.max(leastSize, rectangle.width));
}

/** How finely a pose is looked at. */
export interface PoseDetail {
  /** Pixels a side of the crop, at most. */
  readonly size: number;
  readonly mesh: keyof PoseMeshes;
}

export interface PoseQuestion {
  readonly pose: CentredPose;
  readonly settings: TermSettings;
}

export interface PoseTarget {
  readonly mesh: RenderMesh;
  readonly start: CentredPose;
  /** Whether any of the pictures has depth. */
  readonly hasDepth: boolean;
  /** Pictures, of whose terms the mean is taken. */
  readonly views: number;
  /** Square of the first picture that is compared. */
  readonly rectangle: PixelRectangle;
  /** At most as many questions as there are members. Those with the same settings are answered together. */
  evaluate(detail: PoseDetail, questions: readonly PoseQuestion[]): PoseTerms[];
  /** Where the terms of one pose come from. */
  tiles(detail: PoseDetail, question: PoseQuestion): PoseTiles;
  /** The first picture's crop. */
  crop(size: number): PoseCrop;
  /** A mesh in the first picture's crop, at poses [pose, 12], of which there are at most as many as members. */
  draw(detail: PoseDetail, poses: Float64Array): DrawnPoses;
  dispose(): void;
}

interface View {
  readonly observation: PoseObservation;
  readonly maps: ObservationMaps;
  readonly rectangle: PixelRectangle;
  /** z of the object's centre at the start. */
  readonly distance: number;
  readonly crops: Map<string, PoseCrop>;
  readonly renderers: Map<string, PoseRenderer>;
}

/** `start` is in the first picture's camera. Throws as mapsAround does, and a `memory` error for a mesh that is too large. */
export function createPoseTarget(
  device: CpuDevice,
  meshes: PoseMeshes,
  observations: readonly PoseObservation[],
  start: CamFromObject,
  members: number,
): PoseTarget {
  const { mesh } = meshes.full;
  const views = observations.map((observation): View => {
    const { camFromFirst } = observation;
    const seen = camFromFirst === undefined ? start : compose(camFromFirst, start);
    return {
      observation,
      ...mapsAround(observation, mesh, seen),
      distance: centredPose(seen, mesh)[11],
      crops: new Map(),
      renderers: new Map(),
    };
  });
  const bands = { surface: 0.02 * mesh.diameter, occluder: 0.05 * mesh.diameter };
  const cropOf = ({ maps, rectangle, crops }: View, size: number, colours: boolean): PoseCrop => {
    const key = `${size} ${colours}`;
    const crop = crops.get(key) ?? cutCrop(maps, rectangle, size, bands, colours);
    crops.set(key, crop);
    return crop;
  };
  const rendererAt = (view: View, size: number, which: keyof PoseMeshes, colours: boolean): PoseRenderer => {
    const key = `${which} ${size} ${colours}`;
    let renderer = view.renderers.get(key);
    if (renderer === undefined) {
      const crop = cropOf(view, size, colours);
      const { occluders = [] } = view.observation;
      renderer = createPoseRenderer(device, meshes[which], crop, members, {
        inverseOccluder: hiding(device, crop, occluders),
        pixelSpan: view.distance / crop.camera.fx,
      });
      view.renderers.set(key, renderer);
    }
    return renderer;
  };
  const rendererOf = (view: View, { size, mesh: which }: PoseDetail, colours: boolean): PoseRenderer =>
    rendererAt(view, drawnSize(view.rectangle, size), which, colours);
  const ask = (view: View, detail: PoseDetail, questions: readonly PoseQuestion[]): PoseTerms[] => {
    const { camFromFirst } = view.observation;
    const renderer = rendererOf(
      view,
      detail,
      questions.some(({ settings: { colourWeight = 0 } }) => colourWeight > 0),
    );
    const groups = new Map<string, { settings: TermSettings; places: number[] }>();
    questions.forEach(({ settings }, place) => {
      const key = JSON.stringify(settings);
      const group = groups.get(key) ?? { settings, places: [] };
      group.places.push(place);
      groups.set(key, group);
    });
    const answers: PoseTerms[] = new Array(questions.length);
    for (const { settings, places } of groups.values()) {
      const poses = new Float64Array(12 * places.length);
      places.forEach((place, p) => {
        const { pose } = questions[place];
        poses.set(camFromFirst === undefined ? pose : seenFrom(camFromFirst, pose), 12 * p);
      });
      renderer.evaluate(poses, settings).forEach((terms, p) => {
        answers[places[p]] = camFromFirst === undefined ? terms : turnedBack(camFromFirst.rotation, terms);
      });
    }
    return answers;
  };
  const [first] = views;
  return {
    mesh,
    start: centredPose(start, mesh),
    hasDepth: observations.some(knowsDepth),
    views: views.length,
    rectangle: first.rectangle,
    evaluate(detail, questions) {
      const answers = views.map(view => ask(view, detail, questions));
      return views.length === 1 ? answers[0] : questions.map((_, q) => meanTerms(answers.map(each => each[q])));
    },
    tiles(detail, { pose, settings }) {
      const own = views.map(view => {
        const { camFromFirst } = view.observation;
        const seen = camFromFirst === undefined ? pose : seenFrom(camFromFirst, pose);
        const tiles = rendererOf(view, detail, false).tiles(seen, settings);
        const share = (tile: TileTerms): TileTerms => {
          const { gradient, hessian } = camFromFirst === undefined ? tile : turnedBack(camFromFirst.rotation, tile);
          return {
            gradient: gradient.map(value => value / views.length),
            hessian: hessian.map(value => value / views.length),
          };
        };
        return { mask: tiles.mask.map(share), depth: tiles.depth.map(share) };
      });
      return { mask: own.flatMap(({ mask }) => mask), depth: own.flatMap(({ depth }) => depth) };
    },
    crop: size => cropOf(first, size, false),
    draw: ({ size, mesh: which }, poses) => rendererAt(first, size, which, false).draw(poses),
    dispose() {
      for (const { renderers } of views) for (const renderer of renderers.values()) renderer.dispose();
    },
  };
}

/** Whether the depth of the object is known anywhere: an image of zeros is none. */
export function knowsDepth({ depth, mask }: Pick<PoseObservation, 'depth' | 'mask'>): boolean {
  return depth?.some((z, i) => z > 0 && mask[i] > 0.5) === true;
}

/** Inverse depth [height, width] of the nearest occluder, 0 nothing; undefined without occluders. */
function hiding(
  device: CpuDevice,
  crop: PoseCrop,
  occluders: NonNullable<PoseObservation['occluders']>,
): Float32Array | undefined {
  if (occluders.length === 0) return undefined;
  const inverse = new Float32Array(crop.distance.length);
  for (const { mesh, camFromObject } of occluders) {
    const renderer = createPoseRenderer(device, mesh, crop, 1);
    renderer.draw(centredPose(camFromObject, mesh.mesh)).depth.forEach((z, i) => {
      if (z > 0) inverse[i] = Math.max(inverse[i], 1 / z);
    });
    renderer.dispose();
  }
  return inverse;
}

function seenFrom({ rotation, translation }: Rigid<'cam', 'cam'>, pose: CentredPose): CentredPose {
  const turned = multiplyRotations(
    rotation,
    Float64Array.from([0, 1, 2, 4, 5, 6, 8, 9, 10], k => pose[k]),
  );
  const at = rotate(rotation, [pose[3], pose[7], pose[11]]);
  return Float64Array.from({ length: 12 }, (_, k) => {
    const row = Math.floor(k / 4);
    return k % 4 === 3 ? at[row] + translation[row] : turned[3 * row + (k % 4)];
  });
}

/** Steps about the object's centre turn with the camera's axes, and so do gradient and normal equations. */
function turnedBack<T extends TileTerms>(r: Rotation, terms: T): T {
  // Entry (i, j) of the rotation of both halves of a step.
  const entry = (i: number, j: number) => (i < 3 === j < 3 ? r[3 * (i % 3) + (j % 3)] : 0);
  const six = [0, 1, 2, 3, 4, 5];
  const gradient = Float64Array.from(six, j => six.reduce((sum, i) => sum + entry(i, j) * terms.gradient[i], 0));
  const half = Float64Array.from({ length: 36 }, (_, at) =>
    six.reduce((sum, k) => sum + terms.hessian[6 * Math.floor(at / 6) + k] * entry(k, at % 6), 0),
  );
  const hessian = Float64Array.from({ length: 36 }, (_, at) =>
    six.reduce((sum, k) => sum + entry(k, Math.floor(at / 6)) * half[6 * k + (at % 6)], 0),
  );
  return { ...terms, gradient, hessian };
}

function meanTerms(all: readonly PoseTerms[]): PoseTerms {
  const mean = (of: (terms: PoseTerms) => number) => all.reduce((sum, terms) => sum + of(terms), 0) / all.length;
  const [{ gradient, hessian }] = all;
  return {
    loss: mean(({ loss }) => loss),
    mask: mean(({ mask }) => mask),
    depth: mean(({ depth }) => depth),
    colour: mean(({ colour }) => colour),
    score: mean(({ score }) => score),
    maskShare: mean(({ maskShare }) => maskShare),
    coveredPixels: mean(({ coveredPixels }) => coveredPixels),
    differentPixels: mean(({ differentPixels }) => differentPixels),
    depthPixels: mean(({ depthPixels }) => depthPixels),
    rimSamples: mean(({ rimSamples }) => rimSamples),
    gradient: gradient.map((_, k) => mean(terms => terms.gradient[k])),
    hessian: hessian.map((_, k) => mean(terms => terms.hessian[k])),
  };
}
