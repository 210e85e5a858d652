// The one triangle mesh that all readers make and the pose fit uses. Plain arrays, any process.

/** Vertices with optional attributes, and triangles whose corners run counter-clockwise seen from outside. */
export interface Mesh {
  /** [vertex, 3], in the unit of the file until `scaleMesh` */
  readonly positions: Float32Array;
  /** [triangle, 3], indices of vertices */
  readonly triangles: Uint32Array;
  /** [vertex, 3] */
  readonly normals?: Float32Array | undefined;
  /** [vertex, 3], red, green, blue, 0 to 1 as stored (sRGB) */
  readonly colours?: Float32Array | undefined;
  /** [vertex, 2], u to the right, v **down**: (0, 0) is the upper left corner of the texture, (1, 1) its lower right. */
  readonly textureCoordinates?: Float32Array | undefined;
  readonly texture?: MeshTexture | undefined;
  /** What its file holds and the reader left out, in sentences for the user. */
  readonly notes?: readonly string[] | undefined;
}

/** A texture as the mesh file refers to it. */
export interface MeshTexture {
  /** File name relative to the mesh, or what an embedded picture is called. */
  readonly name: string;
  /** The encoded picture (PNG, JPEG), where the file holds it. */
  readonly bytes?: Uint8Array | undefined;
}

export function vertexCount(mesh: Mesh): number {
  return mesh.positions.length / 3;
}

export function triangleCount(mesh: Mesh): number {
  return mesh.triangles.length / 3;
}

/** The mesh in another unit of length. */
export function scaleMesh(mesh: Mesh, factor: number): Mesh {
  return factor === 1 ? mesh : { ...mesh, positions: mesh.positions.map(value => value * factor) };
}
