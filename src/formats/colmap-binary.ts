// COLMAP's binary form: cameras.bin, images.bin and points3D.bin, little endian, counts of 64 bits. Pure, any process.
import { rigid } from '../geometry/rigid.ts';
import { quatWxyzFromRotation, rotationFromQuatWxyz } from '../geometry/rotation.ts';
import { pathError } from './camera-path.ts';
import { type ColmapFiles, type ColmapReconstruction, colmapModels, colmapTip } from './colmap.ts';

/** What stands for "no point" in images.bin: all ones. */
const NO_POINT = 2n ** 64n - 1n;

export function encodeColmapBinary({ cameras, images, points }: ColmapReconstruction): ColmapFiles {
  return {
    'cameras.bin': written(write => {
      write.whole64(cameras.length);
      for (const { id, model, width, height, parameters } of cameras) {
        write.whole32(id);
        write.whole32(colmapModels.findIndex(({ name }) => name === model));
        write.whole64(width);
        write.whole64(height);
        write.doubles(parameters);
      }
    }),
    'images.bin': written(write => {
      write.whole64(images.length);
      for (const {
        id,
        camFromWorld: { rotation, translation },
        cameraId,
        name,
        keyPoints,
        pointIds,
      } of images) {
        write.whole32(id);
        write.doubles(quatWxyzFromRotation(rotation));
        write.doubles(translation);
        write.whole32(cameraId);
        write.text(name);
        write.whole64(pointIds.length);
        pointIds.forEach((point, i) => {
          write.doubles(keyPoints.subarray(2 * i, 2 * i + 2));
          write.whole64(point < 0 ? NO_POINT : point);
        });
      }
    }),
    'points3D.bin': written(write => {
      write.whole64(points.length);
      for (const { id, position, colour, error, track } of points) {
        write.whole64(id);
        write.doubles(position);
        write.bytes(colour);
        write.doubles([error]);
        write.whole64(track.length / 2);
        for (const value of track) write.whole32(value);
      }
    }),
  };
}

/** Throws a LabError of code 'input' with `where` = `name` and the file, where one is missing or cut off. */
export function decodeColmapBinary(files: ColmapFiles, name: string): ColmapReconstruction {
  const open = (file: string) => {
    const bytes = files[file];
    if (bytes === undefined) throw pathError(name, `${file} is missing.`, colmapTip);
    return reader(bytes, `${name}, ${file}`);
  };
  const inCameras = open('cameras.bin');
  const cameras = inCameras.list(24, () => {
    const id = inCameras.whole32();
    const number = inCameras.whole32();
    const model = colmapModels[number];
    if (model === undefined) {
      const known = colmapModels.map(({ name: each }) => each).join(', ');
      throw pathError(name, `Camera ${id} has model number ${number}; the lab reads ${known}.`, colmapTip);
    }
    const [width, height] = [inCameras.whole64(), inCameras.whole64()];
    return { id, model: model.name, width, height, parameters: [...inCameras.doubles(model.parameters)] };
  });
  const inImages = open('images.bin');
  const images = inImages.list(73, () => {
    const id = inImages.whole32();
    const rotation = rotationFromQuatWxyz(inImages.doubles(4));
    const translation = inImages.doubles(3);
    const cameraId = inImages.whole32();
    const imageName = inImages.text();
    const points = inImages.list(24, () => {
      const [x, y] = inImages.doubles(2);
      return { x, y, point: inImages.pointId() };
    });
    return {
      ...{ id, camFromWorld: rigid<'cam', 'world'>(rotation, translation), cameraId, name: imageName },
      keyPoints: Float64Array.from(points.flatMap(({ x, y }) => [x, y])),
      pointIds: Float64Array.from(points, ({ point }) => point),
    };
  });
  const inPoints = open('points3D.bin');
  const points = inPoints.list(51, () => {
    const id = inPoints.whole64();
    const position = inPoints.doubles(3);
    const colour = inPoints.bytes(3);
    const [error] = inPoints.doubles(1);
    const track = Uint32Array.from(inPoints.list(8, () => [inPoints.whole32(), inPoints.whole32()]).flat());
    return { id, position, colour, error, track };
  });
  return { cameras, images, points };
}

interface Writer {
  whole32(value: number): void;
  whole64(value: number | bigint): void;
  doubles(values: ArrayLike<number>): void;
  bytes(values: ArrayLike<number>): void;
  /** UTF-8, ended by a zero. */
  text(value: string): void;
}

function written(fill: (write: Writer) => void): Uint8Array {
  let bytes = new Uint8Array(1 << 16);
  let view = new DataView(bytes.buffer);
  let at = 0;
  /** Makes room, which may move everything, and gives the place. */
  const put = (count: number, write: (view: DataView, place: number) => void): void => {
    if (at + count > bytes.length) {
      const larger = new Uint8Array(Math.max(2 * bytes.length, at + count));
      larger.set(bytes);
      [bytes, view] = [larger, new DataView(larger.buffer)];
    }
    write(view, at);
    at += count;
  };
  fill({
    whole32: value => put(4, (into, place) => into.setUint32(place, value, true)),
    whole64: value => put(8, (into, place) => into.setBigUint64(place, BigInt(value), true)),
    doubles: values => {
      for (let i = 0; i < values.length; i++) put(8, (into, place) => into.setFloat64(place, values[i], true));
    },
    bytes: values => {
      for (let i = 0; i < values.length; i++) put(1, (into, place) => into.setUint8(place, values[i]));
    },
    text: value => {
      const encoded = new TextEncoder().encode(`${value}\0`);
      put(encoded.length, (into, place) => new Uint8Array(into.buffer).set(encoded, place));
    },
  });
  return bytes.slice(0, at);
}

function reader(bytes: Uint8Array, name: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const cutOff = (need: number) =>
    pathError(name, `The file is cut off: ${need} bytes are needed at byte ${at} of ${bytes.length}.`, colmapTip);
  const take = (count: number): number => {
    if (at + count > bytes.length) throw cutOff(count);
    at += count;
    return at - count;
  };
  const read = {
    whole32: () => view.getUint32(take(4), true),
    whole64: () => Number(view.getBigUint64(take(8), true)),
    /** −1: none. */
    pointId: () => {
      const id = view.getBigUint64(take(8), true);
      return id === NO_POINT ? -1 : Number(id);
    },
    doubles: (count: number) => Float64Array.from({ length: count }, () => view.getFloat64(take(8), true)),
    bytes: (count: number) => Uint8Array.from({ length: count }, () => view.getUint8(take(1))),
    text: () => {
      const end = bytes.indexOf(0, at);
      if (end < 0) throw cutOff(bytes.length - at + 1);
      const value = new TextDecoder().decode(bytes.subarray(at, end));
      at = end + 1;
      return value;
    },
    /** A count of 64 bits and so many items of at least `least` bytes, refused before anything is allocated for them. */
    list: <Item>(least: number, item: () => Item): Item[] => {
      const count = read.whole64();
      if (count * least > bytes.length - at) throw cutOff(count * least);
      return Array.from({ length: count }, item);
    },
  };
  return read;
}
