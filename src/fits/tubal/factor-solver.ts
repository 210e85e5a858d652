// Gradient descent on the factors L, R of X = L * R^T from a small start, plain, with the smoothness term, or
// preconditioned by the factors' Gram matrices (ScaledGD(lambda), PrecGD). Section 3 of the method's specification.

import { SCRATCH_BYTES } from '../../devices/cpu/cpu-device.ts';
import { createRandom } from '../../numerics/random.ts';
import {
  type CompletionData,
  completionBytes,
  createCompletionData,
  createCompletionFactors,
  maskByte,
} from '../../ops/completion/completion-cpu.ts';
import type { Transform } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { SettingValues } from '../fit.ts';
import type { Layout } from './layout.ts';
import { defaultRate } from './learning-rates.ts';
import { observedSpectrum } from './observed-spectrum.ts';
import { sliceSingularValues } from './singular-tubes.ts';
import { keepSingularValues, type Solver, type SolverContext } from './solver.ts';
import { startSpectral } from './spectral-start.ts';
import { largestSliceSingularValue } from './spectrum.ts';
import { predictions, structureOf } from './structure.ts';

/** Snapshots from one look at the singular values to the next: a look costs as much as several iterations. */
const STRUCTURE_EVERY = 3;

/** Above so many tubes a tensor is a volume or a video, not a colour picture. */
const FEW_TUBES = 4;

/**
 * R of the settings, or a third of the smaller side, half of it for volumes and videos, at most 100 (with smoothness, which
 * restrains them, the side, at most 150). Throws a `setting` error where it exceeds the side.
 */
export function rankOf(settings: SettingValues, { rows, columns, planes }: Layout): number {
  const side = Math.min(rows, columns);
  const share = planes.length > FEW_TUBES ? 1 / 2 : 1 / 3;
  const byDefault = settings.method === 'gd-smoothness' ? Math.min(150, side) : Math.min(100, Math.round(share * side));
  const rank = Number(settings.rank ?? Math.max(1, byDefault));
  if (rank <= side) return rank;
  throw new LabError({
    code: 'setting',
    message: `rank ${rank} is larger than the smaller side of the ${rows} x ${columns} slices.`,
    where: 'setting rank',
    tip: `The nearest valid value is ${side}.`,
  });
}

/** Device memory one solver takes. Throws a `memory` error where a row of the kernels would not fit their scratch. */
export function factorSolverBytes(settings: SettingValues, layout: Layout): number {
  const { rows, columns, planes } = layout;
  const k = planes.length;
  if (!rowsFit(layout)) {
    throw new LabError({
      code: 'memory',
      message: `Rows of ${columns} x ${k} values are longer than the kernels take.`,
      where: 'layout',
      tip: 'Use fewer frames or bands, a smaller picture, or another layout.',
    });
  }
  return completionBytes(rows, columns, k, rankOf(settings, layout), 1);
}

/** Whether a row of all planes fits the scratch memory of the kernels. */
export function rowsFit({ columns, planes: { length: k } }: Layout): boolean {
  return 4 * Math.max(16 * k, (k + 5) * columns) <= SCRATCH_BYTES;
}

export function createFactorSolver(context: SolverContext, transform: Transform): Solver {
  const { device, layout, observations, settings, seed, member } = context;
  const { rows, columns, planes } = layout;
  const { mask, trainingRate } = observations;
  const centre = settings.centre === 'mean' ? trainingMean(observations) : 0;
  const values = observations.values.map(value => value - centre);
  const rank = rankOf(settings, layout);
  const found = largestSliceSingularValue({ ...observations, values }, rows, columns, transform);
  const constant = isConstant(values, mask, centre);
  // Of a constant nothing is left to descend to: factors of zero are the result.
  const sigma = constant ? 1 : found;
  const data: CompletionData = createCompletionData(device, rows, columns, planes.length, values, mask);
  const factors = createCompletionFactors(device, rows, columns, rank, transform);
  const alpha = Number(settings.initialScale ?? 1e-3);
  const random = createRandom(seed, `start ${member}`);
  const imbalance = settings.method === 'gd-imbalanced' ? 1 / 3 : 1;
  if (settings.start === 'spectral' && !constant) {
    startSpectral(factors, { ...observations, values }, rows, columns);
  } else if (!constant) {
    startSmall(factors.left.values, transform, rows, rank, alpha, () => random.normal());
    startSmall(factors.right.values, transform, columns, rank, imbalance * alpha, () => random.normal());
  }
  const directions = settings.smoothnessDirections === 3 ? 3 : 2;
  const channels = settings.smoothnessChannels === 'joint' ? 'joint' : 'separate';
  const trainingCount = trainingRate * values.length;
  const { left, right, gradLeft, gradRight } = factors;
  const preconditioned = settings.method === 'scaled-gd' || settings.method === 'prec-gd';
  /** ScaledGD: the largest singular value. PrecGD: the size of the residual, as large as that of the error it estimates. */
  const dampingScale = (training: number) =>
    settings.method === 'scaled-gd' ? sigma : Math.sqrt((2 * training * transform.scale) / trainingRate);
  const singular = keepSingularValues([left.values, right.values], () =>
    sliceSingularValues(left.values, right.values, rows, columns, rank, transform),
  );
  // The mode (L^T u + R^T v) / 2 is what grows, so the start is that of its two halves together.
  const law = { alpha: (alpha * Math.hypot(1, imbalance)) / 2, scale: transform.scale };
  const followsLaw =
    !preconditioned &&
    settings.start !== 'spectral' &&
    settings.optimizer === 'sgd' &&
    settings.schedule === 'constant';
  let spectrum: Float64Array | undefined;
  return {
    blocks: [
      { name: 'L', group: 'left', values: left.values, gradients: gradLeft.values },
      { name: 'R', group: 'right', values: right.values, gradients: gradRight.values },
    ],
    hyperDefaults: {
      learningRate: learningRateOf(settings, observations.observedRate, planes.length),
      damping: settings.method !== 'scaled-gd' ? 1 : settings.start === 'spectral' ? 0 : 0.1,
      smoothness: settings.method === 'gd-smoothness' ? 0.005 : 0,
    },
    derived: settings.start === 'spectral' ? { rank } : { rank, initialScale: alpha },
    ignores: preconditioned ? [] : ['damping'],
    rateScale: preconditioned ? 1 / trainingRate : 1 / (trainingRate * sigma),
    summary: { rank, transform: transform.id, largestSingularValue: sigma },
    evaluate({ smoothness: weight, smoothnessEpsilon: epsilon, damping }) {
      const losses = factors.evaluate(data, { weight, epsilon, directions, channels });
      const smooth = weight * losses.smoothness;
      if (preconditioned) factors.precondition(damping * dampingScale(losses.training));
      return {
        loss: losses.training + smooth,
        validation: observations.heldOut === 0 ? undefined : losses.validation,
        ...(constant ? { converged: true } : {}),
        terms: [losses.training, smooth, Math.sqrt((2 * losses.training) / trainingCount)],
      };
    },
    structure({ iteration, history, hyper, when }) {
      const looks = history.iterations.length;
      if (when === 'running' && looks % STRUCTURE_EVERY !== 0) return {};
      const structure = structureOf(singular.values(), transform);
      // Not before the first picture, which would have to wait for it.
      if (!followsLaw || looks === 0) return structure;
      spectrum ??= observedSpectrum(
        { values: data.y.values, mask: data.mask.values, trainingRate },
        rows,
        columns,
        transform,
      );
      return { ...structure, ...predictions(spectrum, { ...law, eta: hyper.learningRate / sigma }, iteration) };
    },
    singular,
    estimate() {
      factors.synthesise(data);
      return { values: data.x.values, centre };
    },
    dispose() {
      factors.dispose();
      data.dispose();
    },
  };
}

/** Largest deviation from the centre, relative to it, that float32 makes of equal values. */
const ROUNDING = 1e-6;

function isConstant(values: Float32Array, mask: Uint8Array, centre: number): boolean {
  return values.every((value, i) => mask[i] === maskByte.unobserved || Math.abs(value) <= ROUNDING * Math.abs(centre));
}

/** Observed rate from which long steps lose nothing; many tubes hold so many entries that fewer of each are enough. */
const LONG_STEPS = { few: 0.295, many: 0.195 } as const;

function learningRateOf(settings: SettingValues, observedRate: number, tubes: number): number {
  const { method } = settings;
  const long = observedRate >= LONG_STEPS[tubes > FEW_TUBES ? 'many' : 'few'];
  const plain = method === 'scaled-gd' ? 0.5 : method === 'prec-gd' ? 0.3 : long ? 0.9 : 0.5;
  return defaultRate(settings, plain);
}

/** Mean of the values that train. */
function trainingMean({ values, mask }: SolverContext['observations']): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask[i] !== maskByte.training) continue;
    sum += values[i];
    count++;
  }
  return sum / Math.max(1, count);
}

/** A factor [n, rank] of alpha N(0, 1) / sqrt(rank) in the spatial domain, taken to the transform domain. */
export function startSmall(
  out: Float32Array,
  transform: Transform,
  n: number,
  rank: number,
  alpha: number,
  normal: () => number,
): void {
  const { k, forward, slices } = transform;
  const tube = new Float64Array(k);
  const plane = (p: number) => {
    let sum = 0;
    for (let t = 0; t < k; t++) sum += forward[p * k + t] * tube[t];
    return sum;
  };
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < rank; column++) {
      for (let t = 0; t < k; t++) tube[t] = (alpha * normal()) / Math.sqrt(rank);
      for (const slice of slices) {
        const width = slice.complex ? 2 * rank : rank;
        const at = slice.plane * n * rank + row * width + column;
        out[at] = plane(slice.plane);
        if (slice.complex) out[at + rank] = plane(slice.plane + 1);
      }
    }
  }
}
