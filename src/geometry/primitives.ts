// Meshes of simple bodies, closed and facing outwards, centred on the origin, for samples and tests; and the plane of a
// picture. Pure, any process.
import { type Camera, unproject } from './camera.ts';
import type { Mesh } from './mesh.ts';

/** A box of the given edge lengths: 12 triangles, each face with its own four vertices and the whole texture. */
export function boxMesh(width: number, height: number, depth: number): Mesh {
  const half = [width / 2, height / 2, depth / 2];
  const positions: number[] = [];
  const textureCoordinates: number[] = [];
  const triangles: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    for (const side of [-1, 1]) {
      const first = positions.length / 3;
      for (const [s, t] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ]) {
        const corner = [0, 0, 0];
        corner[axis] = side * half[axis];
        corner[u] = s * half[u];
        corner[v] = t * half[v];
        positions.push(...corner);
        textureCoordinates.push((s + 1) / 2, (1 - t) / 2);
      }
      const [b, d] = side > 0 ? [1, 3] : [3, 1];
      triangles.push(first, first + b, first + 2, first, first + 2, first + d);
    }
  }
  return meshOf(positions, triangles, textureCoordinates);
}

/**
 * A body of revolution about z: `profile` are [radius, z] from one end of the axis to the other, such that the body lies
 * to their left when r points right and z up (bottom to top along the outside). Ends with a radius of 0 close it. The
 * texture runs once around, and along the length of the profile.
 */
export function lathe(profile: readonly (readonly [number, number])[], segments: number): Mesh {
  const rings = profile.length;
  const lengths = [0];
  for (let i = 1; i < rings; i++) {
    lengths.push(lengths[i - 1] + Math.hypot(profile[i][0] - profile[i - 1][0], profile[i][1] - profile[i - 1][1]));
  }
  const positions: number[] = [];
  const textureCoordinates: number[] = [];
  const triangles: number[] = [];
  profile.forEach(([radius, z], ring) => {
    for (let s = 0; s <= segments; s++) {
      // The last column is the first again, with the texture's other end; its place must have the same bits.
      const angle = (2 * Math.PI * (s % segments)) / segments;
      positions.push(radius * Math.cos(angle), radius * Math.sin(angle), z);
      textureCoordinates.push(s / segments, 1 - lengths[ring] / lengths[rings - 1]);
    }
  });
  const columns = segments + 1;
  for (let ring = 0; ring + 1 < rings; ring++) {
    for (let s = 0; s < segments; s++) {
      const [a, b] = [ring * columns + s, ring * columns + s + 1];
      const [c, d] = [a + columns, b + columns];
      if (profile[ring][0] > 0) triangles.push(a, b, d);
      if (profile[ring + 1][0] > 0) triangles.push(a, d, c);
    }
  }
  return meshOf(positions, triangles, textureCoordinates);
}

/** A cylinder along z, with `rings` bands on its side. */
export function cylinderMesh(radius: number, height: number, segments: number, rings: number): Mesh {
  const side = Array.from({ length: rings + 1 }, (_, i) => [radius, height * (i / rings - 0.5)] as const);
  return lathe([[0, -height / 2], ...side, [0, height / 2]], segments);
}

/** A torus about z. */
export function torusMesh(radius: number, tube: number, segments: number, sides: number): Mesh {
  const profile = Array.from({ length: sides + 1 }, (_, i) => {
    const angle = (2 * Math.PI * (i % sides)) / sides;
    return [radius + tube * Math.cos(angle), tube * Math.sin(angle)] as const;
  });
  return lathe(profile, segments);
}

/** A sphere with wavy radius, without any symmetry: `radius` · (1 + wave · sum of three low harmonics). */
export function blobMesh(radius: number, wave: number, segments: number, rings: number): Mesh {
  const profile = Array.from({ length: rings + 1 }, (_, i) => {
    const angle = (Math.PI * i) / rings - Math.PI / 2;
    return [i % rings === 0 ? 0 : Math.cos(angle), Math.sin(angle)] as const;
  });
  const sphere = lathe(profile, segments);
  const positions = sphere.positions.slice();
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = sphere.positions.subarray(i, i + 3);
    const factor = radius * (1 + wave * (x * y + 0.7 * y * z * z - 0.5 * x * x * z + 0.4 * x));
    for (let k = 0; k < 3; k++) positions[i + k] *= factor;
  }
  return { ...sphere, positions };
}

/** Several bodies as one mesh; colours and texture coordinates only where all have them. */
export function joinMeshes(meshes: readonly Mesh[]): Mesh {
  const triangles: number[] = [];
  let first = 0;
  for (const mesh of meshes) {
    for (const vertex of mesh.triangles) triangles.push(first + vertex);
    first += mesh.positions.length / 3;
  }
  const join = (pick: (mesh: Mesh) => Float32Array | undefined) =>
    meshes.every(pick) ? Float32Array.from(meshes.flatMap(mesh => [...pick(mesh)!])) : undefined;
  return {
    positions: join(mesh => mesh.positions)!,
    triangles: Uint32Array.from(triangles),
    colours: join(mesh => mesh.colours),
    textureCoordinates: join(mesh => mesh.textureCoordinates),
  };
}

function meshOf(positions: number[], triangles: number[], textureCoordinates: number[]): Mesh {
  return {
    positions: Float32Array.from(positions),
    triangles: Uint32Array.from(triangles),
    textureCoordinates: Float32Array.from(textureCoordinates),
  };
}

/** The rectangle in camera axes that the whole picture shows at z-depth `depth`; its front looks at the camera. */
export function picturePlane(camera: Camera, depth: number): Mesh {
  const { width, height } = camera;
  const corners = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  return {
    positions: Float32Array.from(corners.flatMap(([u, v]) => [...unproject(camera, u, v, depth)])),
    textureCoordinates: Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1),
    triangles: Uint32Array.of(0, 2, 1, 0, 3, 2),
  };
}
