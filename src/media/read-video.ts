// Opens a video file and gives its frames one after another: upright, in RGB, frame exact, in bounded memory. Decodes with
// @napi-rs/webcodecs where it can, else with an ffmpeg on the machine; both lead to the same bits. Node only.

import { focalLengthInPixels } from '../formats/exif.ts';
import { LabError } from '../protocol/lab-error.ts';
import { hasFfmpeg, openFfmpegVideo } from './ffmpeg-video.ts';
import { type FramePicture, orientPicture, rgbPicture, shrinkPicture } from './raw-frame.ts';
import { MiscountedFrames, UndecodableVideo, type VideoSource } from './video-source.ts';
import { openWebCodecsVideo } from './webcodecs-video.ts';

/** Frames larger than this are scaled down unless another size is asked for: 8K is, 4K is not. */
export const usualMaxSide = 4096;

export interface VideoFrame {
  /** Counted from 0 in the order in which frames are shown. */
  readonly index: number;
  /** When it is shown. */
  readonly seconds: number;
  readonly picture: FramePicture;
}

export interface Video {
  /** Of a frame as it is given: upright and scaled. */
  readonly width: number;
  readonly height: number;
  readonly container: string;
  readonly codec: string;
  /** When each frame is shown. */
  readonly seconds: Float64Array;
  /** In pixels of the frames as they are given, from the camera's 35 mm equivalent; undefined where it wrote none. */
  readonly focalLengthPixels: number | undefined;
  /** What was done to the frames or stands out about them, in sentences. */
  readonly notes: readonly string[];
  /**
   * The wanted frames (ascending numbers), one at a time, in order. Where the file is damaged, the frames before the
   * damage, and `onDamage` is told about it. Throws an `input` error where the damage leaves none.
   */
  frames(wanted: readonly number[], onDamage?: (text: string) => void): AsyncGenerator<VideoFrame, void, void>;
  dispose(): void;
}

/**
 * Opens the video at `path`, its longer side at most `maxSide` pixels. Throws `input` errors for what is no video, has no
 * frame, or has a codec that nothing on this machine decodes.
 */
export async function openVideo(path: string, maxSide = usualMaxSide): Promise<Video> {
  const source = await openSource(path);
  const { facts } = source;
  const { orientation, seconds, focalLength35mm } = facts;
  if (seconds.length === 0) {
    source.dispose();
    throw new LabError({
      code: 'input',
      message: `The ${facts.container} file holds no frame of its video.`,
      tip: 'It may have been cut off while it was recorded or copied: copy it again.',
      where: path,
    });
  }
  const notes = [...facts.notes];
  const across = orientation.quarterTurns % 2 === 1;
  const factor = shrinkFactor(facts.storedWidth, facts.storedHeight, maxSide);
  const shrunk = (side: number) => Math.floor(side / factor);
  const width = shrunk(across ? facts.storedHeight : facts.storedWidth);
  const height = shrunk(across ? facts.storedWidth : facts.storedHeight);
  if (orientation.quarterTurns !== 0 || orientation.flip !== 'no') {
    const turn = orientation.quarterTurns === 0 ? 'mirrored' : `turned by ${90 * orientation.quarterTurns}°`;
    notes.push(`The frames are ${turn} to be upright, as the file asks.`);
  }
  if (factor > 1) {
    notes.push(scaledText(facts.storedWidth, facts.storedHeight, factor));
  }
  const rate = describeRate(seconds);
  if (rate.kind === 'variable') {
    notes.push(
      `The frame rate varies (${rate.shortest.toFixed(1)} to ${rate.longest.toFixed(1)} ms between frames); each frame is taken once.`,
    );
  }
  return {
    width,
    height,
    container: facts.container,
    codec: facts.codec,
    seconds,
    focalLengthPixels: focalLength35mm === undefined ? undefined : focalLengthInPixels(focalLength35mm, width, height),
    notes,
    async *frames(wanted, onDamage = () => {}) {
      let last: number | undefined;
      try {
        for await (const { index, raw } of source.frames(wanted)) {
          const picture = orientPicture(shrinkPicture(rgbPicture(raw), factor), orientation);
          requireSize(picture, width, height, index, path);
          last = index;
          yield { index, seconds: seconds[index], picture };
        }
      } catch (thrown) {
        if (thrown instanceof LabError) throw thrown;
        const reason = reasonOf(thrown);
        if (thrown instanceof MiscountedFrames) {
          throw new LabError({
            code: 'input',
            message: `The video is damaged: ${reason}, and which ones cannot be told.`,
            tip: `Choose frames before or behind them (--frames 0:${thrown.first}), or copy the file again.`,
            where: path,
            cause: thrown,
          });
        }
        if (last === undefined) {
          throw new LabError({
            code: 'input',
            message: `The video is damaged: no frame of it can be decoded (${reason}).`,
            tip: 'Copy it again, or choose frames before the damage.',
            where: path,
            cause: thrown,
          });
        }
        onDamage(damageText(last, seconds[last], reason));
        return;
      }
      const end = wanted.at(-1);
      if (last === undefined) {
        throw new LabError({
          code: 'input',
          message: 'None of the chosen frames could be decoded: the file ends or is damaged before them.',
          tip: 'Copy the file again, or choose frames before the damage.',
          where: path,
        });
      }
      if (end !== undefined && last < end) onDamage(damageText(last, seconds[last], 'no frame came behind it'));
    },
    dispose: () => source.dispose(),
  };
}

async function openSource(path: string): Promise<VideoSource> {
  let reason = 'its container is none of MP4, MOV, WebM, MKV and MPEG-TS';
  try {
    const source = await openWebCodecsVideo(path);
    if (source !== undefined) return source;
  } catch (thrown) {
    if (thrown instanceof LabError) throw thrown;
    reason = reasonOf(thrown);
    if (!(thrown instanceof UndecodableVideo)) reason = `its container is damaged: ${reason}`;
  }
  if (await hasFfmpeg()) return openFfmpegVideo(path);
  throw new LabError({
    code: 'input',
    message: `The video cannot be decoded: ${reason}.`,
    tip: 'Convert it to H.264 with a video program (ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4), or install ffmpeg 5.1 or newer: the lab uses it where it is found.',
    where: path,
  });
}

/** The least whole factor by which a picture is to be scaled down so that its longer side has at most so many pixels. */
export function shrinkFactor(width: number, height: number, maxSide = Infinity): number {
  return Math.max(1, Math.ceil(Math.max(width, height) / maxSide));
}

/** `width` and `height` are those before. */
export function scaledText(width: number, height: number, factor: number): string {
  const after = `${Math.floor(width / factor)} × ${Math.floor(height / factor)}`;
  return `The frames of ${width} × ${height} are scaled down to 1/${factor} (${after}).`;
}

function damageText(last: number, seconds: number, reason: string): string {
  return `The video is damaged behind frame ${last} (${seconds.toFixed(2)} s): the frames from there on are left out (${reason}).`;
}

function reasonOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).replace(/\.$/, '');
}

function requireSize({ width, height }: FramePicture, wide: number, high: number, index: number, path: string): void {
  if (width === wide && height === high) return;
  throw new LabError({
    code: 'input',
    message: `Frame ${index} is ${width} × ${height}, but the video is ${wide} × ${high}: its size changes.`,
    tip: 'Choose frames of one size, or convert the video to one size.',
    where: path,
  });
}

export type FrameRate =
  | { readonly kind: 'single' }
  | { readonly kind: 'constant'; readonly framesPerSecond: number }
  | {
      readonly kind: 'variable';
      readonly framesPerSecond: number;
      /** Milliseconds between frames. */
      readonly shortest: number;
      readonly longest: number;
    };

/** Containers round times to milliseconds or finer: what differs by no more than that is constant. */
const ROUNDING_SECONDS = 0.0021;

export function describeRate(seconds: Float64Array): FrameRate {
  if (seconds.length < 2) return { kind: 'single' };
  let shortest = Infinity;
  let longest = 0;
  for (let n = 1; n < seconds.length; n++) {
    const gap = seconds[n] - seconds[n - 1];
    if (gap < shortest) shortest = gap;
    if (gap > longest) longest = gap;
  }
  const framesPerSecond = (seconds.length - 1) / (seconds[seconds.length - 1] - seconds[0]);
  if (longest - shortest <= ROUNDING_SECONDS) return { kind: 'constant', framesPerSecond };
  return { kind: 'variable', framesPerSecond, shortest: 1000 * shortest, longest: 1000 * longest };
}
