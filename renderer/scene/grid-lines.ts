// The grid on the floor of the scene: a step people can count in, and its lines.

/** The largest 1, 2 or 5 times a power of ten of which at least `parts` fit into `length`. */
export function niceStep(length: number, parts: number): number {
  const most = length / parts;
  const decade = 10 ** Math.floor(Math.log10(most) + 1e-9);
  return (most >= 5 * decade * 0.999999 ? 5 : most >= 2 * decade * 0.999999 ? 2 : 1) * decade;
}

export interface GridAxis {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The axis widened to whole steps counted from `origin`. */
export function wholeSteps(from: number, to: number, step: number, origin = 0): GridAxis {
  const floor = origin + Math.floor((from - origin) / step + 1e-6) * step;
  const ceiling = origin + Math.ceil((to - origin) / step - 1e-6) * step;
  return { from: floor, to: Math.max(ceiling, floor + step), step };
}

/** Lines at height `y`, as pairs of points. */
export function gridLines(x: GridAxis, z: GridAxis, y: number): Float32Array {
  const count = (axis: GridAxis) => Math.round((axis.to - axis.from) / axis.step);
  const points: number[] = [];
  for (let k = 0; k <= count(x); k++) {
    const at = x.from + k * x.step;
    points.push(at, y, z.from, at, y, z.to);
  }
  for (let k = 0; k <= count(z); k++) {
    const at = z.from + k * z.step;
    points.push(x.from, y, at, x.to, y, at);
  }
  return Float32Array.from(points);
}
