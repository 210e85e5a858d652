// Sensing: a symmetric tensor X* of low tubal rank from Gaussian measurements y_i = <A_i, X*>, by gradient descent on U
// with X = U * U^T from a small start. The problem is synthetic, so the truth is known and every law can be checked.

import { preconditionReference } from '../../ops/completion/completion-reference.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import {
  createSensingData,
  createSensingFactor,
  measurementBytes,
  type SensingFactor,
} from '../../ops/sensing/sensing-cpu.ts';
import { LabError } from '../../protocol/lab-error.ts';
import type { LoadContext, Measures, Problem, SettingValues } from '../fit.ts';
import { labelsOf } from './labels.ts';
import { nextSwitchOn, switchOnIteration } from './law.ts';
import { countSensing, makeSensingProblem, relativeError, startSensing } from './sensing-data.ts';
import { singularTubeNorms, symmetricSliceSingularValues } from './singular-tubes.ts';
import { phaseAt, structureOf } from './structure.ts';

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
  const alphaOf = (settings: SettingValues) => Number(settings.initialScale ?? 1e-6);
  const factors = members.map((settings, member) => {
    const factor = createSensingFactor(device, n, Number(settings.rank ?? n), transform);
    startSensing(factor, alphaOf(settings), seed, member);
    return factor;
  });
  const labels = labelsOf(members);
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
        learningRate: settings.method === 'scaled-gd' ? 0.5 : settings.method === 'prec-gd' ? 0.3 : 0.25,
        damping: settings.method === 'scaled-gd' ? 0.01 : 1,
        smoothness: 0,
      },
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
      const values = symmetricSliceSingularValues(factor.values.values, n, factor.rank, transform);
      const law = { alpha: alphaOf(members[member]), eta: hyper.learningRate, scale: transform.scale };
      const next = nextSwitchOn(truthSingularValues, law, iteration);
      return {
        testError: relativeError(data.x.values, truth),
        ...structureOf(values, transform),
        truthTubes: Array.from(singularTubeNorms(truthSingularValues, transform)),
        switchOn: Array.from(truthSingularValues[0], lambda => switchOnIteration(lambda, law)),
        ...(next === undefined ? {} : { nextTube: next.tube, nextTubeAt: next.iteration }),
        ...phaseAt(history),
      };
    },
    snapshot: () => undefined,
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
