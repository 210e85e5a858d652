// A video frame as a decoder hands it out, and its way to RGB: planes of brightness and colour differences in their stored
// precision, so that every decoder leads to the same bits. Pure.

/** One component: sample (x, y) is number (x >> shiftX) · step of the row y >> shiftY. */
export interface Plane {
  /** Bytes before the first row. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Samples from one to the next in a row: above 1 where components alternate. */
  readonly step: number;
  readonly shiftX: 0 | 1;
  readonly shiftY: 0 | 1;
}

/** How numbers become colours. */
export interface Colours {
  /** Weights of red and blue in brightness (ITU-R BT.601, 709, 2020); `rgb`: the components are red, green, blue. */
  readonly matrix: 'bt601' | 'bt709' | 'bt2020' | 'rgb';
  /** Full: from 0 to the largest number; limited: 16 to 235 (colours to 240) of 8 bits, more bits alike. */
  readonly range: 'full' | 'limited';
}

export interface RawFrame {
  readonly width: number;
  readonly height: number;
  /** Of a sample. Above 8 samples are 16-bit little-endian numbers, filled from the lowest bit. */
  readonly bits: number;
  readonly bytes: Uint8Array;
  /** Y, Cb, Cr, or R, G, B. */
  readonly planes: readonly [Plane, Plane, Plane];
  readonly colours: Colours;
}

/** The frame of a video as the laboratory holds it. */
export interface FramePicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** [height, width, channels], 0 to 1. */
  readonly values: Float32Array;
  readonly bitDepth: 8 | 16;
}

const weights = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

/**
 * RGB in 8 bits, or in 16 where the samples have more than 8; still with the transfer curve of the video. A colour sample
 * stands for all pixels of its block (no interpolation). Equations: ITU-R BT.601-7, 709-6 and 2020-2.
 */
export function rgbPicture(frame: RawFrame): FramePicture {
  const { width, height, bits, bytes, planes, colours } = frame;
  const { matrix, range } = colours;
  const samples = bits === 8 ? bytes : sixteenBit(bytes);
  const bytesPerSample = bits === 8 ? 1 : 2;
  const largest = 2 ** bits - 1;
  const unit = 2 ** (bits - 8);
  const full = range === 'full';
  const black = full ? 0 : 16 * unit;
  const scale = 1 / (full ? largest : 219 * unit);
  const grey = 128 * unit;
  const colourScale = 1 / (full ? largest : 224 * unit);
  const [red, blue] = matrix === 'rgb' ? [0, 0] : weights[matrix];
  const green = 1 - red - blue;
  const levels = bits === 8 ? 255 : 65535;
  const level = (value: number): number => {
    const rounded = Math.floor(value * levels + 0.5);
    return Math.min(Math.max(rounded, 0), levels) / levels;
  };
  const values = new Float32Array(width * height * 3);
  const [p0, p1, p2] = planes;
  const rowOf = ({ offset, stride, shiftY }: Plane, y: number) => (offset + (y >> shiftY) * stride) / bytesPerSample;
  for (let y = 0, at = 0; y < height; y++) {
    const [r0, r1, r2] = [rowOf(p0, y), rowOf(p1, y), rowOf(p2, y)];
    for (let x = 0; x < width; x++, at += 3) {
      const a = samples[r0 + (x >> p0.shiftX) * p0.step];
      const b = samples[r1 + (x >> p1.shiftX) * p1.step];
      const c = samples[r2 + (x >> p2.shiftX) * p2.step];
      if (matrix === 'rgb') {
        values[at] = level((a - black) * scale);
        values[at + 1] = level((b - black) * scale);
        values[at + 2] = level((c - black) * scale);
        continue;
      }
      const brightness = (a - black) * scale;
      const r = brightness + 2 * (1 - red) * (c - grey) * colourScale;
      const bl = brightness + 2 * (1 - blue) * (b - grey) * colourScale;
      values[at] = level(r);
      values[at + 1] = level((brightness - red * r - blue * bl) / green);
      values[at + 2] = level(bl);
    }
  }
  return { width, height, channels: 3, values, bitDepth: bits === 8 ? 8 : 16 };
}

function sixteenBit(bytes: Uint8Array): Uint16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
}

/** What colours a video means that names some or none of it: by its size, as players do. */
export function coloursOf(
  matrix: string | null | undefined,
  fullRange: boolean | null | undefined,
  height: number,
): Colours {
  const range = fullRange === true ? 'full' : 'limited';
  switch (matrix) {
    case 'rgb':
    case 'gbr':
      return { matrix: 'rgb', range: fullRange === false ? 'limited' : 'full' };
    case 'bt709':
      return { matrix: 'bt709', range };
    case 'bt470bg':
    case 'smpte170m':
      return { matrix: 'bt601', range };
    case 'bt2020-ncl':
    case 'bt2020nc':
      return { matrix: 'bt2020', range };
    default:
      return { matrix: height >= 720 ? 'bt709' : 'bt601', range };
  }
}

/** Packed planes one behind another, as `copyTo` and rawvideo give them. */
export function packedPlanes(
  width: number,
  height: number,
  bits: number,
  sub: '420' | '422' | '444',
): RawFrame['planes'] {
  const size = bits === 8 ? 1 : 2;
  const shiftX = sub === '444' ? 0 : 1;
  const shiftY = sub === '420' ? 1 : 0;
  const stride = size * width;
  const colourStride = size * ((width + shiftX) >> shiftX);
  const colourRows = (height + shiftY) >> shiftY;
  const colour = { stride: colourStride, step: 1, shiftX, shiftY } as const;
  const first = stride * height;
  return [
    { offset: 0, stride, step: 1, shiftX: 0, shiftY: 0 },
    { ...colour, offset: first },
    { ...colour, offset: first + colourStride * colourRows },
  ];
}

/** Components that alternate pixel by pixel: `order` tells where each stands among `step`. */
export function interleavedPlanes(
  width: number,
  bits: number,
  step: number,
  order: readonly [number, number, number],
): RawFrame['planes'] {
  const size = bits === 8 ? 1 : 2;
  const plane = (at: number): Plane => ({ offset: at * size, stride: width * step * size, step, shiftX: 0, shiftY: 0 });
  return [plane(order[0]), plane(order[1]), plane(order[2])];
}

/**
 * The mean of each block of `factor` × `factor` pixels; what fills no block at the right and below is left out, so that
 * image positions are divided by `factor` exactly.
 */
export function shrinkPicture(picture: FramePicture, factor: number): FramePicture {
  if (factor === 1) return picture;
  const { channels, values } = picture;
  const [width, height] = [Math.floor(picture.width / factor), Math.floor(picture.height / factor)];
  const out = new Float32Array(width * height * channels);
  const row = picture.width * channels;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++, at++) {
        const corner = y * factor * row + x * factor * channels + c;
        let sum = 0;
        for (let i = 0; i < factor; i++)
          for (let j = 0; j < factor; j++) sum += values[corner + i * row + j * channels];
        out[at] = sum / (factor * factor);
      }
    }
  }
  return { ...picture, width, height, values: out };
}

/** Turned by so many quarter turns clockwise, then mirrored left to right where `flip` says so. */
export interface Orientation {
  readonly quarterTurns: 0 | 1 | 2 | 3;
  readonly flip: 'no' | 'horizontal';
}

export function orientPicture(picture: FramePicture, { quarterTurns, flip }: Orientation): FramePicture {
  if (quarterTurns === 0 && flip === 'no') return picture;
  const { channels, values } = picture;
  const across = quarterTurns % 2 === 1;
  const [width, height] = across ? [picture.height, picture.width] : [picture.width, picture.height];
  const out = new Float32Array(values.length);
  // Where the stored picture has the pixel that is shown at (x, y).
  const [lastColumn, lastRow] = [picture.width - 1, picture.height - 1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let shown = 0; shown < width; shown++) {
      const x = flip === 'no' ? shown : width - 1 - shown;
      const column = [x, y, lastColumn - x, lastColumn - y][quarterTurns];
      const row = [y, lastRow - x, lastRow - y, x][quarterTurns];
      const from = (row * picture.width + column) * channels;
      for (let c = 0; c < channels; c++) out[at++] = values[from + c];
    }
  }
  return { ...picture, width, height, values: out };
}

/**
 * How much fine detail a picture has: the mean square of its Laplacian (Subbarao, Choi and Nikzad 1993), of its green or
 * only channel. Tells a sharp frame from a blurred one of the same scene.
 */
export function sharpnessOf({ width, height, channels, values }: FramePicture): number {
  const channel = channels === 3 ? 1 : 0;
  const row = width * channels;
  let sum = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * row + x * channels + channel;
      const laplacian =
        4 * values[at] - values[at - channels] - values[at + channels] - values[at - row] - values[at + row];
      sum += laplacian * laplacian;
    }
  }
  return sum / Math.max(1, (width - 2) * (height - 2));
}
