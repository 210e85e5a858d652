// Where the members of a run stood, from its measures: their poses at the cursor and the paths that led there. Pure.

import type { MeasureRow } from '../../src/protocol/run.ts';
import type { ViewArray, ViewData } from '../../src/protocol/views.ts';

/** What a member is drawn as. */
export const memberStates = { descends: 0, ended: 1, shown: 2 } as const;

export interface MembersAt {
  readonly rows: readonly MeasureRow[];
  /** Name of the measure with twelve numbers, worldFromObject [3, 4] row-major. */
  readonly measure: string;
  readonly members: number;
  readonly iteration: number | 'now';
  readonly shown: number;
  readonly ended: ReadonlySet<number>;
  /** x y z that leaves the trail, in the object's axes. */
  readonly centre: readonly number[];
}

/**
 * Arrays: `members` [n, 3, 4] the last poses at or before the iteration (NaN: none), `states` [n] of `memberStates`,
 * `trails` [s, 2, 3] the pieces of all paths of the centre, `trailMembers` [s] whose they are.
 */
export function memberPosesAt({ rows, measure, members, iteration, shown, ended, centre }: MembersAt): ViewData {
  const steps: Map<number, readonly number[]>[] = Array.from({ length: members }, () => new Map());
  for (const row of rows) {
    const pose = row[measure];
    if (!Array.isArray(pose) || pose.length !== 12 || row.member >= members) continue;
    // Of an iteration that was run again after a resume the later row holds.
    if (iteration === 'now' || row.iteration <= iteration) steps[row.member].set(row.iteration, pose as number[]);
  }
  const last = new Float32Array(12 * members).fill(Number.NaN);
  const pieces: number[] = [];
  const owners: number[] = [];
  steps.forEach((path, member) => {
    const poses = [...path].sort(([a], [b]) => a - b).map(([, pose]) => pose);
    const newest = poses.at(-1);
    if (newest !== undefined) last.set(newest, 12 * member);
    const points = poses.map(pose => placed(pose, centre));
    for (let k = 1; k < points.length; k++) {
      pieces.push(...points[k - 1], ...points[k]);
      owners.push(member);
    }
  });
  const states = Uint8Array.from({ length: members }, (_, member) =>
    member === shown ? memberStates.shown : ended.has(member) ? memberStates.ended : memberStates.descends,
  );
  return {
    members: { shape: [members, 3, 4], values: last },
    states: { shape: [members], values: states },
    trails: { shape: [owners.length, 2, 3], values: Float32Array.from(pieces) },
    trailMembers: { shape: [owners.length], values: Uint16Array.from(owners) } satisfies ViewArray,
  };
}

function placed(pose: readonly number[], [x, y, z]: readonly number[]): readonly number[] {
  return [0, 4, 8].map(row => pose[row] * x + pose[row + 1] * y + pose[row + 2] * z + pose[row + 3]);
}
