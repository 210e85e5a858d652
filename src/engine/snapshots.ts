// At which iterations pictures and costlier figures are taken: every one at first, then fifteen per decade, so that a
// run of any length leaves 30 to 60 and the early phases are as visible as the late ones.

const PER_DECADE = 15;

/** Depends on the iteration alone, so that a resumed or replayed run takes the same. */
export function isSnapshotIteration(iteration: number): boolean {
  if (iteration <= 1) return true;
  const step = (i: number) => Math.floor(PER_DECADE * Math.log10(i));
  return step(iteration) !== step(iteration - 1);
}
