// Pictures with exactly known motion for tests and benches of flow and tracks: a sum of waves can be drawn at any place, so
// that a moved picture needs no interpolation.

import { createRandom } from '../../numerics/random.ts';

export type Texture = (x: number, y: number) => number;
/** A place of one picture from a place of another, in pixels, centres at .5. */
export type PlaceMap = (x: number, y: number) => readonly [number, number];

/** A texture with values about 0.1 to 0.9 and wavelengths of 6 to 120 pixels in all directions, the longer the stronger, as in nature. */
export function createTexture(seed: number): Texture {
  const random = createRandom(seed, 'texture');
  const waves = Array.from({ length: 16 }, (_, n) => {
    const length = 6 * 20 ** ((n + random.uniform()) / 16);
    const angle = 2 * Math.PI * random.uniform();
    const turn = (2 * Math.PI) / length;
    const strength = Math.sqrt(length);
    return { x: turn * Math.cos(angle), y: turn * Math.sin(angle), phase: 2 * Math.PI * random.uniform(), strength };
  });
  const deviation = Math.sqrt(waves.reduce((sum, { strength }) => sum + strength * strength, 0) / 2);
  return (x, y) => {
    let sum = 0;
    for (const wave of waves) sum += wave.strength * Math.cos(wave.x * x + wave.y * y + wave.phase);
    return 0.5 + (0.15 * sum) / deviation;
  };
}

/** The texture at the place that `source` gives of each pixel centre, [height, width]. */
export function drawTexture(texture: Texture, width: number, height: number, source: PlaceMap): Float32Array {
  const values = new Float32Array(width * height);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      values[i * width + j] = texture(...source(j + 0.5, i + 0.5));
    }
  }
  return values;
}

/** Rotation by `degrees`, zoom and then a shift about `centre`, with its inverse. */
export function similarity(
  centre: readonly [number, number],
  degrees: number,
  zoom: number,
  shift: readonly [number, number],
): { readonly forward: PlaceMap; readonly inverse: PlaceMap } {
  const angle = (degrees * Math.PI) / 180;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return {
    forward: (x, y) => {
      const [dx, dy] = [x - centre[0], y - centre[1]];
      return [centre[0] + zoom * (c * dx - s * dy) + shift[0], centre[1] + zoom * (s * dx + c * dy) + shift[1]];
    },
    inverse: (x, y) => {
      const [dx, dy] = [(x - centre[0] - shift[0]) / zoom, (y - centre[1] - shift[1]) / zoom];
      return [centre[0] + c * dx + s * dy, centre[1] - s * dx + c * dy];
    },
  };
}
