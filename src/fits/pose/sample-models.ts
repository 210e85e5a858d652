// The four objects of the sample scene and what else lies about on the table, with textures painted by the program.
// Millimetres; z is the object's own axis. Pure, any process.
import type { PoseModel, TexturePixels } from '../../formats/pose-scene.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { boxMesh, joinMeshes, lathe } from '../../geometry/primitives.ts';
import { createRandom, type RandomSource } from '../../numerics/random.ts';

type Colour = readonly [number, number, number];

/** A food can: looks alike from all sides but for its label. */
export function canModel(objectId: number): PoseModel {
  const side = Array.from({ length: 9 }, (_, i) => [33, -49 + (98 * i) / 8] as const);
  const mesh = lathe([[0, -51], [31, -51], ...side, [31, 51], [29.5, 51], [29.5, 48.5], [15, 48.5], [0, 48.5]], 96);
  const random = createRandom(1, 'can label');
  const label = blocks(random, 64, 24, [
    [0.75, 0.12, 0.1],
    [0.93, 0.9, 0.8],
    [0.95, 0.75, 0.15],
    [0.1, 0.2, 0.35],
  ]);
  const texture = paint(512, 256, (u, v) => {
    // The side is the stretch of the profile between the two bevels.
    if (v < 0.215 || v > 0.8) return [0.72, 0.73, 0.75];
    const height = (v - 0.215) / 0.585;
    if (height < 0.06 || height > 0.94) return [0.95, 0.75, 0.15];
    return label(u, height);
  });
  return { objectId, name: 'can', mesh, texture, notes: [] };
}

/** A cereal box with a different picture on each face. */
export function boxModel(objectId: number): PoseModel {
  const mesh = boxMesh(110, 45, 150);
  // Faces side by side in an atlas of 3 × 2 tiles, four vertices each.
  const textureCoordinates = mesh.textureCoordinates!.map((value, i) => {
    const face = Math.floor(i / 8);
    const inset = 0.02 + 0.96 * value;
    return i % 2 === 0 ? ((face % 3) + inset) / 3 : (Math.floor(face / 3) + inset) / 2;
  });
  const random = createRandom(2, 'box faces');
  const bases: readonly Colour[] = [
    [0.15, 0.35, 0.7],
    [0.85, 0.55, 0.1],
    [0.2, 0.55, 0.3],
    [0.8, 0.8, 0.75],
    [0.6, 0.15, 0.45],
    [0.25, 0.6, 0.65],
  ];
  const faces = bases.map(base => blocks(random, 9, 11, [base, base, [0.95, 0.93, 0.88], [0.12, 0.12, 0.15]]));
  const texture = paint(384, 256, (u, v) => {
    const [column, row] = [Math.min(2, Math.floor(3 * u)), Math.min(1, Math.floor(2 * v))];
    return faces[3 * row + column](3 * u - column, 2 * v - row);
  });
  return { objectId, name: 'box', mesh: { ...mesh, textureCoordinates }, texture, notes: [] };
}

/** A bowl, the same from all sides: no picture can tell how it is turned about its axis. */
export function bowlModel(objectId: number): PoseModel {
  const outside = Array.from({ length: 13 }, (_, i) => {
    const angle = (Math.PI / 2) * (i / 12);
    return [24 + 46 * Math.sin(angle), 30 - 54 * Math.cos(angle)] as const;
  });
  const inside = outside.map(([radius, z]) => [radius - 4, Math.max(z, -21)] as const).reverse();
  const mesh = lathe([[0, -28], [22, -28], [24, -24], ...outside.slice(1), ...inside, [0, -21]], 96);
  const colours = mesh.positions.map((_, i) => {
    const z = mesh.positions[i - (i % 3) + 2];
    return (z > 18 ? [0.2, 0.35, 0.6] : [0.88, 0.87, 0.82])[i % 3];
  });
  return {
    objectId,
    name: 'bowl',
    mesh: { ...mesh, colours, textureCoordinates: undefined },
    texture: undefined,
    notes: [],
  };
}

/** A thumb screw with a large and a small wing: small, thin and of one colour. */
export function screwModel(objectId: number): PoseModel {
  const [bottom, top, pitch] = [-38, 20, 4.5];
  const rings = 104;
  const shaft = lathe(
    [
      [0, bottom],
      ...Array.from({ length: rings + 1 }, (_, i) => [5, bottom + ((top - bottom) * i) / rings] as const),
      [0, top],
    ],
    24,
  );
  const positions = shaft.positions.slice();
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = positions.subarray(i, i + 3);
    const radius = Math.hypot(x, y);
    if (radius < 1) continue;
    const phase = z / pitch - Math.atan2(y, x) / (2 * Math.PI);
    const crest = Math.abs(2 * (phase - Math.floor(phase)) - 1);
    // A point at the lower end, and the thread fades out below the head.
    const factor = (0.85 + (z < 14 ? 0.3 * crest : 0)) * (z < bottom + 4 ? 0.5 + (z - bottom) / 8 : 1);
    positions[i] *= factor;
    positions[i + 1] *= factor;
  }
  const collar = lathe(
    [
      [0, 14],
      [9, 14],
      [9, 23],
      [0, 23],
    ],
    32,
  );
  const large = moved(boxMesh(20, 5, 18), 13, 0, 25);
  const small = moved(boxMesh(12, 5, 11), -9, 0, 22);
  const mesh = joinMeshes([{ ...shaft, positions }, collar, large, small]);
  const colours = mesh.positions.map((_, i) => {
    const z = mesh.positions[i - (i % 3) + 2];
    return (z > 13.9 ? [0.72, 0.57, 0.25] : [0.62, 0.62, 0.64])[i % 3];
  });
  return {
    objectId,
    name: 'screw',
    mesh: { ...mesh, colours, textureCoordinates: undefined },
    texture: undefined,
    notes: [],
  };
}

/** The table top: 1.4 m square, its upper side at z = 0. */
export function tableBody(): { readonly mesh: Mesh; readonly texture: TexturePixels } {
  const half = 700;
  const mesh: Mesh = {
    positions: Float32Array.of(-half, -half, 0, half, -half, 0, half, half, 0, -half, half, 0),
    triangles: Uint32Array.of(0, 1, 2, 0, 2, 3),
    textureCoordinates: Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1),
  };
  const random = createRandom(3, 'table');
  const phases = Array.from({ length: 12 }, () => 2 * Math.PI * random.uniform());
  const texture = paint(512, 512, (u, v) => {
    let grain = 0;
    phases.forEach((phase, i) => {
      grain +=
        Math.sin(2 * Math.PI * (3 + 5 * i) * v + phase + 2 * Math.sin(2 * Math.PI * (1 + (i % 3)) * u + i)) / (4 + i);
    });
    const shade = 0.5 + 0.12 * grain;
    return [shade * 1.1, shade * 0.85, shade * 0.62];
  });
  return { mesh, texture };
}

/** A mesh all of one colour. */
export function coloured(mesh: Mesh, colour: Colour): Mesh {
  return { ...mesh, colours: mesh.positions.map((_, i) => colour[i % 3]), textureCoordinates: undefined };
}

function moved(mesh: Mesh, ...shift: readonly number[]): Mesh {
  return { ...mesh, positions: mesh.positions.map((value, i) => value + shift[i % 3]) };
}

/** Random rectangles of a palette on a grid, some with stripes: something to match from everywhere. */
function blocks(
  random: RandomSource,
  columns: number,
  rows: number,
  palette: readonly Colour[],
): (u: number, v: number) => Colour {
  const cells = Array.from({ length: columns * rows }, () => random.integer(palette.length));
  for (let n = 0; n < 8; n++) {
    const [left, top] = [random.integer(columns), random.integer(rows)];
    const [width, height, colour] = [
      2 + random.integer(columns >> 2),
      1 + random.integer(rows >> 1),
      random.integer(palette.length),
    ];
    for (let y = top; y < Math.min(rows, top + height); y++) {
      for (let x = left; x < left + width; x++) cells[y * columns + (x % columns)] = colour;
    }
  }
  return (u, v) => {
    const column = Math.min(columns - 1, Math.max(0, Math.floor(u * columns)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(v * rows)));
    return palette[cells[row * columns + column]];
  };
}

/** Rounded to 8 bits, so that a file keeps it exactly. */
function paint(width: number, height: number, colour: (u: number, v: number) => Colour): TexturePixels {
  const values = new Float32Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const at = colour(((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height);
    for (let k = 0; k < 3; k++) values[3 * i + k] = Math.round(255 * Math.min(1, Math.max(0, at[k]))) / 255;
  }
  return { width, height, values };
}
