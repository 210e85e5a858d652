// Which unit of length a mesh is in, guessed where nobody says so. Pure, any process.

export interface MeshUnitGuess {
  readonly millimetresPerUnit: number;
  readonly unit: 'millimetres' | 'centimetres' | 'metres';
  /** Why, for the user. */
  readonly reason: string;
}

const units = [
  ['millimetres', 1],
  ['centimetres', 10],
  ['metres', 1000],
] as const;

/**
 * `diameter` in units of the mesh. `seenMillimetres`, where known, is how large the object appears: extent of its mask in
 * pixels · distance / focal length. Without it an object is taken to measure between 2 cm and 2 m, and a mesh that is a
 * single point to be in millimetres.
 */
export function guessMeshUnit(diameter: number, seenMillimetres: number | undefined): MeshUnitGuess {
  if (!(diameter > 0)) {
    return { unit: 'millimetres', millimetresPerUnit: 1, reason: 'The mesh is a single point, which tells no unit.' };
  }
  const size = Number(diameter.toPrecision(3));
  if (seenMillimetres !== undefined) {
    const [unit, millimetresPerUnit] = units.reduce((best, candidate) =>
      misfit(diameter * candidate[1]) < misfit(diameter * best[1]) ? candidate : best,
    );
    const reason = `The mesh measures ${size} and appears ${Number(seenMillimetres.toPrecision(2))} mm large, so it is taken to be in ${unit}.`;
    return { unit, millimetresPerUnit, reason };
  }
  const [unit, millimetresPerUnit] = diameter < 2 ? units[2] : diameter < 20 ? units[1] : units[0];
  return { unit, millimetresPerUnit, reason: `The mesh measures ${size} and is taken to be in ${unit}.` };

  function misfit(millimetres: number): number {
    return Math.abs(Math.log(millimetres / seenMillimetres!));
  }
}
