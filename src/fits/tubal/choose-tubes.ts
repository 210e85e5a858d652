// Which axis of a plain array becomes the tubes. No figure of the entries alone tells: it depends on what moves with what.
// So a short descent of low rank is made along each axis, on a block from the middle, and the one that tells held-out
// entries best is taken. It sees observed entries only, and depends on nothing else than them and the seed.

import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import { createRandom } from '../../numerics/random.ts';
import { createCompletionData, createCompletionFactors, maskByte } from '../../ops/completion/completion-cpu.ts';
import { createTransform } from '../../ops/mode3-transform/transform.ts';
import type { FitInput } from '../fit.ts';
import { rowsFit, startSmall } from './factor-solver.ts';
import { fromTensor, type Layout, type LayoutId, layoutOf, toTensor } from './layout.ts';
import type { Observations } from './observations.ts';
import { largestSliceSingularValue } from './spectrum.ts';

const SIDE = 48;
const RANK = 10;
const ITERATIONS = 150;
const LOOK_EVERY = 10;
const HELD_OUT_SHARE = 0.2;
/** Fewer held-out entries than this decide nothing. */
const ENOUGH = 100;
const ALPHA = 1e-3;
const ETA = 0.9;

/** The layout that `auto` stands for. */
export function chooseTubes(
  device: CpuDevice,
  input: FitInput,
  natural: Layout,
  { values, mask }: Observations, // in the order of `natural`
  seed: number,
): Exclude<LayoutId, 'auto'> {
  const { kind, shape } = input;
  if (shape.length === 4) return 'video';
  if (kind !== 'array' || shape.length !== 3 || shape[2] === 1 || shape[2] === 3) return 'frontal';
  const size = shape.map(n => Math.min(SIDE, n));
  const corner = shape.map((n, axis) => (n - size[axis]) >> 1);
  const count = size.reduce((product, n) => product * n);
  const [inOrder, known] = [
    fromTensor(natural, values, new Float32Array(values.length)),
    fromTensor(natural, mask, new Uint8Array(mask.length)),
  ];
  const block = new Float32Array(count);
  const marks = new Uint8Array(count);
  const random = createRandom(seed, 'pilot');
  let sum = 0;
  let training = 0;
  let heldOut = 0;
  for (let at = 0; at < count; at++) {
    const place = [Math.floor(at / (size[1] * size[2])), Math.floor(at / size[2]) % size[1], at % size[2]];
    const from = place.reduce((index, p, axis) => index * shape[axis] + corner[axis] + p, 0);
    if (known[from] !== maskByte.training) continue;
    block[at] = inOrder[from];
    marks[at] = random.uniform() < HELD_OUT_SHARE ? maskByte.validation : maskByte.training;
    if (marks[at] === maskByte.validation) heldOut++;
    else {
      sum += block[at];
      training++;
    }
  }
  if (heldOut < ENOUGH) return 'frontal';
  const centre = sum / training;
  const centred = block.map(value => value - centre);
  const piece: FitInput = { name: 'block', kind: 'array', shape: size, values: centred, fullScale: 1 };
  const able = (['frontal', 'video', 'lateral'] as const).filter(id => rowsFit(layoutOf(input, id)));
  const errors = able.map((id): { readonly id: (typeof able)[number]; readonly error: number } => {
    const layout = layoutOf(piece, id);
    return { id, error: heldOutError(device, piece, toTensor(layout, marks, new Uint8Array(count)), layout, seed) };
  });
  return errors.reduce((best, each) => (each.error < best.error ? each : best), { id: 'frontal', error: Infinity }).id;
}

/** The least held-out loss of a short descent. */
function heldOutError(device: CpuDevice, piece: FitInput, mask: Uint8Array, layout: Layout, seed: number): number {
  const { rows, columns, planes } = layout;
  const transform = createTransform('dct', planes.length);
  const values = toTensor(layout, piece.values, new Float32Array(mask.length));
  const trainingRate = mask.reduce((sum, m) => sum + (m === maskByte.training ? 1 : 0), 0) / mask.length;
  const sigma = largestSliceSingularValue({ values, mask, trainingRate }, rows, columns, transform);
  if (!(sigma > 0)) return Infinity;
  const rank = Math.max(1, Math.min(RANK, Math.min(rows, columns) >> 1));
  const data = createCompletionData(device, rows, columns, planes.length, values, mask);
  const factors = createCompletionFactors(device, rows, columns, rank, transform);
  const random = createRandom(seed, 'pilot start');
  startSmall(factors.left.values, transform, rows, rank, ALPHA, () => random.normal());
  startSmall(factors.right.values, transform, columns, rank, ALPHA, () => random.normal());
  const step = ETA / (trainingRate * sigma);
  const moved = [
    [factors.left.values, factors.gradLeft.values],
    [factors.right.values, factors.gradRight.values],
  ];
  let least = Infinity;
  for (let iteration = 0; iteration <= ITERATIONS; iteration++) {
    const { validation } = factors.evaluate(data, { weight: 0, epsilon: 1, directions: 2, channels: 'separate' });
    if (iteration % LOOK_EVERY === 0 && validation < least) least = validation;
    for (const [block, gradient] of moved) for (let i = 0; i < block.length; i++) block[i] -= step * gradient[i];
  }
  factors.dispose();
  data.dispose();
  return least;
}
