// Which recorded states a trail goes through: few enough to be pulled and drawn, and the same ones while a run goes on. Pure.

/** `iterations`, rising, thinned to at most `most` by leaving out every other one as often as it takes. */
export function trailSnapshots(iterations: readonly number[], most: number): readonly number[] {
  let stride = 1;
  while (Math.ceil(iterations.length / stride) > most) stride *= 2;
  return iterations.filter((_, place) => place % stride === 0);
}
