// Videos through an ffmpeg that is installed on the machine: every container and codec that it knows, one frame for each
// of the video (pass-through timing). What comes out has the same bits as from the other decoder. Node only.

import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { LabError } from '../protocol/lab-error.ts';
import { coloursOf, interleavedPlanes, packedPlanes, type RawFrame } from './raw-frame.ts';
import type { NumberedFrame, VideoFacts, VideoSource } from './video-source.ts';

const run = promisify(execFile);
/** The list of all packets of an hour at 120 frames per second. */
const MOST_OUTPUT_BYTES = 2 ** 28;

const probeSchema = v.object({
  streams: v.array(
    v.object({
      codec_name: v.optional(v.string(), 'unknown'),
      codec_long_name: v.optional(v.string()),
      width: v.number(),
      height: v.number(),
      pix_fmt: v.optional(v.string(), 'unknown'),
      color_space: v.optional(v.string()),
      color_range: v.optional(v.string()),
      color_transfer: v.optional(v.string()),
      sample_aspect_ratio: v.optional(v.string()),
      side_data_list: v.optional(v.array(v.object({ rotation: v.optional(v.number()) })), []),
    }),
  ),
  packets: v.optional(v.array(v.object({ pts_time: v.optional(v.string()), flags: v.optional(v.string(), '') })), []),
  format: v.object({ format_name: v.optional(v.string(), 'unknown') }),
});
type Probe = v.InferOutput<typeof probeSchema>;
type Stream = Probe['streams'][number];

/** Whether ffmpeg and ffprobe can be started. */
export function hasFfmpeg(): Promise<boolean> {
  return Promise.all([run('ffmpeg', ['-version']), run('ffprobe', ['-version'])]).then(
    () => true,
    () => false,
  );
}

/** Throws an `input` error for what ffmpeg cannot read either. */
export async function openFfmpegVideo(path: string): Promise<VideoSource> {
  const probe = await probeFile(path);
  const [stream] = probe.streams;
  if (stream === undefined) {
    throw new LabError({
      code: 'input',
      message: 'The file has no picture track, only sound or text.',
      tip: 'Give the file that holds the pictures.',
      where: path,
    });
  }
  const rotation = stream.side_data_list.find(each => each.rotation !== undefined)?.rotation ?? 0;
  const facts: VideoFacts = {
    container: probe.format.format_name,
    codec: stream.codec_long_name ?? stream.codec_name,
    storedWidth: stream.width,
    storedHeight: stream.height,
    // ffprobe counts against the clock.
    orientation: {
      quarterTurns: (((Math.round(-rotation / 90) % 4) + 4) % 4) as VideoFacts['orientation']['quarterTurns'],
      flip: 'no',
    },
    seconds: shownTimes(probe),
    focalLength35mm: undefined,
    notes: notesOf(stream),
  };
  const reading = readingOf(stream);
  const processes = new AbortController();
  return {
    facts,
    frames: wanted => decodeFrames(path, stream, reading, wanted, processes.signal),
    dispose: () => processes.abort(),
  };
}

async function probeFile(path: string): Promise<Probe> {
  const entries =
    'format=format_name:packet=pts_time,flags:stream=codec_name,codec_long_name,width,height,pix_fmt,color_space,' +
    'color_range,color_transfer,sample_aspect_ratio:stream_side_data=rotation';
  try {
    const { stdout } = await run(
      'ffprobe',
      ['-v', 'error', '-select_streams', 'V:0', '-show_entries', entries, '-of', 'json', inputName(path)],
      { maxBuffer: MOST_OUTPUT_BYTES },
    );
    return v.parse(probeSchema, JSON.parse(stdout));
  } catch (cause) {
    throw new LabError({
      code: 'input',
      message: `The file is no video that ffmpeg can read: ${reasonOf(cause)}.`,
      tip: 'Play it in a video player: if that fails too, the file is damaged.',
      where: path,
      cause,
    });
  }
}

function inputName(path: string): string {
  return `file:${path}`;
}

function reasonOf(cause: unknown): string {
  const { stderr = '', message = String(cause) } = cause as { readonly stderr?: string; readonly message?: string };
  return (stderr.trim().split('\n').at(-1) || message.split('\n')[0]).replace(/\.$/, '');
}

/** Packets that the file's edits cut away are marked D, and those before time 0 are not shown either. */
function shownTimes({ packets }: Probe): Float64Array {
  const shown = packets.filter(({ flags }) => !flags.includes('D'));
  const seconds = shown.map(({ pts_time }, n) => (pts_time === undefined ? n : Number(pts_time)));
  return Float64Array.from(seconds.filter(time => time >= 0)).sort();
}

function notesOf({ pix_fmt, color_transfer, sample_aspect_ratio = '1:1' }: Stream): string[] {
  const notes: string[] = [];
  if (/^(yuva|rgba|bgra|argb|abgr|gbrap|ya)/.test(pix_fmt))
    notes.push('The video has transparency, which is left out.');
  if (color_transfer === 'smpte2084' || color_transfer === 'arib-std-b67')
    notes.push('The video has a high dynamic range; its values are taken as they are stored, without tone mapping.');
  if (!/^(0|1):1$/.test(sample_aspect_ratio))
    notes.push(`Its pixels are not square (${sample_aspect_ratio}); they are taken as they are stored.`);
  return notes;
}

/** How ffmpeg is asked for pixels, and how they are taken. */
interface Reading {
  readonly pixelFormat: string;
  readonly frameBytes: number;
  readonly shape: Pick<RawFrame, 'bits' | 'planes' | 'colours'>;
}

/** Planes as they are stored where they are of a common kind; RGB, converted by ffmpeg, of everything else. */
function readingOf({ width, height, pix_fmt, color_space, color_range }: Stream): Reading {
  const planar = /^yuv(a|j)?(420|422|444)p(?:(10|12)le)?$/.exec(pix_fmt);
  if (planar !== null) {
    const [, variant, sub, depth = '8'] = planar;
    const bits = Number(depth);
    const planes = packedPlanes(width, height, bits, sub as '420' | '422' | '444');
    const [, , last] = planes;
    return {
      pixelFormat: variant === 'a' ? pix_fmt.replace('yuva', 'yuv') : pix_fmt,
      frameBytes: last.offset + last.stride * ((height + last.shiftY) >> last.shiftY),
      shape: { bits, planes, colours: coloursOf(color_space, variant === 'j' || color_range === 'pc', height) },
    };
  }
  const bits = /(9|10|12|14|16)(le|be)$|48|64/.test(pix_fmt) ? 16 : 8;
  return {
    pixelFormat: bits === 8 ? 'rgb24' : 'rgb48le',
    frameBytes: width * height * 3 * (bits / 8),
    shape: { bits, planes: interleavedPlanes(width, bits, 3, [0, 1, 2]), colours: coloursOf('rgb', true, height) },
  };
}

async function* decodeFrames(
  path: string,
  { width, height }: Stream,
  { pixelFormat, frameBytes, shape }: Reading,
  wanted: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<NumberedFrame, void, void> {
  const last = wanted.at(-1);
  if (last === undefined) return;
  const options = [
    ...['-v', 'error', '-nostdin', '-xerror', '-noautorotate', '-i', inputName(path), '-map', '0:V:0'],
    ...['-fps_mode', 'passthrough', '-frames:v', String(last + 1), '-pix_fmt', pixelFormat],
    // Without these the conversion to RGB differs between processors.
    ...['-sws_flags', 'bitexact+accurate_rnd+full_chroma_int', '-f', 'rawvideo', '-'],
  ];
  const decoder = spawn('ffmpeg', options, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let complaint = '';
  decoder.stderr.on('data', text => {
    complaint = `${complaint}${text}`.slice(-1000);
  });
  const ended = new Promise<number | undefined>(resolve => {
    decoder.on('close', code => resolve(code ?? undefined));
    decoder.on('error', () => resolve(undefined));
  });
  const keep = new Set(wanted);
  try {
    let index = 0;
    let filled = 0;
    let bytes = new Uint8Array(frameBytes);
    for await (const chunk of decoder.stdout as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + frameBytes - filled);
        bytes.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < frameBytes) continue;
        if (keep.has(index)) {
          yield { index, raw: { width, height, bytes, ...shape } };
          bytes = new Uint8Array(frameBytes);
        }
        index++;
        filled = 0;
      }
    }
    if ((await ended) !== 0) throw new Error(complaint.trim().split('\n').at(-1) ?? 'ffmpeg ended early');
  } finally {
    decoder.kill();
  }
}
