// What the laboratory looks up itself in the index of an MP4 or QuickTime file (its `moov` box, ISO/IEC 14496-12): whether its
// tables can be true, and the focal length that an iPhone writes. Demuxers do the rest. Pure, any process.

/** A box: bytes of its content, and its type. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const focalLengthKey = 'com.apple.quicktime.camera.focal_length.35mm_equivalent';
const wholeNumberTypes: Readonly<Record<number, 1 | 2 | 4>> = {
  21: 4,
  22: 4,
  65: 1,
  66: 2,
  67: 4,
  75: 1,
  76: 2,
  77: 4,
};

/**
 * A table of the content of `moov` that claims more samples than a file of `fileBytes` can hold, by its name; undefined
 * where there is none. A demuxer would fill memory with them.
 */
export function impossibleTable(moov: Uint8Array, fileBytes: number): string | undefined {
  const view = viewOf(moov);
  for (const { type, start, end } of allBoxes(view, ['trak', 'mdia', 'minf', 'stbl'])) {
    const width = { stts: 8, ctts: 8, stsc: 12, stco: 4, co64: 8, stss: 4 }[type];
    if (type === 'stsz' && end - start >= 12) {
      const size = view.getUint32(start + 4);
      const count = view.getUint32(start + 8);
      if (size === 0 ? count * 4 > end - start - 12 : count * size > fileBytes) return type;
    }
    if (width === undefined || end - start < 8) continue;
    const count = view.getUint32(start + 4);
    if (count * width > end - start - 8) return type;
    if (type !== 'stts' && type !== 'ctts') continue;
    let samples = 0;
    for (let n = 0; n < count; n++) samples += view.getUint32(start + 8 + 8 * n);
    if (samples > fileBytes) return type;
  }
  return undefined;
}

/** The 35 mm equivalent in millimetres that the content of `moov` names for the movie or a track of it. */
export function focalLengthOfMovie(moov: Uint8Array): number | undefined {
  const view = viewOf(moov);
  for (const { type, start, end } of allBoxes(view, ['trak', 'udta'])) {
    if (type !== 'meta') continue;
    // QuickTime's has its boxes at once, that of MP4 a version before.
    const inner = [0, 4]
      .map(skip => boxesIn(view, start + skip, end))
      .find(list => list.some(box => box.type === 'keys'));
    const keys = inner?.find(box => box.type === 'keys');
    const list = inner?.find(box => box.type === 'ilst');
    if (keys === undefined || list === undefined) continue;
    const names = boxesIn(view, keys.start + 8, keys.end).map(key => latin1(moov, key.start, key.end));
    const wanted = names.indexOf(focalLengthKey) + 1;
    for (const item of boxesIn(view, list.start, list.end)) {
      if (wanted === 0 || view.getUint32(item.start - 4) !== wanted) continue;
      const data = boxesIn(view, item.start, item.end).find(box => box.type === 'data');
      const value = data === undefined ? undefined : numberIn(view, moov, data);
      if (value !== undefined && value > 0 && value < 2000) return value;
    }
  }
  return undefined;
}

/** A well-known type, a locale, then the value (QuickTime File Format, metadata). */
function numberIn(view: DataView, moov: Uint8Array, { start, end }: Box): number | undefined {
  if (end - start < 9) return undefined;
  const type = view.getUint32(start);
  const at = start + 8;
  if (type === 1) return Number(latin1(moov, at, end));
  if (type === 23 && end - at >= 4) return view.getFloat32(at);
  const most = wholeNumberTypes[type];
  if (most === undefined) return undefined;
  const bytes = Math.min(most, end - at);
  return bytes >= 4 ? view.getUint32(at) : bytes >= 2 ? view.getUint16(at) : view.getUint8(at);
}

/** The boxes of a content, and those inside boxes of these types. */
function allBoxes(view: DataView, containers: readonly string[], start = 0, end = view.byteLength): Box[] {
  return boxesIn(view, start, end).flatMap(box => [
    box,
    ...(containers.includes(box.type) ? allBoxes(view, containers, box.start, box.end) : []),
  ]);
}

/** As far as their sizes fit. */
function boxesIn(view: DataView, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > end) break;
    const type = String.fromCharCode(...[4, 5, 6, 7].map(offset => view.getUint8(at + offset)));
    boxes.push({ type, start: at + 8, end: at + size });
    at += size;
  }
  return boxes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
