// `evaluate cameras`: the cameras of a run or file against those of another, in figures.

import { type CameraEvaluation, evaluateCameras } from '../host/camera-evaluation.ts';

/** Prints the figures; `json`: as one document. */
export async function printCameraErrors(estimate: string, truth: string, style: 'text' | 'json'): Promise<number> {
  const evaluation = await evaluateCameras(estimate, truth);
  if (style === 'json') {
    const { truthFromEstimate, ...figures } = evaluation;
    process.stdout.write(`${JSON.stringify({ ...figures, scale: truthFromEstimate.scale }, undefined, 2)}\n`);
  } else {
    for (const note of evaluation.notes) process.stderr.write(`${note}\n`);
    process.stdout.write(describe(evaluation));
  }
  return 0;
}

function describe(evaluation: CameraEvaluation): string {
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
  ];
  return rows.map(([name, value]) => `${name.padEnd(14)}${value}\n`).join('');
}
