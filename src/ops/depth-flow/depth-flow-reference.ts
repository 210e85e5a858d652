// Dense depth from flow in plain float64, one pixel at a time: what central differences are taken of, and what the kernel
// of the same objective is compared with.

import { pixelsPerUnit } from '../reproject/observations.ts';
import { cauchy } from '../reproject/reproject.ts';
import {
  addCameraGradient,
  checkDepthFlow,
  type DepthFlow,
  type DepthFlowProblem,
  depthFlowUnits,
  edgeWeights,
  gapOf,
  gridLevels,
  gridNodes,
  nearest,
  nodesAt,
  softFloor,
  targetFromSource,
  totalWeights,
} from './depth-flow.ts';

/** Log depth [frame, height, width] of grids [frame, nodes]. */
export function logDepthMaps(problem: DepthFlowProblem, grids: ArrayLike<number>): Float64Array {
  const { frames, width, height } = problem;
  const maps = new Float64Array(frames * width * height);
  eachNode(problem, (pixel, node, share) => {
    maps[pixel] += share * grids[node];
  });
  return maps;
}

/** Every pixel [frame, height, width] with every node [frame, nodes] that it is enlarged from, and the node's share. */
function eachNode(problem: DepthFlowProblem, visit: (pixel: number, node: number, share: number) => void): void {
  const { frames, width, height } = problem;
  const nodes = gridNodes(problem);
  for (const level of gridLevels(problem)) {
    for (let f = 0; f < frames; f++) {
      for (let y = 0; y < height; y++) {
        const row = nodesAt(y, level.cell, level.height);
        for (let x = 0; x < width; x++) {
          const column = nodesAt(x, level.cell, level.width);
          const pixel = (f * height + y) * width + x;
          const first = f * nodes + level.offset;
          const near = first + row.near * level.width;
          const far = first + row.far * level.width;
          visit(pixel, near + column.near, (1 - row.share) * (1 - column.share));
          visit(pixel, near + column.far, (1 - row.share) * column.share);
          visit(pixel, far + column.near, row.share * (1 - column.share));
          visit(pixel, far + column.far, row.share * column.share);
        }
      }
    }
  }
}

/** Throws a LabError of code 'input' as `checkDepthFlow` does. */
export function plainDepthFlow(problem: DepthFlowProblem): DepthFlow {
  checkDepthFlow(problem);
  const { frames, width, height, edges } = problem;
  const pixels = width * height;
  const { unit, stepX, stepY, centreX, centreY } = depthFlowUnits(problem);
  const steps = problem.greys.map(grey => edgeWeights(grey, width, height));
  const weightUpTo = totalWeights(problem);
  return {
    edges,
    evaluate(state, settings, gradient, byCameras) {
      byCameras?.twists.fill(0);
      byCameras?.logFocal.fill(0);
      const total = weightUpTo(settings.longestGap);
      const maps = logDepthMaps(problem, state.grids);
      const slopes = new Float64Array(maps.length);
      const rows = new Float64Array(12);
      const byRows = new Float64Array(12);
      let [flow, smoothness, consistency, behind] = [0, 0, 0, 0];

      const smoothShare = settings.smoothness / (frames * pixels);
      for (let p = 0; p < maps.length; p++) {
        const { right, down } = steps[Math.floor(p / pixels)];
        for (const [weight, next] of [
          [right[p % pixels], p + 1],
          [down[p % pixels], p + width],
        ]) {
          if (weight === 0) continue;
          const difference = maps[next] - maps[p];
          smoothness += weight * soft(difference);
          const slope = smoothShare * weight * softSlope(difference);
          slopes[next] += slope;
          slopes[p] -= slope;
        }
      }

      for (const edge of edges) {
        if (gapOf(edge) > settings.longestGap) continue;
        targetFromSource(state, edge.source, edge.target, rows);
        byRows.fill(0);
        for (let p = 0; p < pixels; p++) {
          const weight = edge.weights[p];
          if (weight === 0) continue;
          const x = ((p % width) + 0.5) * stepX - centreX;
          const y = (Math.floor(p / width) + 0.5) * stepY - centreY;
          const measuredX = x + unit * edge.flow[2 * p];
          const measuredY = y + unit * edge.flow[2 * p + 1];
          const here = edge.source * pixels + p;
          const inverse = Math.exp(-maps[here]);
          const far = rows[8] * x + rows[9] * y + rows[10];
          const depthRatio = far + rows[11] * inverse;
          if (!(depthRatio > nearest)) {
            behind++;
            flow += weight * cauchy(pixelsPerUnit ** 2, settings.delta);
            continue;
          }
          const px = (rows[0] * x + rows[1] * y + rows[2] + rows[3] * inverse) / depthRatio;
          const py = (rows[4] * x + rows[5] * y + rows[6] + rows[7] * inverse) / depthRatio;
          const [rx, ry] = [px - measuredX, py - measuredY];
          const squared = rx * rx + ry * ry;
          flow += weight * cauchy(squared, settings.delta);
          // By log depth: inverse depth changes by −inverse.
          const along = rx * (rows[3] - px * rows[11]) + ry * (rows[7] - py * rows[11]);
          const robust = 2 / (1 + squared / settings.delta ** 2);
          slopes[here] -= (((weight / total) * robust * inverse) / depthRatio) * along;
          const point = [x, y, 1, inverse];
          const pull = ((weight / total) * robust) / depthRatio;
          for (let c = 0; c < 4; c++) {
            byRows[c] += pull * rx * point[c];
            byRows[4 + c] += pull * ry * point[c];
            byRows[8 + c] -= pull * (rx * px + ry * py) * point[c];
          }

          const column = (measuredX + centreX) / stepX - 0.5;
          const row = (measuredY + centreY) / stepY - 0.5;
          if (!(column >= -0.5 && column <= width - 0.5 && row >= -0.5 && row <= height - 0.5)) continue;
          const across = nodesAt(column, 1, width);
          const downwards = nodesAt(row, 1, height);
          const corners = [
            [downwards.near, across.near, (1 - downwards.share) * (1 - across.share)],
            [downwards.near, across.far, (1 - downwards.share) * across.share],
            [downwards.far, across.near, downwards.share * (1 - across.share)],
            [downwards.far, across.far, downwards.share * across.share],
          ];
          let difference = maps[here] + Math.log(depthRatio);
          for (const [i, j, share] of corners) difference -= share * maps[edge.target * pixels + i * width + j];
          consistency += weight * soft(difference);
          const slope = ((settings.consistency * weight) / total) * softSlope(difference);
          slopes[here] += (slope * far) / depthRatio;
          for (let c = 0; c < 4; c++) byRows[8 + c] += (slope / depthRatio) * point[c];
          for (const [i, j, share] of corners) slopes[edge.target * pixels + i * width + j] -= slope * share;
        }
        if (byCameras !== undefined) addCameraGradient(state, edge.source, edge.target, byRows, byCameras);
      }

      gradient.fill(0);
      eachNode(problem, (pixel, node, share) => {
        gradient[node] += share * slopes[pixel];
      });
      flow /= total;
      smoothness /= frames * pixels;
      consistency /= total;
      const loss = flow + settings.smoothness * smoothness + settings.consistency * consistency;
      return { loss, flow, smoothness, consistency, behind };
    },
  };
}

function soft(difference: number): number {
  return Math.sqrt(difference * difference + softFloor * softFloor) - softFloor;
}

function softSlope(difference: number): number {
  return difference / Math.sqrt(difference * difference + softFloor * softFloor);
}
