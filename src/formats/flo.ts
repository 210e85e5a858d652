// Reads and writes .flo, the optical flow files of the Middlebury benchmark (Baker et al. 2011): "PIEH", width, height as
// int32, then u and v as float32, row by row, all little-endian. Pure, any process.
import { LabError } from '../protocol/lab-error.ts';

export interface FloFile {
  readonly width: number;
  readonly height: number;
  /** [height, width, 2]: u to the right and v down, in pixels; both NaN where the flow is unknown. */
  readonly flow: Float32Array;
}

const headBytes = 12;
/** What the benchmark's own code writes for an unknown value, and from where on it reads one as unknown. */
const unknownValue = 1e10;
const unknownFrom = 1e9;
const largestSide = 99999;

/** Throws a LabError of code 'input' with `where` = `name`. */
export function decodeFlo(bytes: Uint8Array, name: string): FloFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headBytes || new TextDecoder('latin1').decode(bytes.subarray(0, 4)) !== 'PIEH') {
    throw floError(name, 'The file does not begin with "PIEH" and a size.', 'Give a .flo file as Middlebury has them.');
  }
  const [width, height] = [view.getInt32(4, true), view.getInt32(8, true)];
  if (!(width >= 1 && width <= largestSide && height >= 1 && height <= largestSide)) {
    throw floError(
      name,
      `The file says that the flow is ${width} × ${height} pixels.`,
      'Its head may be damaged, or written big-endian: make the file again.',
    );
  }
  const expected = headBytes + 8 * width * height;
  if (bytes.length !== expected) {
    throw floError(
      name,
      `A flow of ${width} × ${height} pixels takes ${expected} bytes, but the file has ${bytes.length}.`,
      bytes.length < expected ? 'The file is cut off: copy it again.' : 'Make the file again.',
    );
  }
  const flow = new Float32Array(2 * width * height);
  for (let i = 0; i < flow.length; i += 2) {
    const [u, v] = [view.getFloat32(headBytes + 4 * i, true), view.getFloat32(headBytes + 4 * i + 4, true)];
    // Written so that NaN is unknown too.
    const known = Math.abs(u) <= unknownFrom && Math.abs(v) <= unknownFrom;
    flow[i] = known ? u : Number.NaN;
    flow[i + 1] = known ? v : Number.NaN;
  }
  return { width, height, flow };
}

/** Values that are not finite are written as unknown. Throws a LabError of code 'internal' where sizes disagree. */
export function encodeFlo({ width, height, flow }: FloFile): Uint8Array {
  if (flow.length !== 2 * width * height) {
    throw new LabError({
      code: 'internal',
      message: `A flow of ${width} × ${height} pixels was to be written from ${flow.length} values.`,
    });
  }
  const bytes = new Uint8Array(headBytes + 4 * flow.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode('PIEH'));
  view.setInt32(4, width, true);
  view.setInt32(8, height, true);
  for (let i = 0; i < flow.length; i++) {
    view.setFloat32(headBytes + 4 * i, Number.isFinite(flow[i]) ? flow[i] : unknownValue, true);
  }
  return bytes;
}

function floError(name: string, message: string, tip: string): LabError {
  return new LabError({ code: 'input', message, tip, where: name });
}
