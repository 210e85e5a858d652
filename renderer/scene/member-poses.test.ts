import { expect, it } from 'vitest';
import { memberPosesAt, memberStates } from './member-poses.ts';

const at = (x: number) => [1, 0, 0, x, 0, 1, 0, 0, 0, 0, 1, 5];
/** A quarter turn about z. */
const turned = [0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 5];

const request = {
  rows: [
    { iteration: 0, member: 0, pose: at(0) },
    { iteration: 0, member: 1, pose: turned },
    { iteration: 4, member: 0, pose: at(1) },
    { iteration: 9, member: 0, pose: at(2) },
    // After a resume, iteration 4 came out otherwise.
    { iteration: 4, member: 0, pose: at(1.5) },
    { iteration: 4, member: 1, other: 3 },
  ],
  measure: 'pose',
  members: 3,
  iteration: 'now',
  shown: 1,
  ended: new Set([0]),
  centre: [2, 0, 0],
} as const;

it('gives the last poses at the cursor, and nothing for a member that was never measured', () => {
  const members = (iteration: number | 'now') => [...memberPosesAt({ ...request, iteration }).members.values];
  expect(members('now').slice(0, 12)).toEqual(at(2));
  expect(members(8).slice(0, 12)).toEqual(at(1.5));
  expect(members(8).slice(12, 24)).toEqual(turned);
  expect(members('now').slice(24).every(Number.isNaN)).toBe(true);
});

it('follows the centre of the object through space, from step to step', () => {
  const { trails, trailMembers, states } = memberPosesAt(request);
  // The centre (2, 0, 0) goes where the poses put it: x = 2, 3.5, 4 at depth 5.
  expect([...trails.values]).toEqual([2, 0, 5, 3.5, 0, 5, 3.5, 0, 5, 4, 0, 5]);
  expect([...trailMembers.values]).toEqual([0, 0]);
  expect([...states.values]).toEqual([memberStates.ended, memberStates.shown, memberStates.descends]);
});
