// A pose as the engine descends it: 6 numbers for each member about its own start, a rotation vector in camera axes and a
// translation, unitless. In `descent` the run's optimizer moves them; in `polish` the problem does, stage by stage, with
// the members that fall behind leaving the run.

import type { LoadedPoseScene } from '../../formats/pose-scene.ts';
import { decimateMesh } from '../../geometry/decimate.ts';
import { createPoseRuler, poseErrors } from '../../geometry/pose-metrics.ts';
import { type CamFromObject, invert, matrix4x4 } from '../../geometry/rigid.ts';
import { logSo3 } from '../../geometry/rotation.ts';
import { createPoseRenderer, type PoseRenderer, uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import type { PoseTerms, TermSettings } from '../../ops/rasterise/pose-terms.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { Evaluation, EvaluationRequest, HyperValues, LoadContext, Problem, SettingValues } from '../fit.ts';
import { cutCrop, type PoseObservation } from './crop.ts';
import {
  type CentredPose,
  capped,
  centredPose,
  dampedStep,
  movePose,
  poseOf,
  tangentUnits,
  unitlessGradient,
  unitlessHessian,
} from './pose-steps.ts';
import { createPoseViews, viewSize } from './pose-views.ts';
import { mapsAround, type PoseMeshes, polishSettings, type Stage, startMembers } from './refine.ts';

export interface PoseTask {
  readonly scene: LoadedPoseScene;
  readonly frame: number;
  readonly objectId: number;
  /** Undefined only where the frame has no such object, which is said first. */
  readonly start: CamFromObject | undefined;
}

const termNames = ['mask', 'depth', 'score'] as const;
/** Kept beside the six numbers in `polish`: iteration, lambda, loss and values kept, best score of the stage, H, gradient. */
const State = { iteration: 0, lambda: 1, loss: 2, best: 3, kept: 4, gradient: 10, hessian: 16, size: 52 };

/** Loads one object of one frame on the device, with its members. Throws `input` errors that name what is missing. */
export async function loadPose(
  task: PoseTask,
  members: readonly SettingValues[],
  { device, seed }: LoadContext,
): Promise<Problem> {
  const [shared] = members;
  const polishes = shared.method === 'polish';
  const { model, observation, truth, image } = observationOf(task);
  const full = prepareMesh(model.mesh, model.name);
  const reducedMesh = (await decimateMesh(model.mesh, 3000)).mesh;
  const meshes: PoseMeshes = {
    full: uploadMesh(device, full),
    reduced: uploadMesh(device, prepareMesh(reducedMesh, model.name, full)),
  };
  const start = task.start as CamFromObject;
  const { maps, rectangle } = mapsAround(observation, full, start);
  const renderers = new Map<string, PoseRenderer>();
  const rendererOf = ({ size, mesh }: Pick<Stage, 'size' | 'mesh'>): PoseRenderer => {
    const key = `${mesh} ${size}`;
    const known = renderers.get(key);
    if (known !== undefined) return known;
    const crop = cutCrop(maps, rectangle, size, 0.02 * full.diameter);
    const renderer = createPoseRenderer(device, meshes[mesh], crop, members.length);
    renderers.set(key, renderer);
    return renderer;
  };
  const starts = startMembers(start, full, {
    members: members.length,
    copies: Math.min(members.length, Math.max(1, Math.round(members.length / 4))),
    turns: polishSettings.turns,
    rates: polishes ? polishSettings.rates : [0.003, 0.1],
    seed,
  });
  const blocks = starts.map(() => ({
    pose: new Float32Array(6),
    gradients: new Float32Array(6),
    state: Float32Array.from({ length: State.size }, (_, i) =>
      i === State.lambda ? 1e-3 : i === State.loss || i === State.best ? Infinity : 0,
    ),
  }));
  const poseAt = (member: number, values: ArrayLike<number> = blocks[member].pose): CentredPose =>
    movePose(starts[member].pose, values, full);
  const stages = stagesOf(shared);
  const total = stages.reduce((sum, { passes }) => sum + passes, 0);
  const views = createPoseViews({
    ...{ image, observation, mesh: model.mesh, rectangle },
    crop: cutCrop(maps, rectangle, viewSize, 0.02 * full.diameter),
    draw: drawOnce(pose => rendererOf({ size: viewSize, mesh: 'full' }).draw(centredPose(pose, full))),
  });
  const ruler = createPoseRuler(model.mesh.positions, full.diameter);
  const overlay = (member: number): CamFromObject => poseOf(poseAt(member), full);

  return {
    members: starts.map(({ rate }, m) => ({
      label: labelOf(m, members.length),
      blocks: polishes
        ? [
            { name: 'pose', group: 'pose', values: blocks[m].pose, gradients: undefined },
            { name: 'state', group: 'pose', values: blocks[m].state, gradients: undefined },
          ]
        : [{ name: 'pose', group: 'pose', values: blocks[m].pose, gradients: blocks[m].gradients }],
      hyperDefaults: { learningRate: rate },
      rateScale: 1,
      maximumIterations: polishes ? total : Number(members[m].iterations),
    })),
    summary: {
      title: `${model.name}, frame ${task.frame}, ${members.length} members, ${observation.depth ? 'mask and depth' : 'mask'}`,
      object: model.name,
      diameterMillimetres: full.diameter,
      triangles: full.triangles.length / 3,
      cropPixels: rectangle.width,
    },
    terms: termNames,
    validationEvery: 1,
    evaluate(requests) {
      return polishes ? evaluatePolish(requests) : evaluateDescent(requests);
    },
    advance(member) {
      const { pose, state } = blocks[member];
      const stage = stageAt(stages, state[State.iteration]).stage;
      const kept = state.subarray(State.kept, State.kept + 6);
      const gradient = Float64Array.from(state.subarray(State.gradient, State.gradient + 6));
      const hessian = Float64Array.from(state.subarray(State.hessian, State.hessian + 36));
      const step =
        stage.kind === 'second-order'
          ? capped(dampedStep(hessian, gradient, state[State.lambda]), 0.15)
          : capped(
              gradient.map(value => -value * state[State.lambda]),
              polishSettings.stepCap,
            );
      pose.set(chained(kept, step, member));
      state[State.iteration]++;
    },
    measure(member) {
      const pose = overlay(member);
      const placed = { z: pose.translation[2], x: pose.translation[0], y: pose.translation[1] };
      if (truth === undefined) return placed;
      const errors = poseErrors(ruler, pose, truth);
      return {
        addMillimetres: errors.addMillimetres,
        addSMillimetres: errors.addSMillimetres,
        rotationDegrees: errors.rotationDegrees,
        translationMillimetres: errors.translationMillimetres,
        ...placed,
      };
    },
    views: views.descriptions,
    view: (id, member) => views.data(id, overlay(member)),
    exports(member) {
      const pose = overlay(member);
      const picture = views.data('overlay', pose).values;
      return [
        { name: 'cam_from_object', shape: [4, 4], values: Float32Array.from(matrix4x4(pose)) },
        { name: 'object_from_cam', shape: [4, 4], values: Float32Array.from(matrix4x4(invert(pose))) },
        {
          name: 'overlay',
          shape: picture.shape.slice(1),
          values: picture.values as Float32Array,
          picture: { first: 'rows', offset: 0, range: 1, bits: 8 },
        },
      ];
    },
    dispose() {
      for (const renderer of renderers.values()) renderer.dispose();
      meshes.full.dispose();
      meshes.reduced.dispose();
    },
  };

  /** Six numbers of `kept` followed by a step in camera axes: the product of their rotations, as one vector again. */
  function chained(kept: ArrayLike<number>, step: Float64Array, member: number): Float64Array {
    return stepBetween(starts[member].pose, movePose(poseAt(member, kept), step, full));
  }

  function stepBetween(from: CentredPose, to: CentredPose): Float64Array {
    const { turn, shift } = tangentUnits(full);
    const rotation = new Float64Array(9);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 3; j++) {
        for (let k = 0; k < 3; k++) rotation[3 * i + j] += to[4 * i + k] * from[4 * j + k];
      }
    }
    const omega = logSo3(rotation);
    return Float64Array.of(...omega.map(value => value / turn), ...[3, 7, 11].map(k => (to[k] - from[k]) / shift));
  }

  /** Evaluates members that share `settings` together, in the order of `requests`. */
  function evaluateTogether(
    requests: readonly EvaluationRequest[],
    renderer: PoseRenderer,
    settingsOf: (hyper: HyperValues) => TermSettings,
  ): PoseTerms[] {
    const groups = new Map<string, { settings: TermSettings; places: number[] }>();
    requests.forEach(({ hyper }, place) => {
      const settings = settingsOf(hyper);
      const key = JSON.stringify(settings);
      const group = groups.get(key) ?? { settings, places: [] };
      group.places.push(place);
      groups.set(key, group);
    });
    const all: PoseTerms[] = new Array(requests.length);
    for (const { settings, places } of groups.values()) {
      const poses = new Float64Array(12 * places.length);
      places.forEach((place, p) => {
        poses.set(poseAt(requests[place].member), 12 * p);
      });
      renderer.evaluate(poses, settings).forEach((terms, p) => {
        all[places[p]] = terms;
      });
    }
    return all;
  }

  function evaluateDescent(requests: readonly EvaluationRequest[]): Evaluation[] {
    const renderer = rendererOf({ size: Number(shared.size), mesh: 'full' });
    const settingsOf = (hyper: HyperValues) => termSettings('descent', hyper.silhouetteScale, hyper.depthScale, hyper);
    return evaluateTogether(requests, renderer, settingsOf).map((terms, r) => {
      const { member } = requests[r];
      blocks[member].gradients.set(throughRotation(unitlessGradient(terms.gradient, full), blocks[member].pose));
      return evaluationOf(terms);
    });
  }

  /** dL/d(rotation vector) from dL/d(left turn): the transposed left Jacobian of SO(3). */
  function throughRotation(gradient: Float64Array, values: ArrayLike<number>): Float64Array {
    const { turn } = tangentUnits(full);
    const w = [0, 1, 2].map(k => turn * values[k]);
    const angle = Math.hypot(...w);
    const a = angle < 1e-4 ? 0.5 : (1 - Math.cos(angle)) / angle ** 2;
    const b = angle < 1e-4 ? 1 / 6 : (angle - Math.sin(angle)) / angle ** 3;
    const cross = (v: readonly number[]) => [
      w[1] * v[2] - w[2] * v[1],
      w[2] * v[0] - w[0] * v[2],
      w[0] * v[1] - w[1] * v[0],
    ];
    const g = [gradient[0], gradient[1], gradient[2]];
    const once = cross(g);
    const twice = cross(once);
    return Float64Array.from(gradient, (value, k) => (k < 3 ? value - a * once[k] + b * twice[k] : value));
  }

  function evaluatePolish(requests: readonly EvaluationRequest[]): Evaluation[] {
    const { stage, pass } = stageAt(stages, blocks[requests[0].member].state[State.iteration]);
    const dropped = pass === 0 ? beyond(requests, stage.members) : new Set<number>();
    const share = stage.passes > 1 ? pass / (stage.passes - 1) : 1;
    const between = ([from, to]: readonly [number, number]) => from * (to / from) ** share;
    const settingsOf = (hyper: HyperValues) =>
      termSettings(stage.kind, between(stage.silhouetteScale), between(stage.depthScale), hyper);
    return evaluateTogether(requests, rendererOf(stage), settingsOf).map((terms, r) => {
      const { member, hyper: own } = requests[r];
      const { pose, state } = blocks[member];
      if (pass === 0) {
        state[State.best] = Infinity;
        state[State.lambda] = 1e-3;
      }
      state[State.best] = Math.min(state[State.best], terms.score);
      // Scales change from pass to pass, so a loss is compared with the one before it with some leave.
      const better = stage.kind === 'descent' || pass === 0 || terms.loss <= 1.02 * state[State.loss];
      if (better) {
        state.set(pose, State.kept);
        state.set(unitlessGradient(terms.gradient, full), State.gradient);
        state.set(unitlessHessian(terms.hessian, full), State.hessian);
        state[State.loss] = terms.loss;
        state[State.lambda] = Math.max(1e-7, state[State.lambda] / 3);
      } else state[State.lambda] *= 6;
      if (stage.kind === 'descent') state[State.lambda] = own.learningRate;
      // Scores of crops of different sizes do not compare: the best state is one of the last stage.
      const isLast = stage === stages[stages.length - 1];
      const evaluation = { ...evaluationOf(terms), ...(isLast ? {} : { validation: undefined }) };
      return dropped.has(member) ? { ...evaluation, converged: true, reason: 'left to better members' } : evaluation;
    });
  }

  /** Members that are not among the best `count`. */
  function beyond(requests: readonly EvaluationRequest[], count: number): Set<number> {
    const ranked = [...requests].sort(
      (a, b) => blocks[a.member].state[State.best] - blocks[b.member].state[State.best] || a.member - b.member,
    );
    return new Set(ranked.slice(count).map(({ member }) => member));
  }

  function termSettings(
    form: Stage['kind'],
    silhouetteScale: number,
    depthScale: number,
    hyper: EvaluationRequest['hyper'],
  ): TermSettings {
    return {
      ...{ form, silhouetteScale, maskWeight: hyper.maskWeight, depthWeight: hyper.depthWeight },
      depthScale: depthScale * full.diameter,
      scoreDepth: 0.05 * full.diameter,
      contourWeight: polishSettings.contourWeight,
      contourReach: 6 * silhouetteScale,
    };
  }
}

/** Views of one pose are asked for one after another: the last drawing is kept. */
function drawOnce<T>(draw: (pose: CamFromObject) => T): (pose: CamFromObject) => T {
  let last: { readonly key: string; readonly drawn: T } | undefined;
  return pose => {
    const key = [...pose.rotation, ...pose.translation].join();
    if (last?.key !== key) last = { key, drawn: draw(pose) };
    return last.drawn;
  };
}

function evaluationOf({ loss, mask, depth, score }: PoseTerms): Evaluation {
  return { loss, validation: score, terms: [mask, depth, score] };
}

/** Stage and pass of an iteration; beyond the end, the last pass. */
function stageAt(stages: readonly Stage[], iteration: number): { readonly stage: Stage; readonly pass: number } {
  let before = 0;
  for (const stage of stages) {
    if (iteration < before + stage.passes) return { stage, pass: iteration - before };
    before += stage.passes;
  }
  const stage = stages[stages.length - 1];
  return { stage, pass: stage.passes - 1 };
}

function labelOf(member: number, members: number): string {
  const copies = Math.min(members, Math.max(1, Math.round(members / 4)));
  const { turns } = polishSettings;
  return member < copies ? 'start' : `turned ${turns[(member - copies) % turns.length]}°`;
}

/** Iterations of `polish`. */
export const polishPasses = polishSettings.stages.reduce((sum, { passes }) => sum + passes, 0);

/** The stages of `polish`; none where the optimizer moves the members. */
function stagesOf({ method }: SettingValues): readonly Stage[] {
  return method === 'polish' ? polishSettings.stages : [];
}

function observationOf({ scene: { scene, models, pixels }, frame, objectId }: PoseTask) {
  const where = `frame ${frame}, object ${objectId}`;
  const fail = (message: string, tip: string): never => {
    throw new LabError({ code: 'input', message, where, tip });
  };
  const index = scene.frames[frame]?.instances.findIndex(instance => instance.objectId === objectId) ?? -1;
  const known = scene.frames[frame]?.instances.map(instance => instance.objectId).join(', ');
  if (index < 0) {
    fail(
      `Frame ${frame} has no object ${objectId}.`,
      known === undefined ? `Frames are numbered 0 to ${scene.frames.length - 1}.` : `It has: ${known}.`,
    );
  }
  const model = models.get(objectId) ?? fail(`Object ${objectId} has no mesh.`, 'Give one with --mesh.');
  const { camera, image, depthMillimetres: depth, masks, labels } = pixels[frame];
  const instance = scene.frames[frame].instances[index];
  const mask =
    masks[index] ??
    fail(`Frame ${frame} has no mask of object ${objectId}.`, 'Give one with --mask, or choose another frame.');
  const others = labels && Float32Array.from(labels, label => (label !== 0 && label !== instance.label ? 1 : 0));
  const observation: PoseObservation = { camera, mask, others, depth };
  return { model, observation, truth: instance.camFromObject, image };
}
