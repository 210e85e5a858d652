// WebM with VP9, by libvpx and FFmpeg's muxer in WebAssembly (libav.js). One thread and no clock: the same pictures give
// the same bytes. Node only.

import LibAvWrapper from '@libav.js/variant-webm-vp9';
import type { FilmEncoder, FilmShape } from './film-encoder.ts';
import { toYuv420 } from './yuv420.ts';

const FILE = 'film.webm';
/** 0…63; text stays sharp at this quality. */
const QUALITY = '24';
const SECONDS_BETWEEN_KEY_FRAMES = 4;
const LOG_ERRORS_ONLY = 16;

export async function openWebmEncoder({ width, height, framesPerSecond }: FilmShape): Promise<FilmEncoder> {
  const libav = await LibAvWrapper.LibAV({ noworker: true, nothreads: true });
  await libav.av_log_set_level(LOG_ERRORS_ONLY);
  const timeBase: [number, number] = [1, framesPerSecond];
  const [, context, frame, packet] = await libav.ff_init_encoder('libvpx-vp9', {
    ctx: {
      bit_rate: 0,
      pix_fmt: libav.AV_PIX_FMT_YUV420P,
      width,
      height,
      gop_size: SECONDS_BETWEEN_KEY_FRAMES * framesPerSecond,
    },
    time_base: timeBase,
    options: { deadline: 'realtime', 'cpu-used': '7', crf: QUALITY, 'lag-in-frames': '0' },
  });
  const [muxer, , output] = await libav.ff_init_muxer({ format_name: 'webm', filename: FILE, open: true }, [
    [context, ...timeBase],
  ]);
  await libav.avformat_write_header(muxer, 0);
  const pixels = width * height;
  let count = 0;
  const encode = async (rgba: Uint8Array | undefined): Promise<void> => {
    const frames =
      rgba === undefined
        ? []
        : [
            {
              data: toYuv420(rgba, width, height),
              layout: [
                { offset: 0, stride: width },
                { offset: pixels, stride: width / 2 },
                { offset: (pixels * 5) / 4, stride: width / 2 },
              ],
              format: libav.AV_PIX_FMT_YUV420P,
              width,
              height,
              pts: count++,
              ptshi: 0,
              time_base_num: 1,
              time_base_den: framesPerSecond,
            },
          ];
    const packets = await libav.ff_encode_multi(context, frame, packet, frames, rgba === undefined);
    for (const each of packets) each.duration ||= 1;
    await libav.ff_write_multi(muxer, packet, packets);
  };
  return {
    add: encode,
    async finish() {
      await encode(undefined);
      await libav.av_write_trailer(muxer);
      await libav.ff_free_muxer(muxer, output);
      await libav.ff_free_encoder(context, frame, packet);
      return libav.readFile(FILE);
    },
    dispose: () => libav.terminate(),
  };
}
