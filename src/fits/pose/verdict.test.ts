import { describe, expect, it } from 'vitest';
import { boxMesh, cylinderMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, compose, type ObjectFromObject, rigid } from '../../geometry/rigid.ts';
import { expSo3, multiplyRotations, rotationAbout } from '../../geometry/rotation.ts';
import { findSymmetries, noSymmetries } from '../../geometry/symmetry.ts';
import type { PoseCrop } from '../../ops/rasterise/pose-terms.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import { clusterPoses, judgePose, type PoseCandidate, type VerdictInput, verdictCaptions } from './verdict.ts';
import { visibilityOf } from './visibility.ts';

const mesh = prepareMesh(boxMesh(60, 80, 40));
const pose: CamFromObject = rigid(expSo3([0.4, 0.3, 0.1]), Float64Array.of(20, -10, 600));
const turned = (degrees: number): CamFromObject => {
  const half: ObjectFromObject = rigid(rotationAbout([0, 1, 0], (degrees * Math.PI) / 180), new Float64Array(3));
  return compose(pose, half);
};
const nudged = (angle: number): CamFromObject =>
  rigid(multiplyRotations(expSo3([angle, 0, 0]), pose.rotation), pose.translation.slice());
const candidates = (...all: [CamFromObject, number][]): PoseCandidate[] =>
  all.map(([camFromObject, score], member) => ({ member, pose: camFromObject, score }));

function judge(change: Partial<VerdictInput> & { readonly candidates?: PoseCandidate[] }) {
  const { candidates: given = candidates([pose, 0.05]), ...rest } = change;
  return judgePose({
    mesh,
    symmetries: noSymmetries,
    start: turned(30),
    clusters: clusterPoses(given, mesh),
    visibility: { overlap: 0.95, hiddenShare: 0, depthAgreement: 0.9 },
    covariance: undefined,
    leastAt: undefined,
    ...rest,
  });
}

describe('clusters', () => {
  it('gather members that came to one pose, best first', () => {
    const members = candidates([turned(180), 0.06], [pose, 0.05], [nudged(0.02), 0.08], [turned(90), 0.5]);
    expect(clusterPoses(members, mesh).map(cluster => cluster.members)).toEqual([[1, 2], [0], [3]]);
    expect(clusterPoses(members, mesh)[0].pose).toBe(pose);
  });
});

describe('verdict', () => {
  it('has a caption of one sentence or two for each word', () => {
    for (const caption of Object.values(verdictCaptions)) expect(caption).toMatch(/^[A-Z].*\.$/);
  });

  it('is clear where one pose wins, and says nothing more', () => {
    expect(judge({ candidates: candidates([pose, 0.05], [turned(180), 0.09]) })).toEqual({
      word: 'clear',
      findings: [],
    });
  });

  it('is ambiguous where two poses fit equally well', () => {
    const { word, findings } = judge({ candidates: candidates([pose, 0.05], [turned(180), 0.052]) });
    expect(word).toBe('ambiguous');
    expect(findings).toEqual(['two poses 180° apart fit equally well']);
    const three = judge({ candidates: candidates([pose, 0.05], [turned(180), 0.052], [turned(90), 0.051]) });
    expect(three.findings).toEqual(['three poses 90 to 180° apart fit equally well']);
    const shifted = rigid<'cam', 'object'>(pose.rotation, Float64Array.of(20, -10, 620));
    expect(judge({ candidates: candidates([pose, 0.05], [shifted, 0.05]) }).findings).toEqual([
      'two poses 20 mm apart fit equally well',
    ]);
  });

  it('is symmetric where the shape makes them equal, and tells open axes', () => {
    const symmetries = findSymmetries(boxMesh(60, 80, 40));
    const box = judge({ symmetries, candidates: candidates([pose, 0.05], [turned(180), 0.052]) });
    expect(box).toEqual({ word: 'symmetric', findings: ['4 poses look the same'] });
    expect(judge({ symmetries, candidates: candidates([pose, 0.05], [turned(90), 0.052]) }).word).toBe('ambiguous');
    const can = judge({ symmetries: findSymmetries(cylinderMesh(30, 80, 64, 2)) });
    expect(can).toEqual({ word: 'symmetric', findings: ["the turn about the object's axis is open"] });
  });

  it('says that nothing explains the mask, before anything else, and how much is hidden', () => {
    const { word, findings } = judge({
      visibility: { overlap: 0.31, hiddenShare: 0.6, depthAgreement: undefined },
      candidates: candidates([pose, 0.9], [turned(180), 0.9]),
    });
    expect(word).toBe('unexplained');
    expect(findings).toEqual(['no member explains the mask: overlap 31 %', 'hidden to 60 %']);
  });

  it('is unexplained where the depth contradicts the pose, however well the mask is covered', () => {
    const { word, findings } = judge({ visibility: { overlap: 0.98, hiddenShare: 0, depthAgreement: 0.04 } });
    expect(word).toBe('unexplained');
    expect(findings).toEqual(['the depth agrees at 4 % of its pixels only']);
  });

  it('is unfinished where the loss falls on from the pose', () => {
    const leastAt = rigid<'cam', 'object'>(pose.rotation, Float64Array.of(20, -10, 612));
    expect(judge({ leastAt })).toEqual({ word: 'unfinished', findings: ['the least loss is 0.0° and 12 mm away'] });
  });

  it('says that a pose stands where it started, and what is held only loosely', () => {
    expect(judge({ start: pose }).findings).toEqual(['it stands where it started']);
    const covariance = {
      matrix: new Float64Array(36),
      rotationDegrees: 20,
      alongMillimetres: 14,
      acrossMillimetres: 0.5,
      toMinimum: new Float64Array(6),
    };
    expect(judge({ covariance })).toEqual({
      word: 'uncertain',
      findings: ['its rotation is known to 20°', 'its distance is known to 14 mm'],
    });
  });
});

describe('visibility', () => {
  it('counts overlap where the mask says something, and what lies behind others as hidden', () => {
    const camera = { width: 6, height: 1, fx: 1, fy: 1, cx: 0, cy: 0 };
    // In the mask and drawn, in the mask only, drawn only, drawn on another's label, drawn behind measured depth, neither.
    const crop: PoseCrop = {
      camera,
      distance: Float32Array.of(-1, -1, 1, 1, 1, 1),
      care: Float32Array.of(1, 1, 1, 0, 1, 1),
      depth: Float32Array.of(500, 500, 505, 0, 400, 900),
      contour: new Float32Array(0),
      maskArea: 2,
      depthCount: 2,
      frameArea: 6,
    };
    const visibility = visibilityOf(Float32Array.of(500, 0, 500, 500, 500, 0), crop, 10);
    expect(visibility).toEqual({ overlap: 1 / 3, hiddenShare: 2 / 4, depthAgreement: 1 });
    const nothing = { overlap: 0, hiddenShare: 0, depthAgreement: undefined };
    expect(visibilityOf(new Float32Array(6), crop, 10)).toEqual(nothing);
    // One of two measured depths is its own.
    const nearer = visibilityOf(Float32Array.of(470, 495, 0, 0, 0, 0), crop, 10);
    expect(nearer).toEqual({ overlap: 1, hiddenShare: 0, depthAgreement: 1 / 2 });
  });
});
