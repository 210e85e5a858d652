import { expect, test } from 'vitest';
import { TraceStore } from '../../state/trace-store.ts';
import { traceCsv } from './records.ts';

test('rows come by iteration, then member, in full precision', () => {
  const trace = new TraceStore();
  trace.reset(['data']);
  const third = 1 / 3;
  trace.append(Float64Array.of(0, 0, 1, Number.NaN, 0.9, 1, 0, 1, 2, 0.5, 0.9, 2, 1, 1, third, Number.NaN, 0.9, 1));
  expect(traceCsv(trace).split('\n')).toEqual([
    'iteration,member,loss,validation,learningRate,data',
    '0,0,1,,0.9,1',
    '0,1,2,0.5,0.9,2',
    `1,1,${third},,0.9,1`,
    '',
  ]);
});
