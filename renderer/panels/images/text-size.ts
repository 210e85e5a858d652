// How high the letters of a masked text are, unless the user says otherwise: so that it fits into the picture. Pure.

/** Of bold letters, in heights: a little more than the usual mean. */
const LETTER_WIDTH = 0.65;
const SHARE = 0.8;
const LARGEST = 0.25;
const SMALLEST = 4;

export function fittedTextSize(
  text: string,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const lines = text.split('\n');
  const longest = Math.max(1, ...lines.map(line => line.length));
  const wide = (SHARE * width) / (LETTER_WIDTH * longest);
  const high = Math.min(LARGEST * height, (SHARE * height) / lines.length);
  return Math.max(SMALLEST, Math.floor(Math.min(wide, high)));
}
