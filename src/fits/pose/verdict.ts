// What a refinement came to, in words: one word with a caption, and what there is to say with numbers. Pure, any process.

import { nearestEquivalent } from '../../geometry/pose-metrics.ts';
import type { CamFromObject } from '../../geometry/rigid.ts';
import { angleBetween, radiansPerDegree } from '../../geometry/rotation.ts';
import { isSymmetric, type Symmetries } from '../../geometry/symmetry.ts';
import type { RenderMesh } from '../../ops/rasterise/render-mesh.ts';
import type { PoseCovariance } from './covariance.ts';
import { centredPose, poseDistance, tangentUnits } from './pose-steps.ts';
import type { Visibility } from './visibility.ts';

/** A member at the end. */
export interface PoseCandidate {
  readonly member: number;
  readonly pose: CamFromObject;
  /** Mask L1 over mask area + mean capped depth difference. */
  readonly score: number;
}

/** Members that came to the same pose. */
export interface PoseCluster {
  /** The best of them. */
  readonly pose: CamFromObject;
  readonly score: number;
  readonly members: readonly number[];
}

export const verdictCaptions = {
  clear: 'One pose explains the picture better than all others that were tried.',
  symmetric: 'The shape looks the same in several poses: which of them it is, mask and depth cannot tell.',
  ambiguous:
    'Poses that are far apart explain the picture equally well: another view, depth or a better start decides.',
  uncertain: 'The pose is the best one, but the picture holds some of its directions only loosely.',
  unfinished: 'The loss falls on from here: give it more passes, or polish it.',
  beaten: 'Another member explains the picture better.',
  unexplained:
    'The best pose does not agree with the mask or with the depth: check mesh, units, mask, depth and camera, or give a nearer start.',
} as const;
export type VerdictWord = keyof typeof verdictCaptions;

export interface Verdict {
  readonly word: VerdictWord;
  /** In the order of their weight, each a phrase without a full stop; may be empty. */
  readonly findings: readonly string[];
}

export interface VerdictInput {
  readonly mesh: RenderMesh;
  readonly symmetries: Symmetries;
  readonly start: CamFromObject;
  /** Of `clusterPoses`, the result first. */
  readonly clusters: readonly PoseCluster[];
  readonly visibility: Visibility;
  readonly covariance: PoseCovariance | undefined;
  /** Where the loss has its least nearby, if that is too far from the result for a covariance. */
  readonly leastAt: CamFromObject | undefined;
}

/** Unitless steps within which poses are the same: about a twentieth of the diameter. */
const sameWithin = 0.06;
const leastOverlap = 0.7;
const leastAgreement = 0.5;

/** Groups of poses, best first. */
export function clusterPoses(candidates: readonly PoseCandidate[], mesh: RenderMesh): PoseCluster[] {
  const ranked = [...candidates].sort((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : a.member - b.member));
  const clusters: { pose: CamFromObject; score: number; members: number[] }[] = [];
  for (const { member, pose, score } of ranked) {
    const known = clusters.find(cluster => distance(cluster.pose, pose, mesh) < sameWithin);
    if (known !== undefined) known.members.push(member);
    else clusters.push({ pose, score, members: [member] });
  }
  return clusters;
}

/**
 * Whether a cluster explains the picture as well as the best: within 2 %, and what counting pixels leaves open. Depth that
 * is off everywhere makes a floor under all scores, so that a larger share of them would say nothing.
 */
export function fitsAsWell({ score }: PoseCluster, best: PoseCluster): boolean {
  return score <= 1.02 * best.score + 0.003;
}

/** Whether mask and depth are those of the pose, at least by and large. */
export function isExplained({ overlap, depthAgreement = 1 }: Visibility): boolean {
  return overlap >= leastOverlap && depthAgreement >= leastAgreement;
}

export function judgePose(input: VerdictInput): Verdict {
  const { mesh, symmetries, start, clusters, visibility, covariance, leastAt } = input;
  const { overlap, depthAgreement = 1 } = visibility;
  const [best] = clusters;
  const { symmetryAxes } = symmetries;
  const rivals = clusters.slice(1).filter(cluster => fitsAsWell(cluster, best));
  const isTurn = ({ pose }: PoseCluster) => {
    const equal = nearestEquivalent(pose, best.pose, symmetries);
    return distance(equal, pose, mesh) < sameWithin;
  };
  const others = rivals.filter(rival => !isTurn(rival));
  const explained = isExplained(visibility);
  const loose = covariance === undefined ? [] : looseDirections(covariance, mesh);
  const findings = [
    ...(overlap < leastOverlap ? [`no member explains the mask: overlap ${percent(overlap)}`] : []),
    ...(depthAgreement < leastAgreement ? [`the depth agrees at ${percent(depthAgreement)} of its pixels only`] : []),
    ...(explained && leastAt !== undefined ? [`the least loss is ${wayBetween(best.pose, leastAt, mesh)} away`] : []),
    ...(distance(start, best.pose, mesh) < 1e-3 ? ['it stands where it started'] : []),
    ...(others.length > 0 && explained ? [rivalry(best, others)] : []),
    ...(symmetryAxes.length > 1 ? ['every turn is open'] : []),
    ...(symmetryAxes.length === 1 ? ["the turn about the object's axis is open"] : []),
    ...(symmetryAxes.length === 0 && symmetries.symmetries.length > 0
      ? [`${symmetries.symmetries.length + 1} poses look the same`]
      : []),
    ...(explained ? loose : []),
    ...(visibility.hiddenShare > 0.1 ? [`hidden to ${percent(visibility.hiddenShare)}`] : []),
  ];
  const word = !explained
    ? 'unexplained'
    : leastAt !== undefined
      ? 'unfinished'
      : others.length > 0
        ? 'ambiguous'
        : isSymmetric(symmetries)
          ? 'symmetric'
          : loose.length > 0
            ? 'uncertain'
            : 'clear';
  return { word, findings };
}

function rivalry(best: PoseCluster, others: readonly PoseCluster[]): string {
  const degrees = others.map(({ pose }) => angleBetween(pose.rotation, best.pose.rotation) / radiansPerDegree);
  const least = Math.min(...degrees);
  const most = Math.max(...degrees);
  const apart =
    Math.round(least) === Math.round(most) ? `${Math.round(most)}°` : `${Math.round(least)} to ${Math.round(most)}°`;
  if (most >= 3) return `${countOf(others.length + 1)} poses ${apart} apart fit equally well`;
  const [{ pose }] = others;
  const way = Math.hypot(...pose.translation.map((value, k) => value - best.pose.translation[k]));
  return `${countOf(others.length + 1)} poses ${way.toPrecision(2)} mm apart fit equally well`;
}

/** Standard deviations of more than a twentieth of the diameter. */
function looseDirections(covariance: PoseCovariance, mesh: RenderMesh): string[] {
  const { rotationDegrees, alongMillimetres, acrossMillimetres } = covariance;
  const most = 0.05;
  const { turn, shift } = tangentUnits(mesh);
  return [
    ...(rotationDegrees * radiansPerDegree > most * turn
      ? [`its rotation is known to ${rotationDegrees.toPrecision(2)}°`]
      : []),
    ...(alongMillimetres > most * shift ? [`its distance is known to ${alongMillimetres.toPrecision(2)} mm`] : []),
    ...(acrossMillimetres > most * shift
      ? [`its place across the view is known to ${acrossMillimetres.toPrecision(2)} mm`]
      : []),
  ];
}

function distance(a: CamFromObject, b: CamFromObject, mesh: RenderMesh): number {
  return poseDistance(centredPose(a, mesh), centredPose(b, mesh), mesh);
}

function wayBetween(a: CamFromObject, b: CamFromObject, mesh: RenderMesh): string {
  const [from, to] = [centredPose(a, mesh), centredPose(b, mesh)];
  const degrees = angleBetween(a.rotation, b.rotation) / radiansPerDegree;
  return `${degrees.toPrecision(2)}° and ${Math.hypot(...[3, 7, 11].map(k => to[k] - from[k])).toPrecision(2)} mm`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function countOf(count: number): string {
  return ['', '', 'two', 'three', 'four', 'five', 'six'][count] ?? String(count);
}
