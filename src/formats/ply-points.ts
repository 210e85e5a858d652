// Clouds of points as binary PLY: positions, colours and, where there is one, a confidence. Meshes are ply.ts's. Pure.

export interface PointCloud {
  /** [n, 3] */
  readonly positions: ArrayLike<number>;
  /** [n, 3] 0 … 255 */
  readonly colours: ArrayLike<number>;
  /** [n] */
  readonly confidence?: ArrayLike<number> | undefined;
}

/** Little endian: x y z float, red green blue uchar, and confidence float. `comments` go into the header. */
export function encodePlyPoints(cloud: PointCloud, comments: readonly string[] = []): Uint8Array {
  const { positions, colours, confidence } = cloud;
  const count = positions.length / 3;
  const lines = [
    'ply',
    'format binary_little_endian 1.0',
    ...comments.map(comment => `comment ${comment}`),
    `element vertex ${count}`,
    ...['x', 'y', 'z'].map(name => `property float ${name}`),
    ...['red', 'green', 'blue'].map(name => `property uchar ${name}`),
    ...(confidence === undefined ? [] : ['property float confidence']),
    'end_header',
    '',
  ];
  const head = new TextEncoder().encode(lines.join('\n'));
  const out = new Uint8Array(head.length + count * (confidence === undefined ? 15 : 19));
  out.set(head);
  const view = new DataView(out.buffer);
  let at = head.length;
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < 3; k++, at += 4) view.setFloat32(at, positions[3 * i + k], true);
    for (let k = 0; k < 3; k++) out[at++] = colours[3 * i + k];
    if (confidence === undefined) continue;
    view.setFloat32(at, confidence[i], true);
    at += 4;
  }
  return out;
}
