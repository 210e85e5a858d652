// Small videos for tests whose every frame tells its own number: written by the program's film encoders, put into other
// containers by mediabunny, or (codecs that nothing here encodes) kept in fixtures/, written once by FFmpeg 5.1 from the
// same frames.

import { join } from 'node:path';
import {
  ALL_FORMATS,
  BufferSource,
  BufferTarget,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  WebMOutputFormat,
} from 'mediabunny';
import { openEncoder } from '../src/film/film-encoder.ts';
import type { FramePicture } from '../src/media/raw-frame.ts';

export const WIDTH = 64;
export const HEIGHT = 48;
export const FRAMES = 12;
export const FRAMES_PER_SECOND = 10;

/** Grey levels of the quarters of frame n: upper left, upper right, lower left, lower right. */
export const quartersOf = (n: number) => [40 + 15 * n, 255, 0, 128] as const;

/** Codecs give grey levels back to within this; those of neighbouring frames are 15 apart. */
export const TOLERANCE = 5;

export const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);

/** RGBA [height, width, 4]. */
export function paintFrame(n: number): Uint8Array {
  const rgba = new Uint8Array(4 * WIDTH * HEIGHT).fill(255);
  const quarters = quartersOf(n);
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, at += 4)
      rgba.fill(quarters[(y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1)], at, at + 3);
  return rgba;
}

export async function encodeClip(
  format: 'webm' | 'mp4',
  frames = FRAMES,
  paint: (n: number) => Uint8Array = paintFrame,
  size = { width: WIDTH, height: HEIGHT },
): Promise<Uint8Array> {
  const encoder = await openEncoder(format, { ...size, framesPerSecond: FRAMES_PER_SECOND });
  try {
    for (let n = 0; n < frames; n++) await encoder.add(paint(n));
    return await encoder.finish();
  } finally {
    encoder.dispose();
  }
}

const containers = { mp4: Mp4OutputFormat, mov: MovOutputFormat, webm: WebMOutputFormat, mkv: MkvOutputFormat };

export interface Packing {
  readonly container: keyof typeof containers;
  /** By how much the frames are to be turned clockwise. */
  readonly rotation?: 0 | 90 | 180 | 270;
  /** When each packet is shown. */
  readonly seconds?: (n: number) => number;
  /** A packet's data, or others in their place. */
  readonly data?: (bytes: Uint8Array, n: number) => Uint8Array;
}

/** The same packets in another container. */
export async function repack(clip: Uint8Array, packing: Packing): Promise<Uint8Array> {
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(clip) });
  const track = await input.getPrimaryVideoTrack();
  const codec = await track?.getCodec();
  const config = await track?.getDecoderConfig();
  if (!track || !codec || !config) throw new Error('The clip holds no video.');
  const Format = containers[packing.container];
  // The index in front, as cameras and streaming services write it.
  const format = new Format({ fastStart: 'in-memory' });
  const output = new Output({ format, target: new BufferTarget() });
  const source = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(source, { rotation: packing.rotation ?? 0 });
  await output.start();
  let n = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const { type, data, timestamp, duration } = packet;
    const bytes = packing.data?.(data, n) ?? data;
    const seconds = packing.seconds?.(n) ?? timestamp;
    await source.add(new EncodedPacket(bytes, n === 0 ? 'key' : type, seconds, duration), { decoderConfig: config });
    n++;
  }
  await output.finalize();
  input.dispose();
  return new Uint8Array(output.target.buffer!);
}

/** Grey levels in the middle of the quarters, as `quartersOf` names them. */
export function quartersIn({ width, height, channels, values }: FramePicture): number[] {
  return [0.25, 0.75].flatMap(y =>
    [0.25, 0.75].map(x => {
      const at = (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
      return Math.round(255 * values[at + channels - 1]);
    }),
  );
}
