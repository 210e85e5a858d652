// How the methods move their members, on losses that are formulas of the pose: where the hold to the start brings them, who
// stays, when damping grows, and the chain rules of their parameters.

import { describe, expect, it } from 'vitest';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid, transformPoint } from '../../geometry/rigid.ts';
import { expSo3, multiplyRotations, rotationAbout, rotationFromQuatWxyz } from '../../geometry/rotation.ts';
import type { PoseTerms } from '../../ops/rasterise/pose-terms.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import type { HyperValues } from '../fit.ts';
import { runMethod } from './pose-method.ts';
import { type CentredPose, centredPose, movePose, poseDistance, stepBetween, tangentUnits } from './pose-steps.ts';
import type { PoseTarget } from './pose-target.ts';
import { createPublishedMethod, publishedSettings } from './published.ts';
import { descentOptimizer, polishSettings } from './refine.ts';
import { createStagedMethod, holdCurvature, type Stage, startPenalty } from './staged-method.ts';
import { throughRotation } from './steered-method.ts';

const box = boxMesh(60, 80, 40);
/** Its centre is not the origin of its axes. */
const mesh = prepareMesh({ ...box, positions: box.positions.map((value, i) => value + [30, -20, 50][i % 3]) });
const pose: CamFromObject = rigid(rotationAbout([0.3, 1, 0.2], 0.8), Float64Array.of(20, -10, 600));
const start = centredPose(pose, mesh);
const hyper: HyperValues = { maskWeight: 1, depthWeight: 1, colourWeight: 0, locked: 0 };

/** Answers with what `look` says of a pose; the rest is zero. Gradients and curvatures are unitless. */
function targetOf(
  look: (at: CentredPose) => { loss?: number; score?: number; gradient?: Float64Array; curvature?: number },
): PoseTarget {
  const { turn, shift } = tangentUnits(mesh);
  const unit = (k: number) => (k < 3 ? turn : shift);
  const answer = (at: CentredPose): PoseTerms => {
    const { loss = 0, score = loss, gradient = new Float64Array(6), curvature = 1e-3 } = look(at);
    const none = { mask: 0, depth: 0, colour: 0, coveredPixels: 0, differentPixels: 0, depthPixels: 0, rimSamples: 0 };
    return {
      ...{ ...none, loss, score, maskShare: score },
      gradient: gradient.map((value, k) => value / unit(k)),
      hessian: Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? curvature / unit(i / 7) ** 2 : 0)),
    };
  };
  const unused = (): never => {
    throw new Error('Methods only evaluate.');
  };
  return {
    ...{ mesh, start, hasDepth: false, views: 1, rectangle: { x: 0, y: 0, width: 64, height: 64 } },
    evaluate: (_, questions) => questions.map(question => answer(question.pose)),
    ...{ tiles: unused, crop: unused, draw: unused, dispose: () => undefined },
  };
}

const stage = (kind: Stage['kind'], members: number, passes: number): Stage => ({
  ...{ kind, members, passes, size: 64, mesh: 'full', silhouetteScale: 2, depthScale: 0.02 },
});

describe('the hold to the start', () => {
  const { startHold } = polishSettings;

  it('has the slope of what it adds to the loss, and ranks besides by the distance', () => {
    const target = targetOf(() => ({}));
    const step = Float64Array.of(0.02, -0.01, 0.03, 0.01, -0.02, 0.01);
    const length = Math.hypot(...step);
    const at = (share: number) =>
      movePose(
        start,
        step.map(value => share * value),
        mesh,
      );
    const penalty = (share: number, startWeight: number) => startPenalty(at(share), target, { startHold, startWeight });
    const slope = (penalty(1 + 1e-5, 0) - penalty(1 - 1e-5, 0)) / 2e-5 / length;
    expect(slope).toBeGreaterThan(0);
    expect(holdCurvature(startHold, length ** 2) * length).toBeCloseTo(slope, 6);
    expect(penalty(1, 0.1) - penalty(1, 0)).toBeCloseTo(0.1 * length, 9);
  });

  it('stops second-order steps where its pull and that of the picture are equal', () => {
    // The picture pulls with k (d - x) to a place d away, the hold back with w x² / (x² + s²).
    const [k, d] = [30, 0.04];
    const goal = movePose(start, [0, 0, 0, d, 0, 0], mesh);
    const target = targetOf(at => {
      const away = stepBetween(goal, at, mesh);
      return { loss: (k / 2) * Math.hypot(...away) ** 2, gradient: away.map(value => k * value), curvature: k };
    });
    const settings = { ...polishSettings, members: 1, stages: [stage('second-order', 1, 60)] };
    const method = createStagedMethod(target, settings);
    runMethod(method, hyper, descentOptimizer);
    const got = stepBetween(start, centredPose(method.poseOf(0), mesh), mesh);
    const { weight: w, scale: s } = startHold;
    const pull = (x: number) => k * (d - x) - (2 * w * s * s * x) / (x * x + s * s) ** 2;
    let [low, high] = [0, d];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (pull(middle) > 0) low = middle;
      else high = middle;
    }
    expect(low).toBeLessThan(0.7 * d);
    expect(got[3] / low).toBeCloseTo(1, 3);
  });

  it('keeps the best member near the start in the run, whatever others score', () => {
    // The further from the start, the better.
    const target = targetOf(at => ({ score: 1 / (0.1 + poseDistance(start, at, mesh)) }));
    const stages = [stage('descent', 8, 1), stage('second-order', 3, 2)];
    const method = createStagedMethod(target, { ...polishSettings, members: 8, stages });
    const answers = method.evaluate(method.members.map((_, member) => ({ member, hyper })));
    const staying = method.members.filter((_, member) => answers[member].converged !== true);
    expect(staying.length).toBe(3);
    expect(staying.map(({ label }) => label)).toEqual(['start', 'turned 40°', 'turned 40°']);
  });
});

describe('damping', () => {
  it('grows six times where a step made the loss larger, which is taken back, and falls to a third where it helped', () => {
    const losses = [5, 4, 4.5, 3];
    let look = 0;
    const target = targetOf(() => ({ loss: losses[look++], gradient: Float64Array.of(0.01, 0, 0, 0.02, 0, 0) }));
    const method = createStagedMethod(target, {
      ...{ ...polishSettings, members: 1, stages: [stage('second-order', 1, 10)] },
      startHold: { weight: 0, scale: 1 },
    });
    const [values, state] = method.members[0].blocks.map(block => block.values);
    const lambda = () => state[1];
    const lambdas: number[] = [];
    const places: number[][] = [];
    for (let pass = 0; pass < 4; pass++) {
      method.evaluate([{ member: 0, hyper }]);
      lambdas.push(lambda());
      places.push(Array.from(values));
      method.advance(0, hyper);
    }
    [1e-3, 1e-3 / 3, 2e-3, 2e-3 / 3].forEach((expected, pass) => {
      expect(lambdas[pass] / expected, `pass ${pass}`).toBeCloseTo(1, 5);
    });
    expect(places[2]).toEqual(places[1]);
    expect(places[3]).not.toEqual(places[1]);
  });
});

/** A loss that is linear in what a point of the object and the axes of its rotation are, with its slopes by hand. */
const pulled = { point: Float64Array.of(70, 40, 90), force: Float64Array.of(0.3, -0.5, 0.2) };
const lossAt = (camFromObject: CamFromObject): number =>
  transformPoint(camFromObject, pulled.point).reduce((sum, value, k) => sum + value * pulled.force[k], 0);

describe('chain rules', () => {
  it('from a left turn to the rotation vector are those of central differences, far from the identity too', () => {
    const { turn } = tangentUnits(mesh);
    const values = Float64Array.of(0.5, -0.7, 0.4, 0, 0, 0);
    const rotationAt = (v: ArrayLike<number>) =>
      multiplyRotations(expSo3([turn * v[0], turn * v[1], turn * v[2]]), pose.rotation);
    const loss = (v: ArrayLike<number>) => lossAt(rigid(rotationAt(v), pose.translation));
    expect(turn * Math.hypot(...values)).toBeGreaterThan(1);
    // A left turn by e moves the point by e x arm.
    const arm = transformPoint(rigid(rotationAt(values), new Float64Array(3)), pulled.point);
    const [f, a] = [pulled.force, arm];
    const left = [a[1] * f[2] - a[2] * f[1], a[2] * f[0] - a[0] * f[2], a[0] * f[1] - a[1] * f[0]];
    const got = throughRotation(Float64Array.of(...left.map(value => turn * value), 7, 8, 9), values, turn);
    for (let k = 0; k < 3; k++) {
      const moved = (by: number) => values.map((value, i) => (i === k ? value + by : value));
      const slope = (loss(moved(1e-6)) - loss(moved(-1e-6))) / 2e-6;
      expect(got[k]).toBeCloseTo(slope, 4);
    }
    expect([...got.slice(3)]).toEqual([7, 8, 9]);
  });

  it('from a turn about the centre to the published quaternion and translation are those of central differences', () => {
    const { turn, shift } = tangentUnits(mesh);
    const target = targetOf(at => {
      const r = Float64Array.from([0, 1, 2, 4, 5, 6, 8, 9, 10], k => at[k]);
      const arm = transformPoint(
        rigid(r, new Float64Array(3)),
        pulled.point.map((value, k) => value - mesh.centre[k]),
      );
      const f = pulled.force;
      const left = [arm[1] * f[2] - arm[2] * f[1], arm[2] * f[0] - arm[0] * f[2], arm[0] * f[1] - arm[1] * f[0]];
      return { gradient: Float64Array.of(...left.map(value => turn * value), ...f.map(value => shift * value)) };
    });
    const method = createPublishedMethod(target, { ...publishedSettings, members: 1 });
    const [values, state] = method.members[0].blocks.map(block => block.values);
    // Not of unit length: the published parameters are normalised when they are read.
    values.set([0.9, -0.5, 0.7, 0.3]);
    method.evaluate([{ member: 0, hyper }]);
    const at = Float64Array.from(values);
    const loss = (v: Float64Array) => lossAt(rigid(rotationFromQuatWxyz(v.slice(0, 4)), v.slice(4)));
    for (let k = 0; k < 7; k++) {
      const moved = (by: number) => at.map((value, i) => (i === k ? value + by : value));
      const slope = (loss(moved(1e-5)) - loss(moved(-1e-5))) / 2e-5;
      expect(Math.abs(state[1 + k] - slope), `parameter ${k}`).toBeLessThan(1e-3 * (1 + Math.abs(slope)));
    }
  });
});
