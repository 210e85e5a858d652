// Published and independently computed figures of the sensing problem, as plain gradient descent on the device. The
// slower ones are in bench/sensing-oracles.ts.

import { afterAll, describe, expect, it } from 'vitest';
import { openNodeDevice } from '../../host/node-device.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import { createSensingData, createSensingFactor } from '../../ops/sensing/sensing-cpu.ts';
import { makeSensingProblem, relativeError, startSensing } from './sensing-data.ts';

const device = await openNodeDevice({ threads: 1 });
afterAll(() => device.dispose());

describe('sensing by gradient descent from a small start', () => {
  it('recovers the default problem to 1e-3 in 300 iterations', () => {
    const errors = [0, 1, 2, 3, 4].map(seed => {
      const [n, k, rank, eta] = [20, 4, 20, 0.25];
      const problem = makeSensingProblem({ n, k, tubalRank: 2, measurements: 468, seed });
      const data = createSensingData(device, n, k, problem.measurements, problem.y);
      const factor = createSensingFactor(device, n, rank, createTransform('dft', k));
      startSensing(factor, 1e-6, seed, 0);
      const errorAfter = (iterations: number): number => {
        for (let t = 0; t < iterations; t++) {
          factor.evaluate(data);
          for (let i = 0; i < factor.values.values.length; i++)
            factor.values.values[i] -= eta * factor.gradient.values[i];
        }
        factor.synthesise(data);
        return relativeError(data.x.values, problem.truth);
      };
      // Nothing can be there long before the first switch-on, predicted at 59.
      expect(errorAfter(30)).toBeGreaterThan(0.999);
      const error = errorAfter(270);
      factor.dispose();
      data.dispose();
      return error;
    });
    // The figure is that of a typical draw of A. An independent float64 program in numpy stays below it for 222 of 256
    // seeds and below 3e-3 for 98 %; this one stays below it for 234 of 256.
    expect(errors.sort((a, b) => a - b)[2]).toBeLessThan(1e-3);
    expect(errors[4]).toBeLessThan(3e-3);
  });
});
