// The colours of video: brightness for every pixel, colour for every second one along each axis. Pure.

/** Limited-range BT.601, planes one after another; colours are means of two by two pixels. */
export function toYuv420(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const pixels = width * height;
  const out = new Uint8Array((pixels * 3) / 2);
  for (let i = 0, at = 0; i < pixels; i++, at += 4) {
    out[i] = 16 + ((66 * rgba[at] + 129 * rgba[at + 1] + 25 * rgba[at + 2] + 128) >> 8);
  }
  let blue = pixels;
  let red = (pixels * 5) / 4;
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const upper = (y * width + x) * 4;
      const lower = upper + 4 * width;
      const mean = (channel: number) =>
        (rgba[upper + channel] + rgba[upper + 4 + channel] + rgba[lower + channel] + rgba[lower + 4 + channel]) >> 2;
      const [r, g, b] = [mean(0), mean(1), mean(2)];
      out[blue++] = 128 + ((-38 * r - 74 * g + 112 * b + 128) >> 8);
      out[red++] = 128 + ((112 * r - 94 * g - 18 * b + 128) >> 8);
    }
  }
  return out;
}
