// Which line on the screen a pointer means.

/** Group of the segment nearest to (x, y), if nearer than `reach`; `segments` n × x1 y1 x2 y2, NaN where out of sight. */
export function nearestGroup(
  segments: ArrayLike<number>,
  perGroup: number,
  x: number,
  y: number,
  reach: number,
): number | undefined {
  let least = reach * reach;
  let group: number | undefined;
  for (let at = 0; at + 3 < segments.length; at += 4) {
    const [x1, y1] = [segments[at], segments[at + 1]];
    const [dx, dy] = [segments[at + 2] - x1, segments[at + 3] - y1];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
    const distance = (x1 + along * dx - x) ** 2 + (y1 + along * dy - y) ** 2;
    if (distance < least) {
      least = distance;
      group = Math.floor(at / 4 / perGroup);
    }
  }
  return group;
}
