// Small pictures for the library and the tiles of samples. Runs in the engine's process.

import { encodeThumbnail } from '../media/encode-picture.ts';
import { type ImageView, realValues, type ViewData } from '../protocol/views.ts';

/** Pixels of the longer side. */
const SIDE = 256;

/** The first frame of a view's data as PNG, black and white as the view's range says. */
export function encodeViewThumbnail(
  { height, width, channels, range: [black, white] }: Pick<ImageView, 'height' | 'width' | 'channels' | 'range'>,
  data: ViewData,
): Promise<Uint8Array> {
  const stored = realValues(data, 'values').subarray(0, height * width * channels);
  const span = white - black || 1;
  const values = stored.map(value => (value - black) / span);
  return encodeThumbnail({ width, height, channels: channels === 3 ? 3 : 1, values }, SIDE);
}
