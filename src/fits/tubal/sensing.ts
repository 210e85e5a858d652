// Sensing: a symmetric tensor X* of low tubal rank from Gaussian measurements y_i = <A_i, X*>, by gradient descent on U
// with X = U * U^T from a small start. The problem is synthetic, so the truth is known and every law can be checked.

import { preconditionReference } from '../../ops/completion/completion-reference.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import { storedFromSpatial } from '../../ops/sensing/factor-layout.ts';
import {
  createSensingData,
  createSensingFactor,
  measurementBytes,
  type SensingFactor,
} from '../../ops/sensing/sensing-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { ViewData, ViewDescription } from '../../protocol/views.ts';
import type { LoadContext, Measures, Problem, SettingValues } from '../fit.ts';
import { labelsOf } from './labels.ts';
import { defaultRate } from './learning-rates.ts';
import { alignedSpaces, countSensing, makeSensingProblem, relativeError, startSensing } from './sensing-data.ts';
import {
  leadingColumnSpaces,
  sineOfLargestAngle,
  singularTubeNorms,
  symmetricSliceSingularValues,
} from './singular-tubes.ts';
import { keepSingularValues } from './solver.ts';
import { ranksView, seriesView, slicesData, slicesView, tubesView } from './spectral-views.ts';
import { phaseAt, predictions, structureOf } from './structure.ts';

/** Singular values of the truth in every slice where they are to switch on one after another. */
const STAIRCASE = [1, 0.5, 0.25, 0.1];

const sensingMethods = ['gd', 'scaled-gd', 'prec-gd'];

export async function loadSensing(members: readonly SettingValues[], { device, seed }: LoadContext): Promise<Problem> {
  const [shared] = members;
  for (const { method } of members) {
    if (sensingMethods.includes(String(method))) continue;
    throw new LabError({
      code: 'setting',
      message: `The method ${method} completes pictures; it has no form for sensing.`,
      where: 'setting method',
      tip: `Choose one of ${sensingMethods.join(', ')}.`,
    });
  }
  const [n, k] = [Number(shared.size), Number(shared.tubes)];
  const staircase = shared.truthSpectrum === 'staircase';
  const tubalRank = staircase ? STAIRCASE.length : Number(shared.tubalRank);
  if (staircase && n < tubalRank) {
    throw new LabError({
      code: 'setting',
      message: `The staircase has tubal rank ${tubalRank}, more than slices of ${n} x ${n} can have.`,
      where: 'setting size',
      tip: `The nearest valid value is ${tubalRank}.`,
    });
  }
  const count = countSensing(n, k, tubalRank, 0);
  const measurements = Number(shared.measurements ?? 3 * count.freedom);
  const counted = countSensing(n, k, tubalRank, measurements);
  const transform = createTransform('dft', k);
  const { truth, truthSingularValues, ...made } = makeSensingProblem({
    n,
    k,
    tubalRank,
    measurements,
    seed,
    transform,
    ...(staircase ? { spectrum: STAIRCASE } : {}),
  });
  const data = createSensingData(device, n, k, made.measurements, made.y);
  const norm = Math.sqrt(made.y.reduce((sum, value) => sum + value * value, 0));
  const toL = alignedSpaces(data, tubalRank, transform);
  const toTruth = leadingColumnSpaces(storedFromSpatial(truth, n, n, transform), n, n, tubalRank, transform);
  const alphaOf = (settings: SettingValues) => Number(settings.initialScale ?? 1e-6);
  const factors = members.map((settings, member) => {
    const factor = createSensingFactor(device, n, Number(settings.rank ?? n), transform);
    startSensing(factor, alphaOf(settings), seed, member);
    return factor;
  });
  const labels = labelsOf(members);
  const singular = factors.map(({ values, rank }) =>
    keepSingularValues([values.values], () => symmetricSliceSingularValues(values.values, n, rank, transform)),
  );
  return {
    members: members.map((settings, member) => ({
      label: labels[member],
      blocks: [
        {
          name: 'U',
          group: 'factor',
          values: factors[member].values.values,
          gradients: factors[member].gradient.values,
        },
      ],
      hyperDefaults: {
        learningRate: defaultRate(
          settings,
          settings.method === 'scaled-gd' ? 0.5 : settings.method === 'prec-gd' ? 0.3 : 0.25,
        ),
        damping: settings.method === 'scaled-gd' ? 0.01 : 1,
      },
      derived: { rank: factors[member].rank, initialScale: alphaOf(settings), measurements },
      ignores: ['smoothness', 'smoothnessEpsilon', ...(settings.method === 'gd' ? ['damping'] : [])],
      rateScale: 1,
      maximumIterations: Number(settings.iterations),
    })),
    summary: {
      title: `${n} x ${n} x ${k} of tubal rank ${tubalRank} from ${measurements} measurements: m/d ${counted.perFreedom.toFixed(2)}, m/ambient ${counted.perAmbient.toFixed(2)} (${counted.verdict})`,
      rows: n,
      columns: n,
      tubes: k,
      tubalRank,
      measurements,
      measurementsPerFreedom: counted.perFreedom,
      measurementsPerAmbient: counted.perAmbient,
      verdict: counted.verdict,
      explanation: counted.explanation,
      deviceMegabytes: Math.ceil(measurementBytes(n, k, measurements) / 2 ** 20),
    },
    terms: ['trainingError', 'testError'],
    evaluate: requests =>
      requests.map(({ member, hyper }) => {
        const began = performance.now();
        const { loss } = factors[member].evaluate(data);
        const { method } = members[member];
        if (method === 'scaled-gd') precondition(factors[member], hyper.damping);
        if (method === 'prec-gd') precondition(factors[member], hyper.damping * Math.sqrt(4 * loss));
        const terms = [Math.sqrt(4 * loss) / norm, relativeError(data.x.values, truth)];
        return { loss, validation: undefined, terms, milliseconds: performance.now() - began };
      }),
    measure(member, { iteration, hyper, history }): Measures {
      const factor = factors[member];
      factor.synthesise(data);
      const space = leadingColumnSpaces(factor.values.values, n, factor.rank, tubalRank, transform);
      const law = { alpha: alphaOf(members[member]), eta: hyper.learningRate, scale: transform.scale };
      return {
        testError: relativeError(data.x.values, truth),
        ...structureOf(singular[member].values(), transform),
        angles: { 'to L': sineOfLargestAngle(toL, space), 'to the truth': sineOfLargestAngle(toTruth, space) },
        truthTubes: Array.from(singularTubeNorms(truthSingularValues, transform)),
        ...predictions(largestOf(truthSingularValues), law, iteration),
        ...phaseAt(history),
      };
    },
    views: sensingViews(n, k, truth),
    view(id, member, frame) {
      if (id === 'slices') return slicesData(singular[member].values());
      if (id === 'truth') return planesView(truth, n, k, frame);
      factors[member].synthesise(data);
      return planesView(data.x.values, n, k, frame);
    },
    exports(member) {
      factors[member].synthesise(data);
      return [
        { name: 'recovered', shape: [n, n, k], values: tubesLast(data.x.values, n, k) },
        { name: 'truth', shape: [n, n, k], values: tubesLast(truth, n, k) },
      ];
    },
    dispose() {
      for (const factor of factors) factor.dispose();
      data.dispose();
    },
  };
}

/** Largest slice singular value of each tube: with it the tube switches on. */
function largestOf(slices: readonly Float64Array[]): Float64Array {
  return slices[0].map((_, tube) => Math.max(...slices.map(values => values[tube])));
}

function sensingViews(n: number, k: number, truth: Float64Array): readonly ViewDescription[] {
  const most = truth.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const planes = { kind: 'image', frames: k, height: n, width: n, channels: 1, range: [-most, most] } as const;
  const { marks, reference } = { marks: 'switchOn', reference: 'truthTubes' };
  return [
    {
      ...planes,
      id: 'recovered',
      title: 'Recovered',
      help: 'The present estimate, one frame for each frontal slice.',
      changes: 'with-iterations',
      reference: 'truth',
    },
    { ...planes, id: 'truth', title: 'Truth', help: 'The tensor that was measured.', changes: 'never' },
    seriesView(
      'testError',
      'Test error',
      'Relative error',
      'log',
      'Norm of the difference from the truth over its norm.',
    ),
    {
      ...tubesView,
      marks,
      reference,
      help: `${tubesView.help} Dashed: those of the truth. Marks: when the law ln(sqrt(lambda) / (alpha sqrt(k))) / ln(1 + eta lambda) lets them.`,
    },
    seriesView(
      'angles',
      'Principal angles',
      'Sine of the largest angle',
      'log',
      'Between the leading column space of the factor and that of A*(y), L, to which a small start turns first; and that of the truth.',
    ),
    ranksView,
    slicesView,
  ];
}

/** [k, n, n], all planes or one, as pictures. */
function planesView(x: ArrayLike<number>, n: number, k: number, frame: number | undefined): ViewData {
  const [from, frames] = frame === undefined ? [0, k] : [frame, 1];
  const values = Float32Array.from({ length: frames * n * n }, (_, at) => x[from * n * n + at]);
  return { values: { shape: [frames, n, n, 1], values } };
}

/** gradient <- gradient (U^H U + lambda I)^-1 per slice: small enough for a library. */
function precondition({ n, rank, transform, values, gradient }: SensingFactor, lambda: number): void {
  for (const { plane, complex } of transform.slices) {
    const [start, end] = [plane * n * rank, (plane + (complex ? 2 : 1)) * n * rank];
    const part = (block: { readonly values: Float32Array }) => Float64Array.from(block.values.subarray(start, end));
    gradient.values.set(preconditionReference(part(values), part(gradient), rank, complex, lambda), start);
  }
}

/** [k, n, n] to [n, n, k] */
function tubesLast(x: ArrayLike<number>, n: number, k: number): Float32Array {
  return Float32Array.from({ length: n * n * k }, (_, i) => x[(i % k) * n * n + Math.floor(i / k)]);
}
