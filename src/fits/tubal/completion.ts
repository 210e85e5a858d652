// Completion: recovery of a tensor from its observed entries, by one solver for each member. Every member sees the same
// mask, whatever its layout, so a race is fair.

import { type PictureStack, pictureStackOf } from '../../formats/picture-stack.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput, LoadContext, Measures, Problem, SettingValues } from '../fit.ts';
import { chooseTransform } from './choose-transform.ts';
import { chooseTubes } from './choose-tubes.ts';
import { createFactorSolver, factorSolverBytes } from './factor-solver.ts';
import { labelsOf } from './labels.ts';
import { fromTensor, type Layout, type LayoutId, layoutOf, rearrange } from './layout.ts';
import { createInterpolationSolver, interpolateLinearly } from './linear-interpolation.ts';
import { type MaskKind, type Observations, observe } from './observations.ts';
import { createPictures } from './pictures.ts';
import { meanSimilarity, quality } from './quality.ts';
import { type SingularValues, type Solver, type SolverContext, solverTerms } from './solver.ts';
import { completionTubesView, qualityViews, ranksView, slicesData, slicesView } from './spectral-views.ts';
import { phaseAt } from './structure.ts';
import { admmSolverBytes, createAdmmSolver } from './tnn-admm.ts';

const DEVICE_BYTES = 3.5 * 2 ** 30;
/** For each entry, measured: scaled values, truth, mask, estimate, baseline, exports; and what a member has of its own. */
const BYTES_PER_ENTRY = 55;
const MEMBER_BYTES_PER_ENTRY = 20;
/** Estimate, values and mask of a member, which no method does without on the device. */
const LEAST_DEVICE_BYTES_PER_ENTRY = 9;
/** Of an array of three axes. */
const tubeAxes: Partial<Record<LayoutId, number>> = { video: 0, lateral: 1, frontal: 2 };

/** Host and device memory of a completion, without the factors. Throws a `memory` error for what no device holds. */
export function completionBytesOf(shape: readonly number[], members: readonly SettingValues[]): number {
  const entries = shape.reduce((product, extent) => product * extent, 1);
  const onDevice = members.filter(({ method }) => method !== 'linear-interpolation').length;
  requireDevice(entries * onDevice * LEAST_DEVICE_BYTES_PER_ENTRY, 'input');
  return entries * (BYTES_PER_ENTRY + MEMBER_BYTES_PER_ENTRY * members.length);
}

function requireDevice(bytes: number, where: string): void {
  if (bytes <= DEVICE_BYTES) return;
  throw new LabError({
    code: 'memory',
    message: `This run needs about ${megabytes(bytes)} MB of device memory, more than the ${megabytes(DEVICE_BYTES)} MB it may take.`,
    where,
    tip: 'Use fewer frames, a smaller picture, a lower rank or fewer members.',
  });
}

export async function loadCompletion(
  input: FitInput,
  members: readonly SettingValues[],
  { device, seed, mask: maskInput, note }: LoadContext,
): Promise<Problem> {
  const [shared] = members;
  const { observations, natural, first, notes } = observe(
    input,
    {
      sampling: Number(shared.sampling),
      mask: shared.mask as MaskKind,
      noise: Number(shared.noise),
      corruption: Number(shared.corruption),
      validation: shared.validation === undefined ? undefined : Number(shared.validation),
      layout: shared.layout as LayoutId,
      seed,
    },
    maskInput,
  );
  for (const text of notes) note?.(text);
  const stack = pictureStackOf(input.shape, first) as PictureStack;
  const automatic = once(() => chooseTubes(device, input, natural, observations, seed));
  const ids = members.map(settings => layoutId(settings, stack, automatic));
  const layouts = ids.map(id => layoutOf(input, id));
  const needed = members.reduce((sum, settings, member) => sum + solverBytes(settings, layouts[member]), 0);
  requireDevice(needed, input.name);
  const { truth, values, mask, observedRate } = observations;
  const labels = labelsOf(members);
  const solvers: Solver[] = [];
  const dispose = () => {
    for (const solver of solvers) solver.dispose();
  };
  try {
    members.forEach((settings, member) => {
      const layout = layouts[member];
      const inLayout = rearranged(observations, natural, layout);
      solvers.push(createSolver({ device, layout, observations: inLayout, settings, seed, member }));
    });
  } catch (thrown) {
    dispose();
    throw thrown;
  }

  const reinsert = Number(shared.noise) === 0 && Number(shared.corruption) === 0;
  const singularOf = (member: number): SingularValues => {
    const { singular } = solvers[member];
    if (singular !== undefined) return singular;
    throw new LabError({
      code: 'state',
      message: `${labels[member]} has no factors whose singular values could be shown.`,
      where: 'view slices',
      tip: 'Choose a member with another method.',
    });
  };
  const pictures = createPictures(input, stack, natural, observations);
  /** Scaled, in the natural order. */
  const estimated = (member: number): Float32Array => {
    const { values: tensor, centre } = solvers[member].estimate();
    const estimate = rearrange(tensor, layouts[member], natural);
    if (centre !== 0) for (let i = 0; i < estimate.length; i++) estimate[i] += centre;
    return estimate;
  };
  /** Puts the observed entries back unless they are noisy. */
  const complete = (estimate: Float32Array): void => {
    if (reinsert) for (let i = 0; i < mask.length; i++) if (mask[i] !== maskByte.unobserved) estimate[i] = values[i];
  };
  const heldOutRmse = (estimate: Float32Array): number => {
    let square = 0;
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] !== maskByte.validation) continue;
      const away = estimate[i] - values[i];
      square += away * away;
    }
    return Math.sqrt(square / observations.heldOut);
  };
  /** The baseline beside every run. What is held out is kept from it too where it is measured there. */
  const baseline = once((): Measures => {
    const { rows, columns } = natural;
    const training = mask.map(m => (m === maskByte.training ? m : maskByte.unobserved));
    const heldOut =
      observations.heldOut === 0
        ? {}
        : { interpolationHeldOutRmse: heldOutRmse(interpolateLinearly(values, training, rows, columns)) };
    if (truth === undefined) return heldOut;
    const { psnr } = quality(interpolateLinearly(values, mask, rows, columns), truth, natural);
    return { ...heldOut, interpolationPsnr: psnr };
  });
  const { rows, columns, planes } = layouts[0];
  const { summary } = solvers[0];
  // Which axis became the tubes is worth a word only where there was a choice.
  const tubeAxis = input.shape.length === 3 && input.kind === 'array' ? tubeAxes[ids[0]] : undefined;
  const alongTubes = tubeAxis === undefined ? '' : `, tubes along axis ${tubeAxis}`;
  const percent = `${(100 * observedRate).toFixed(1)} % observed`;
  return {
    members: members.map((settings, member) => ({
      label: labels[member],
      blocks: solvers[member].blocks,
      hyperDefaults: solvers[member].hyperDefaults,
      derived: { ...solvers[member].derived, validation: observations.heldOutShare, layout: ids[member] },
      ignores: solvers[member].ignores,
      rateScale: solvers[member].rateScale,
      maximumIterations: Number(settings.iterations),
    })),
    summary: {
      title: `${rows} x ${columns} x ${planes.length}, ${percent}, rank ${summary.rank ?? '–'}, ${summary.transform ?? ''}${alongTubes}`,
      rows,
      columns,
      tubes: planes.length,
      ...(tubeAxis === undefined ? {} : { layout: ids[0], tubeAxis }),
      samplingRate: observedRate,
      trainingRate: observations.trainingRate,
      deviceMegabytes: megabytes(needed),
      ...summary,
    },
    terms: solverTerms,
    evaluate: requests =>
      requests.map(({ member, hyper }) => {
        const began = performance.now();
        const evaluation = solvers[member].evaluate(hyper);
        return { ...evaluation, milliseconds: performance.now() - began };
      }),
    advance: (member, hyper) => solvers[member].advance?.(hyper),
    measure(member, context) {
      const descends = solvers[member].blocks.some(({ gradients }) => gradients !== undefined);
      const phase = descends ? phaseAt(context.history) : {};
      const structure = { ...solvers[member].structure?.(context), ...phase };
      if (truth === undefined && context.when === 'running') return structure;
      const estimate = estimated(member);
      const heldOut = context.when === 'running' || observations.heldOut === 0 ? Number.NaN : heldOutRmse(estimate);
      complete(estimate);
      const figures = { ...(truth === undefined ? {} : quality(estimate, truth, natural)), ...structure };
      if (context.when === 'running') return figures;
      const ssim = truth === undefined ? Number.NaN : meanSimilarity(estimate, truth, natural);
      return {
        ...figures,
        ...(Number.isNaN(ssim) ? {} : { ssim }),
        ...(Number.isNaN(heldOut) ? {} : { heldOutRmse: heldOut }),
        ...baseline(),
      };
    },
    views: [
      ...pictures.views,
      ...(truth === undefined ? [] : qualityViews),
      ...(solvers.some(({ singular }) => singular !== undefined) ? [completionTubesView, slicesView] : []),
      ...(solvers.some(({ structure }) => structure !== undefined) ? [ranksView] : []),
    ],
    view(id, member, frame) {
      if (id === 'observed') return pictures.observed(frame);
      if (id === 'truth') return pictures.truth(frame);
      if (id === 'slices') return slicesData(singularOf(member).values());
      return pictures.recovered(solvers[member].estimate(), layouts[member], reinsert ? 'reinsert' : 'as-is', frame);
    },
    records(id, member, when) {
      const { singular } = solvers[member];
      return id !== 'slices' || (singular !== undefined && (when === 'final' || singular.isFresh()));
    },
    exports(member) {
      const { offset, range } = observations;
      const full = input.fullScale;
      const observed = fromTensor(
        natural,
        mask.map(m => (m === maskByte.unobserved ? 0 : 1)),
        new Uint8Array(mask.length),
      );
      const recovered = fromTensor(natural, estimated(member), new Float32Array(mask.length)).map((value, i) => {
        // The input's own values, to the bit: what they were scaled by is not always undone by scaling back.
        if (reinsert && observed[i] === 1) return full === 1 ? input.values[i] : Math.round(input.values[i] * full);
        return (offset + range * value) * full;
      });
      const picture = { first, offset: offset * full, range: range * full, bits: full === 255 ? 8 : 16 } as const;
      return [
        { name: 'recovered', shape: input.shape, values: recovered, picture },
        { name: 'mask', shape: input.shape, values: observed },
      ];
    },
    dispose,
  };
}

function createSolver(context: SolverContext): Solver {
  if (context.settings.method === 'linear-interpolation') return createInterpolationSolver(context);
  const transform = chooseTransform(context);
  return context.settings.method === 'tnn-admm'
    ? createAdmmSolver(context, transform)
    : createFactorSolver(context, transform);
}

function solverBytes(settings: SettingValues, layout: Layout): number {
  if (settings.method === 'linear-interpolation') return 0;
  if (settings.method !== 'tnn-admm') return factorSolverBytes(settings, layout);
  // Any transform with complex slices needs as much as the DFT.
  const id = settings.transform === 'dft' ? 'dft' : 'identity';
  return admmSolverBytes(layout, createTransform(id, layout.planes.length));
}

/** TNN is at its best and fastest on the lateral layout of a colour picture. */
function layoutId(settings: SettingValues, { frames, channels }: PictureStack, automatic: () => LayoutId): LayoutId {
  if (settings.layout !== 'auto') return settings.layout as LayoutId;
  return settings.method === 'tnn-admm' && frames === 1 && channels === 3 ? 'lateral' : automatic();
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

function rearranged(observations: Observations, from: Layout, to: Layout): Observations {
  const { values, mask, truth } = observations;
  return {
    ...observations,
    values: rearrange(values, from, to),
    mask: rearrange(mask, from, to),
    truth: truth === undefined ? undefined : rearrange(truth, from, to),
  };
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
