// Completion: recovery of a tensor from its observed entries, by one solver for each member. Every member sees the same
// mask, whatever its layout, so a race is fair.

import { type PictureStack, pictureStackOf } from '../../formats/picture-stack.ts';
import { maskByte } from '../../ops/completion/completion-cpu.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { FitInput, LoadContext, Problem, SettingValues } from '../fit.ts';
import { chooseTransform } from './choose-transform.ts';
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

export async function loadCompletion(
  input: FitInput,
  members: readonly SettingValues[],
  { device, seed, mask: maskInput }: LoadContext,
): Promise<Problem> {
  const [shared] = members;
  const asVideo = shared.layout === 'video';
  const natural = layoutOf(input, asVideo ? 'video' : 'auto');
  const stack = pictureStackOf(input.shape, asVideo ? 'frames' : 'rows') as PictureStack;
  const pictureKind = asVideo || input.shape.length === 4 ? 'video' : 'picture';
  const layouts = members.map(settings => layoutOf(input, layoutId(settings, input)));
  const needed = members.reduce((sum, settings, member) => sum + solverBytes(settings, layouts[member]), 0);
  if (needed > DEVICE_BYTES) {
    throw new LabError({
      code: 'memory',
      message: `This run needs about ${megabytes(needed)} MB of device memory, more than the ${megabytes(DEVICE_BYTES)} MB it may take.`,
      where: input.name,
      tip: 'Use fewer frames, a smaller picture, a lower rank or fewer members.',
    });
  }
  const observations = observe(
    input,
    natural,
    {
      sampling: Number(shared.sampling),
      mask: shared.mask as MaskKind,
      noise: Number(shared.noise),
      validation: shared.validation === undefined ? undefined : Number(shared.validation),
      seed,
    },
    maskInput,
  );
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

  const reinsert = Number(shared.noise) === 0;
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
  /** Scaled, in the natural order, with the observed entries put back unless they are noisy. */
  const recovered = (member: number): Float32Array => {
    const { values: tensor, centre } = solvers[member].estimate();
    const estimate = rearrange(tensor, layouts[member], natural);
    if (centre !== 0) for (let i = 0; i < estimate.length; i++) estimate[i] += centre;
    if (reinsert) for (let i = 0; i < mask.length; i++) if (mask[i] !== maskByte.unobserved) estimate[i] = values[i];
    return estimate;
  };
  const { rows, columns, planes } = natural;
  const { summary } = solvers[0];
  const percent = `${(100 * observedRate).toFixed(1)} % observed`;
  return {
    members: members.map((settings, member) => ({
      label: labels[member],
      blocks: solvers[member].blocks,
      hyperDefaults: solvers[member].hyperDefaults,
      rateScale: solvers[member].rateScale,
      maximumIterations: Number(settings.iterations),
    })),
    summary: {
      title: `${rows} x ${columns} x ${planes.length}, ${percent}, rank ${summary.rank ?? '–'}, ${summary.transform ?? ''}`,
      rows,
      columns,
      tubes: planes.length,
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
      const structure = { ...solvers[member].structure?.(context), ...phaseAt(context.history) };
      if (truth === undefined) return structure;
      const estimate = recovered(member);
      const figures = { ...quality(estimate, truth, natural), ...structure };
      if (context.when === 'running') return figures;
      const baseline = quality(interpolateLinearly(values, mask, rows, columns), truth, natural);
      const ssim = meanSimilarity(estimate, truth, natural);
      return { ...figures, ...(Number.isNaN(ssim) ? {} : { ssim }), interpolationPsnr: baseline.psnr };
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
      const stored = recovered(member).map(value => (offset + range * value) * full);
      const observed = mask.map(m => (m === maskByte.unobserved ? 0 : 1));
      return [
        {
          name: 'recovered',
          shape: input.shape,
          values: fromTensor(natural, stored, new Float32Array(stored.length)),
          ...(input.kind === 'array'
            ? {}
            : { picture: { kind: pictureKind, offset: offset * full, range: range * full } }),
        },
        { name: 'mask', shape: input.shape, values: fromTensor(natural, observed, new Uint8Array(observed.length)) },
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

/** TNN is at its best and fastest on the lateral layout of a colour picture; all else on the natural one. */
function layoutId(settings: SettingValues, { kind }: FitInput): LayoutId {
  if (settings.layout === 'auto' && settings.method === 'tnn-admm' && kind === 'picture') return 'lateral';
  return settings.layout as LayoutId;
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
