// The colour wheel of the Middlebury flow benchmark (Baker et al. 2011): hue is the direction, white is no motion, full
// colour the given length, darker beyond it. Pure, any process.

/** Steps from red over yellow, green, cyan, blue and magenta back to red: finer where the eye tells hues apart better. */
const wheel: readonly (readonly [number, number, number])[] = [
  ...arc(15, s => [1, s, 0]),
  ...arc(6, s => [1 - s, 1, 0]),
  ...arc(4, s => [0, 1, s]),
  ...arc(11, s => [0, 1 - s, 1]),
  ...arc(13, s => [s, 0, 1]),
  ...arc(6, s => [1, 0, 1 - s]),
];

function arc(steps: number, colour: (share: number) => readonly [number, number, number]) {
  return Array.from({ length: steps }, (_, i) => colour(i / steps));
}

/**
 * Colours [vector, 3], 0 to 1, of the vectors `flow` [vector, 2] (u to the right, v down); black where one is not finite.
 * `fullLength` is the length that gets full colour; left out, the greatest length there is.
 */
export function flowColours(flow: Float32Array, fullLength = longest(flow)): Float32Array {
  const colours = new Float32Array((flow.length / 2) * 3);
  const scale = fullLength > 0 ? 1 / fullLength : 0;
  for (let i = 0; i < flow.length / 2; i++) {
    const [u, v] = [scale * flow[2 * i], scale * flow[2 * i + 1]];
    const length = Math.hypot(u, v);
    if (!Number.isFinite(length)) continue;
    // From 0 at the left, through up and right, to 1 at the left again.
    const turn = (Math.atan2(-v, -u) / Math.PI + 1) / 2;
    const position = turn * (wheel.length - 1);
    const before = Math.floor(position);
    for (let c = 0; c < 3; c++) {
      const [one, other] = [wheel[before][c], wheel[(before + 1) % wheel.length][c]];
      const hue = one + (position - before) * (other - one);
      colours[3 * i + c] = length <= 1 ? 1 - length * (1 - hue) : 0.75 * hue;
    }
  }
  return colours;
}

function longest(flow: Float32Array): number {
  let squared = 0;
  for (let i = 0; i < flow.length; i += 2) {
    const square = flow[i] ** 2 + flow[i + 1] ** 2;
    if (square > squared && square < Infinity) squared = square;
  }
  return Math.sqrt(squared);
}
