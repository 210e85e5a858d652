// The colours of signed values: ColorBrewer RdBu with eleven classes, turned round (Cynthia Brewer, Apache 2.0), white in the
// middle and told apart by colour-blind eyes. Shared by the window and by films.

const classes = '053061 2166ac 4393c3 92c5de d1e5f0 f7f7f7 fddbc7 f4a582 d6604d b2182b 67001f'
  .split(' ')
  .map(text => [0, 2, 4].map(at => Number.parseInt(text.slice(at, at + 2), 16) / 255));

/** Red, green, blue, each 0 to 1, of `x` from 0 (least) to 1 (most): straight lines between the classes. */
export function blueRedAt(x: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, x)) * (classes.length - 1);
  const before = Math.min(classes.length - 2, Math.floor(at));
  const share = at - before;
  const [low, high] = [classes[before], classes[before + 1]];
  const mix = (c: number) => low[c] + share * (high[c] - low[c]);
  return [mix(0), mix(1), mix(2)];
}
