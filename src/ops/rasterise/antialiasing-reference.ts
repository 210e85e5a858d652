// The published silhouette in plain loops: coverage of a pixel is blended across an edge only if the edge belongs to the
// very triangle that the covered pixel shows (Laine et al. 2020, section 3.4). Readable twin of `antialiased` in
// kernels/rasterise.ts, written from the paper's description.

import type { Drawn } from './pose-reference.ts';
import type { PoseCrop } from './pose-terms.ts';
import type { RenderMesh } from './render-mesh.ts';

/** dL/d(picture position) of one vertex, in pixels. */
export interface VertexForce {
  readonly vertex: number;
  readonly force: readonly [number, number];
}

/** Sum over the crop of the absolute differences between antialiased coverage and mask, where the mask is known. */
export function antialiasedMask(
  mesh: RenderMesh,
  { camera: { width, height }, distance, care }: PoseCrop,
  drawn: Drawn,
): { readonly loss: number; readonly forces: readonly VertexForce[] } {
  const { ids } = drawn;
  const edges = silhouetteEdges(mesh, drawn);
  const coverage = Float64Array.from(ids, id => (id >= 0 ? 1 : 0));
  const crossings: Crossing[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const axis of [0, 1] as const) {
        const [u, v] = axis === 0 ? [x + 1, y] : [x, y + 1];
        if (u >= width || v >= height) continue;
        const pair = [y * width + x, v * width + u];
        const covered = pair.filter(pixel => ids[pixel] >= 0);
        if (covered.length !== 1) continue;
        const [inside] = covered;
        const way = inside === pair[0] ? 1 : -1;
        const corners = mesh.triangles.subarray(3 * ids[inside], 3 * ids[inside] + 3);
        const found = [0, 1, 2]
          .map(k => [corners[k], corners[(k + 1) % 3]] as const)
          .filter(([a, b]) => edges.has(edgeKey(a, b)))
          .map(ends => crossingOf(ends, drawn.screen, inside, width, axis, way))
          .find(crossing => crossing !== undefined);
        if (found === undefined) continue;
        // Before the middle the covered pixel loses, beyond it the empty one gains.
        const pixel = found.at < 0.5 ? inside : pair[0] + pair[1] - inside;
        coverage[pixel] += found.at - 0.5;
        crossings.push({ ...found, pixel });
      }
    }
  }
  let loss = 0;
  coverage.forEach((value, i) => {
    loss += care[i] * Math.abs(value - (distance[i] < 0 ? 1 : 0));
  });
  const forces = crossings.flatMap(({ pixel, slopes }) => {
    const target = distance[pixel] < 0 ? 1 : 0;
    const pull = care[pixel] * Math.sign(coverage[pixel] - target);
    return slopes.map(({ vertex, force: [x, y] }): VertexForce => ({ vertex, force: [pull * x, pull * y] }));
  });
  return { loss, forces };
}

interface Crossing {
  readonly pixel: number;
  readonly at: number;
  readonly slopes: readonly VertexForce[];
}

/** Where an edge crosses the way from the covered pixel's centre (0) to its neighbour's (1), and how that follows its ends. */
function crossingOf(
  [a, b]: readonly [number, number],
  screen: Float64Array,
  inside: number,
  width: number,
  axis: 0 | 1,
  way: number,
): Omit<Crossing, 'pixel'> | undefined {
  const centre = [(inside % width) + 0.5, Math.floor(inside / width) + 0.5];
  const along = (vertex: number) => way * (screen[3 * vertex + axis] - centre[axis]);
  const across = (vertex: number) => screen[3 * vertex + 1 - axis] - centre[1 - axis];
  const [pa, pb, qa, qb] = [across(a), across(b), along(a), along(b)];
  const isCloserToPerpendicular = Math.abs(pb - pa) >= Math.abs(qb - qa);
  if (pa * pb > 0 || pa === pb || !isCloserToPerpendicular) return undefined;
  const share = pa / (pa - pb);
  const at = qa + share * (qb - qa);
  if (at < 0 || at > 1) return undefined;
  const slope = (qb - qa) / (pa - pb);
  const force = (weight: number): readonly [number, number] =>
    axis === 0 ? [way * weight, slope * weight] : [slope * weight, way * weight];
  return {
    at,
    slopes: [
      { vertex: a, force: force(1 - share) },
      { vertex: b, force: force(share) },
    ],
  };
}

/** Edges of one triangle, or whose two lie on one side of them in the picture. */
function silhouetteEdges({ edges }: RenderMesh, { areas }: Drawn): Set<string> {
  const found = new Set<string>();
  for (let e = 0; e < edges.length; e += 4) {
    const [a, b, ...around] = edges.subarray(e, e + 4);
    const sides = around.filter(f => f !== 0).map(f => Math.sign(f) * areas[Math.abs(f) - 1]);
    if (sides.length === 1 || sides[0] * sides[1] > 0) found.add(edgeKey(a, b));
  }
  return found;
}

function edgeKey(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
