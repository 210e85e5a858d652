// Videos through mediabunny (containers) and @napi-rs/webcodecs (FFmpeg's decoders): MP4, MOV, WebM, MKV and MPEG-TS with
// H.264, HEVC, VP8, VP9 or AV1. Frames are known by their number, never by their time. Node only.

import { createRequire } from 'node:module';
import {
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from 'mediabunny';
import { focalLengthOfMovie, impossibleTable } from '../formats/quicktime-movie.ts';
import { LabError } from '../protocol/lab-error.ts';
import { boundReads } from './bounded-reads.ts';
import { readMovieBox } from './movie-box.ts';
import { coloursOf, interleavedPlanes, packedPlanes, type RawFrame } from './raw-frame.ts';
import {
  MiscountedFrames,
  type NumberedFrame,
  UndecodableVideo,
  type VideoFacts,
  type VideoSource,
} from './video-source.ts';

/** What is used of the package, which is optional, so that nothing else depends on it. */
interface WebCodecs {
  readonly VideoDecoder: {
    new (init: { output(frame: DecodedFrame): void; error(thrown: Error): void }): Decoder;
    isConfigSupported(config: DecoderConfig): Promise<{ readonly supported: boolean }>;
  };
  readonly EncodedVideoChunk: new (init: {
    readonly type: 'key' | 'delta';
    readonly timestamp: number;
    readonly data: Uint8Array;
  }) => object;
}

interface Decoder {
  readonly decodeQueueSize: number;
  readonly state: 'unconfigured' | 'configured' | 'closed';
  ondequeue: (() => void) | null;
  configure(config: DecoderConfig): void;
  decode(chunk: object): void;
  flush(): Promise<void>;
  close(): void;
}

interface DecoderConfig {
  readonly codec: string;
  readonly description?: Uint8Array;
  readonly codedWidth?: number;
  readonly codedHeight?: number;
  readonly hardwareAcceleration: 'prefer-software';
}

interface DecodedFrame {
  readonly format: string | null;
  readonly visibleRect: { readonly width: number; readonly height: number };
  readonly colorSpace: { readonly matrix: string | null; readonly fullRange: boolean | null };
  allocationSize(): number;
  copyTo(target: Uint8Array): Promise<readonly { readonly offset: number; readonly stride: number }[]>;
  close(): void;
}

// Whatever it finds is told as an error or a note of ours.
Logging.level = LogLevel.Silent;

/** Packets in the decoder at once; more only take memory. */
const PACKETS_AHEAD = 6;
/** By how much sound may outlast the last frame. */
const END_SECONDS = 0.7;
/** Decoded frames that wait for whoever takes them. */
const FRAMES_AHEAD = 3;

const codecNames: Readonly<Record<string, string>> = {
  avc: 'H.264',
  hevc: 'HEVC',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  prores: 'ProRes',
};

/** The binaries that are installed with the lab where they fit, and the package that a user may install beside them. */
const packages = ['@napi-rs/webcodecs', '@napi-rs/webcodecs-linux-x64-gnu', '@napi-rs/webcodecs-linux-x64-musl'];

/** The decoders, or undefined where none of the packages is there for this machine. */
export function loadWebCodecs(): WebCodecs | undefined {
  const require = createRequire(import.meta.url);
  for (const name of packages) {
    try {
      return require(name) as WebCodecs;
    } catch {
      // Not installed, or not for this system's C library: the next one may be.
    }
  }
  return undefined;
}

/**
 * Opens a file; undefined where its container is none of these. Throws UndecodableVideo where another decoder may help,
 * an `input` error where none can.
 */
export async function openWebCodecsVideo(path: string): Promise<VideoSource | undefined> {
  const input = new Input({
    formats: [MP4, QTFF, WEBM, MATROSKA, MPEG_TS],
    source: boundReads(new FilePathSource(path, { handleUnhandledError: () => {} })),
  });
  try {
    const movie = await readMovieBox(path);
    const table = movie === undefined ? undefined : impossibleTable(movie.content, movie.fileBytes);
    if (table !== undefined) {
      throw new LabError({
        code: 'input',
        message: `The index of the video is damaged: its table "${table}" lists more than the file can hold.`,
        tip: 'Copy the file again, or repair it with a video program.',
        where: path,
      });
    }
    if (!(await input.canRead())) {
      input.dispose();
      return undefined;
    }
    const codecs = loadWebCodecs();
    if (codecs === undefined) throw new UndecodableVideo('the package @napi-rs/webcodecs is not installed');
    return await openTrack(input, codecs, path, movie && focalLengthOfMovie(movie.content));
  } catch (thrown) {
    input.dispose();
    throw thrown;
  }
}

/** Of a packet, in the order in which packets are decoded. */
interface PacketTimes {
  readonly seconds: number[];
  /** claimed: what the container says; verified: what the data say, which alone is to be trusted. */
  readonly types: ('delta' | 'claimed key' | 'verified key')[];
}

async function openTrack(
  input: Input,
  codecs: WebCodecs,
  path: string,
  focalLength35mm: number | undefined,
): Promise<VideoSource> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null && (await input.getTracks()).length === 0) {
    throw new LabError({
      code: 'input',
      message: 'The file ends before the index of its contents, so that nothing in it can be found.',
      tip: 'Its recording or copying was not finished: copy it again, or repair it with a video program.',
      where: path,
    });
  }
  if (track === null) {
    throw new LabError({
      code: 'input',
      message: 'The file has no picture track, only sound or text.',
      tip: 'Give the file that holds the pictures.',
      where: path,
    });
  }
  const config = await configOf(track, codecs);
  const sink = new EncodedPacketSink(track);
  const times: PacketTimes = { seconds: [], types: [] };
  const notes: string[] = [];
  try {
    for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) {
      times.seconds.push(packet.timestamp);
      times.types.push(packet.type === 'key' ? 'claimed key' : 'delta');
    }
  } catch {
    notes.push('The index of the video is damaged: what stands behind the damage is left out.');
  }
  const order = numberFrames(times.seconds);
  const end = order.seconds.at(-1) ?? 0;
  const stated = await track.getDurationFromMetadata();
  if (stated !== null && stated > end + END_SECONDS)
    notes.push(
      `The file says that it lasts ${stated.toFixed(2)} s, and its last frame is at ${end.toFixed(2)} s: it may be cut off.`,
    );
  const container = await input.getFormat();
  if (await track.canBeTransparent()) notes.push('The video has transparency, which is left out.');
  // The types of the DOM know no curve of a high dynamic range.
  const { transfer }: { transfer?: string | null } = await track.getColorSpace();
  if (transfer === 'pq' || transfer === 'hlg')
    notes.push('The video has a high dynamic range; its values are taken as they are stored, without tone mapping.');
  const ratio = await track.getPixelAspectRatio();
  if (ratio.num !== ratio.den)
    notes.push(`Its pixels are not square (${ratio.num}:${ratio.den}); they are taken as they are stored.`);
  const turns = (await track.getRotation()) / 90;
  const facts: VideoFacts = {
    container: container === QTFF ? 'MOV' : container === MATROSKA ? 'MKV' : container.name,
    codec: codecNames[(await track.getCodec()) ?? ''] ?? config.codec,
    storedWidth: await track.getCodedWidth(),
    storedHeight: await track.getCodedHeight(),
    orientation: {
      quarterTurns: turns as VideoFacts['orientation']['quarterTurns'],
      flip: (await track.getFlip()) ? 'horizontal' : 'no',
    },
    seconds: order.seconds,
    focalLength35mm,
    notes,
  };
  return {
    facts,
    frames: wanted => decodeFrames(codecs, config, { track, sink, times, order }, wanted),
    dispose: () => input.dispose(),
  };
}

async function configOf(track: InputVideoTrack, codecs: WebCodecs): Promise<DecoderConfig> {
  const found = await track.getDecoderConfig();
  if (found === null) throw new UndecodableVideo(`its codec "${await track.getInternalCodecId()}" is not known`);
  const { codec, description, codedWidth, codedHeight } = found;
  const config: DecoderConfig = {
    codec,
    // Hardware decoders differ in their last bits, and in what they do with damage.
    hardwareAcceleration: 'prefer-software',
    ...(description === undefined ? {} : { description: bytesOf(description) }),
    ...(codedWidth === undefined ? {} : { codedWidth }),
    ...(codedHeight === undefined ? {} : { codedHeight }),
  };
  const supported = await codecs.VideoDecoder.isConfigSupported(config).then(
    answer => answer.supported,
    () => false,
  );
  if (!supported) throw new UndecodableVideo(`its codec "${codec}" is not among those of @napi-rs/webcodecs`);
  return config;
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

interface FrameOrder {
  /** Frame number of each packet, in decoding order; negative: never shown. */
  readonly frameOf: Int32Array;
  /** The packet of each frame. */
  readonly packetOf: Int32Array;
  readonly seconds: Float64Array;
}

/**
 * Frames are packets in the order in which they are shown. What stands before time 0 was cut away by the file's edits;
 * what is decoded behind the first packet and shown before it leans on frames that the file does not have.
 */
function numberFrames(seconds: readonly number[]): FrameOrder {
  const start = Math.max(0, seconds[0] ?? 0);
  const packets = seconds.map((_, n) => n).filter(n => seconds[n] >= start);
  const packetOf = Int32Array.from(inShownOrder(packets, seconds));
  const frameOf = new Int32Array(seconds.length).fill(-1);
  packetOf.forEach((packet, frame) => {
    frameOf[packet] = frame;
  });
  return { frameOf, packetOf, seconds: Float64Array.from(packetOf, packet => seconds[packet]) };
}

function inShownOrder(packets: readonly number[], seconds: readonly number[]): number[] {
  return [...packets].sort((a, b) => seconds[a] - seconds[b] || a - b);
}

interface Track {
  readonly track: InputVideoTrack;
  readonly sink: EncodedPacketSink;
  readonly times: PacketTimes;
  readonly order: FrameOrder;
}

/** The key packet from which decoding must begin so that `packet` comes out: before it, and shown no later. */
async function keyBefore(packet: number, { track, sink, times }: Track): Promise<number> {
  const { seconds, types } = times;
  for (let n = packet; n > 0; n--) {
    if (types[n] === 'delta' || seconds[n] > seconds[packet]) continue;
    if (types[n] === 'claimed key') {
      // Some programs mark every packet of an MP4 file as a key.
      const found = await sink.getPacket(seconds[n]);
      const type = found === null ? 'delta' : await track.determinePacketType(found);
      types[n] = type === 'delta' ? 'delta' : 'verified key';
    }
    if (types[n] === 'verified key') return n;
  }
  return 0;
}

async function* decodeFrames(
  codecs: WebCodecs,
  config: DecoderConfig,
  track: Track,
  wanted: readonly number[],
): AsyncGenerator<NumberedFrame, void, void> {
  const { order } = track;
  for (let at = 0; at < wanted.length; ) {
    const key = await keyBefore(order.packetOf[wanted[at]], track);
    let lastPacket = order.packetOf[wanted[at]];
    const run = new Set([wanted[at++]]);
    // As long as no key packet lies between, the next frame comes out of the same pass.
    for (; at < wanted.length; at++) {
      const packet = order.packetOf[wanted[at]];
      if ((await keyBefore(packet, track)) > lastPacket) break;
      lastPacket = Math.max(lastPacket, packet);
      run.add(wanted[at]);
    }
    yield* decodeRun(codecs, config, track, { key, lastPacket, wanted: run });
  }
}

interface DecodingRun {
  /** Both are packets. */
  readonly key: number;
  readonly lastPacket: number;
  readonly wanted: ReadonlySet<number>;
}

/**
 * Decodes from a key packet to the last packet, and gives the wanted frames. The decoder gives one frame for each packet,
 * in the order in which they are shown, but with the times of the wrong ones: frames are told by counting.
 */
async function* decodeRun(
  { VideoDecoder, EncodedVideoChunk }: WebCodecs,
  config: DecoderConfig,
  { sink, times: { seconds }, order: { frameOf } }: Track,
  { key, lastPacket, wanted }: DecodingRun,
): AsyncGenerator<NumberedFrame, void, void> {
  // What is shown before the key packet cannot be decoded from it, and nothing leans on it.
  const isFed = (packet: number) => seconds[packet] >= seconds[key];
  const span = Array.from({ length: lastPacket - key + 1 }, (_, n) => key + n);
  const expected = inShownOrder(span.filter(isFed), seconds).map(packet => frameOf[packet]);
  const ready: { readonly index: number; readonly frame: DecodedFrame }[] = [];
  let came = 0;
  let failure: Error | undefined;
  let wake = () => {};
  const decoder = new VideoDecoder({
    output(frame) {
      const index = expected[came++] ?? -1;
      if (wanted.has(index)) ready.push({ index, frame });
      else frame.close();
      wake();
    },
    error(thrown) {
      failure = thrown;
      wake();
    },
  });
  decoder.ondequeue = () => wake();
  // The decoder's threads do not keep the process alive; whoever waits for them does.
  const alive = setInterval(() => {}, 1000);
  const until = async (isMet: () => boolean): Promise<void> => {
    while (!isMet() && failure === undefined) {
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
  };
  try {
    decoder.configure(config);
    const start = await sink.getPacket(seconds[key]);
    let packet = key;
    for await (const { type, data } of sink.packets(start ?? undefined)) {
      await until(() => decoder.decodeQueueSize < PACKETS_AHEAD || ready.length > 0);
      if (failure !== undefined) break;
      if (isFed(packet)) decoder.decode(new EncodedVideoChunk({ type, data, timestamp: packet }));
      while (ready.length >= FRAMES_AHEAD) yield await takeFrame(ready);
      if (++packet > lastPacket) break;
    }
    let flushed = failure !== undefined;
    const end = () => {
      flushed = true;
      wake();
    };
    if (!flushed) decoder.flush().then(end, end);
    do {
      await until(() => flushed || ready.length > 0);
      while (ready.length > 0) yield await takeFrame(ready);
    } while (!flushed && failure === undefined);
    if (failure !== undefined) throw failure;
    if (packet > lastPacket && came !== expected.length) throw new MiscountedFrames(expected[0], expected.at(-1) ?? 0);
  } finally {
    clearInterval(alive);
    for (const { frame } of ready) frame.close();
    if (decoder.state !== 'closed') decoder.close();
  }
}

async function takeFrame(ready: { readonly index: number; readonly frame: DecodedFrame }[]): Promise<NumberedFrame> {
  const { index, frame } = ready.shift()!;
  try {
    return { index, raw: await rawFrame(frame) };
  } finally {
    frame.close();
  }
}

async function rawFrame(frame: DecodedFrame): Promise<RawFrame> {
  const { format, visibleRect, colorSpace } = frame;
  const { width, height } = visibleRect;
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  const planar = /^I(420|422|444)A?(?:P(10|12))?$/.exec(format ?? '');
  const interleaved = /^(RGB|BGR)[AX]$/.exec(format ?? '');
  const shape = { width, height, bytes };
  if (planar !== null) {
    const bits = Number(planar[2] ?? 8);
    const colours = coloursOf(colorSpace.matrix, colorSpace.fullRange, height);
    return { ...shape, bits, planes: packedPlanes(width, height, bits, planar[1] as '420' | '422' | '444'), colours };
  }
  if (interleaved !== null) {
    const order = interleaved[1] === 'RGB' ? ([0, 1, 2] as const) : ([2, 1, 0] as const);
    return {
      ...shape,
      bits: 8,
      planes: interleavedPlanes(width, 8, 4, order),
      colours: coloursOf('rgb', true, height),
    };
  }
  throw new UndecodableVideo(`its pixels come as "${format}", which is not known`);
}
