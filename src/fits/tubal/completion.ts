// Completion: factors L, R with X = L * R^T, fitted to the observed entries. Builds the problem that the engine runs,
// with its step scale, quality figures and exports.

import { SCRATCH_BYTES } from '../../devices/cpu/cpu-device.ts';
import { createRandom } from '../../numerics/random.ts';
import {
  type CompletionData,
  type CompletionFactors,
  completionBytes,
  createCompletionData,
  createCompletionFactors,
  maskByte,
} from '../../ops/completion/completion-cpu.ts';
import { createTransform, type Transform, type TransformId } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput, LoadContext, Problem, SettingValues } from '../fit.ts';
import { fromTensor, type LayoutId, layoutOf } from './layout.ts';
import { interpolateLinearly } from './linear-interpolation.ts';
import { type MaskKind, type Observations, observe } from './observations.ts';
import { largestSliceSingularValue } from './spectrum.ts';

/** Loads a completion problem; every member has the same mask and an own random start. */
export async function loadCompletion(input: FitInput, settings: SettingValues, context: LoadContext): Promise<Problem> {
  const { device, seed, members } = context;
  const layout = layoutOf(input, settings.layout as LayoutId);
  const { rows, columns, planes } = layout;
  const k = planes.length;
  const side = Math.min(rows, columns);
  const rank = numberOr(settings.rank, Math.max(1, Math.min(100, Math.round(side / 3))));
  if (rank > side) {
    throw new LabError({
      code: 'setting',
      message: `rank ${rank} is larger than the smaller side of the ${rows} x ${columns} slices.`,
      where: 'setting rank',
      tip: `The nearest valid value is ${side}.`,
    });
  }
  const needed = completionBytes(rows, columns, k, rank, members);
  const scratch = 4 * Math.max(8 * k, (k + 5) * columns);
  if (needed > 3.5 * 2 ** 30 || scratch > SCRATCH_BYTES) {
    throw new LabError({
      code: 'memory',
      message: `This run needs about ${Math.ceil(needed / 2 ** 20)} MB of device memory, more than the 3584 MB it may take.`,
      where: input.name,
      tip: 'Use fewer frames, a smaller picture, a lower rank or fewer members.',
    });
  }
  const observations = observe(
    input,
    layout,
    {
      sampling: Number(settings.sampling),
      mask: settings.mask as MaskKind,
      noise: Number(settings.noise),
      validation: Number(settings.validation),
      seed,
    },
    context.mask,
  );
  const transform = createTransform(settings.transform as TransformId, k, { seed });
  const observedRate =
    observations.mask.reduce((sum, m) => sum + (m === maskByte.unobserved ? 0 : 1), 0) / observations.mask.length;
  const sigma = largestSliceSingularValue(observations, rows, columns, transform);
  if (!(sigma > 0)) {
    throw new LabError({
      code: 'input',
      message: 'All observed values are zero, so there is nothing to fit.',
      where: input.name,
      tip: 'Check the mask and the value range.',
    });
  }

  const data = createCompletionData(device, rows, columns, k, observations.values, observations.mask);
  const factors = Array.from({ length: members }, (_, member) => {
    const made = createCompletionFactors(device, rows, columns, rank, transform);
    startSmall(made, rows, columns, Number(settings.initialScale), seed, member);
    return made;
  });
  const reinsert = Number(settings.noise) === 0;
  const directions = settings.smoothnessDirections === 3 ? 3 : 2;
  const channels = settings.smoothnessChannels === 'separate' ? 'separate' : 'joint';
  let interpolationPsnr: number | undefined;
  const observedCount = observedRate * observations.mask.length;
  return {
    members,
    blocks: factors.flatMap((made, member) => [
      { name: 'L', member, group: 'left', values: made.left.values, gradients: made.gradLeft.values },
      { name: 'R', member, group: 'right', values: made.right.values, gradients: made.gradRight.values },
    ]),
    summary: {
      rows,
      columns,
      tubes: k,
      rank,
      transform: transform.id,
      samplingRate: observedRate,
      trainingRate: observations.trainingRate,
      largestSingularValue: sigma,
      deviceMegabytes: needed / 2 ** 20,
    },
    hyperDefaults: {
      learningRate: numberOr(settings.learningRate, observedRate >= 0.295 ? 0.9 : 0.5),
      smoothness: numberOr(settings.smoothness, settings.method === 'gd-smoothness' ? 0.005 : 0),
      smoothnessEpsilon: Number(settings.smoothnessEpsilon),
    },
    rateScale: 1 / (observations.trainingRate * sigma),
    maximumIterations: Number(settings.iterations),
    evaluate(member, hyper) {
      const { smoothness, smoothnessEpsilon } = hyper;
      const losses = factors[member].evaluate(data, {
        weight: smoothness,
        epsilon: smoothnessEpsilon,
        directions,
        channels,
      });
      return {
        loss: losses.training + smoothness * losses.smoothness,
        validation: Number(settings.validation) > 0 ? losses.validation : undefined,
        terms: {
          training: losses.training,
          smoothness: smoothness * losses.smoothness,
          rmse: Math.sqrt((2 * losses.training) / observedCount),
        },
      };
    },
    metrics(member) {
      factors[member].synthesise(data);
      const { truth, values, mask } = observations;
      if (truth === undefined) return {};
      interpolationPsnr ??= quality(interpolateLinearly(values, mask, rows, columns), truth).psnr;
      return { ...quality(recovered(data, observations, reinsert), truth), interpolationPsnr };
    },
    exports(member) {
      factors[member].synthesise(data);
      const { offset, range } = observations;
      const scaled = recovered(data, observations, reinsert).map(value => (offset + range * value) * input.fullScale);
      const observed = observations.mask.map(m => (m === maskByte.unobserved ? 0 : 1));
      const full = input.fullScale;
      const picture =
        input.kind === 'array' ? {} : { picture: { kind: input.kind, offset: offset * full, range: range * full } };
      return [
        {
          name: 'recovered',
          shape: input.shape,
          values: fromTensor(layout, scaled, new Float32Array(scaled.length)),
          ...picture,
        },
        { name: 'mask', shape: input.shape, values: fromTensor(layout, observed, new Uint8Array(observed.length)) },
      ];
    },
    dispose() {
      for (const made of factors) made.dispose();
      data.dispose();
    },
  };
}

/** L0, R0 = alpha N(0, 1) / sqrt(R) in the spatial domain, taken to the transform domain. */
function startSmall(
  factors: CompletionFactors,
  rows: number,
  columns: number,
  alpha: number,
  seed: number,
  member: number,
): void {
  const random = createRandom(seed, `start ${member}`);
  const { rank, transform } = factors;
  for (const [block, n] of [
    [factors.left, rows],
    [factors.right, columns],
  ] as const) {
    const tube = new Float64Array(transform.k);
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < rank; c++) {
        for (let t = 0; t < tube.length; t++) tube[t] = (alpha * random.normal()) / Math.sqrt(rank);
        scatterTube(block.values, transform, n, rank, i, c, tube);
      }
    }
  }
}

/** Writes the transform of one tube of a factor [n, rank] where its slices keep it. */
function scatterTube(
  out: Float32Array,
  transform: Transform,
  n: number,
  rank: number,
  row: number,
  column: number,
  tube: Float64Array,
): void {
  const { k, forward } = transform;
  const plane = (p: number) => {
    let sum = 0;
    for (let t = 0; t < k; t++) sum += forward[p * k + t] * tube[t];
    return sum;
  };
  for (const slice of transform.slices) {
    const base = slice.plane * n * rank;
    const width = slice.complex ? 2 * rank : rank;
    out[base + row * width + column] = plane(slice.plane);
    if (slice.complex) out[base + row * width + rank + column] = plane(slice.plane + 1);
  }
}

/** The tensor of the last synthesis, scaled 0…1, with the observed entries put back unless they are noisy. */
function recovered(data: CompletionData, observations: Observations, reinsert: boolean): Float32Array {
  const { values, mask } = observations;
  return data.x.values.map((x, i) => (reinsert && mask[i] !== maskByte.unobserved ? values[i] : x));
}

/** PSNR in dB with peak 1 after clipping to 0…1, and the relative squared error's root. */
function quality(estimate: Float32Array, truth: Float32Array): { psnr: number; rse: number } {
  let clipped = 0;
  let square = 0;
  let energy = 0;
  for (let i = 0; i < truth.length; i++) {
    const difference = estimate[i] - truth[i];
    const shown = Math.min(1, Math.max(0, estimate[i])) - truth[i];
    clipped += shown * shown;
    square += difference * difference;
    energy += truth[i] * truth[i];
  }
  return { psnr: -10 * Math.log10(clipped / truth.length), rse: Math.sqrt(square / energy) };
}

function numberOr(value: number | string | undefined, fallback: number): number {
  return value === undefined ? fallback : Number(value);
}
