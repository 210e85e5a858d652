// `evaluate cameras`: the cameras of a run or file, and its depth where it has some, against those of another, in figures.

import { type CameraEvaluation, evaluateCameras } from '../host/camera-evaluation.ts';
import { type DepthEvaluation, evaluateDepth, LEAST_CONFIDENCE } from '../host/depth-evaluation.ts';

/** Prints the figures; `json`: as one document. */
export async function printCameraErrors(estimate: string, truth: string, style: 'text' | 'json'): Promise<number> {
  const evaluation = await evaluateCameras(estimate, truth);
  const depth = await evaluateDepth(estimate, truth);
  if (style === 'json') {
    const { truthFromEstimate, ...figures } = evaluation;
    process.stdout.write(`${JSON.stringify({ ...figures, scale: truthFromEstimate.scale, depth }, undefined, 2)}\n`);
  } else {
    for (const note of evaluation.notes) process.stderr.write(`${note}\n`);
    process.stdout.write(describe(evaluation, depth));
  }
  return 0;
}

function describe(evaluation: CameraEvaluation, depth: DepthEvaluation | undefined): string {
  const { frames, matchedBy, ate, atePercentOfPath, rotationDegrees, rra5, rta5, auc10, auc30 } = evaluation;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const focal = evaluation.focalErrorPercent;
  const rows = [
    ['frames', `${frames}, matched by ${matchedBy}`],
    ['ATE', `${ate.toPrecision(4)} (unit of the truth), after a similarity without reflection`],
    [
      'ATE of path',
      atePercentOfPath === undefined ? 'the true camera does not move' : `${atePercentOfPath.toFixed(2)} %`,
    ],
    ['rotation', `${rotationDegrees.toFixed(2)}°, median error of relative rotations`],
    ['RRA@5°', `${percent(rra5)} of pairs`],
    ['RTA@5°', `${percent(rta5)} of pairs`],
    ['AUC@10°', percent(auc10)],
    ['AUC@30°', percent(auc30)],
    [
      'focal length',
      focal === undefined ? 'not in both files' : `${focal >= 0 ? '+' : '−'}${Math.abs(focal).toFixed(2)} %`,
    ],
    ...(depth === undefined ? [] : depthRows(depth, percent)),
  ];
  return rows.map(([name, value]) => `${name.padEnd(18)}${value}\n`).join('');
}

function depthRows({ frames, all, confident }: DepthEvaluation, percent: (share: number) => string): string[][] {
  const errors = ({ absRel, delta125 }: DepthEvaluation['all']) =>
    `abs-rel ${absRel.toFixed(3)}, ${percent(delta125)} within a factor of 1.25`;
  return [
    ['depth', `${errors(all)}; ${frames} frames, one scale for all`],
    ...(confident === undefined
      ? []
      : [[`confidence > ${LEAST_CONFIDENCE}`, `${errors(confident)}; ${percent(confident.share)} of the pixels`]]),
  ];
}
