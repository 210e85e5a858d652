// The one thing the laboratory wants from EXIF: a focal length to begin with. Reads the TIFF structure that cameras embed
// (CIPA DC-008), nothing else. Pure, any process.

const exifPointer = 0x8769;
const focalLengthIn35mm = 0xa405;

/**
 * The focal length in pixels of a `width` × `height` picture, from the 35 mm equivalent (the diagonal of 36 × 24 mm is
 * 43.27 mm); undefined where the camera has not written one. `exif` may begin with "Exif\0\0".
 */
export function focalLengthFromExif(exif: Uint8Array, width: number, height: number): number | undefined {
  const start = String.fromCharCode(...exif.subarray(0, 4)) === 'Exif' ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + start, Math.max(0, exif.byteLength - start));
  if (view.byteLength < 8) return undefined;
  const isLittle = view.getUint16(0) === 0x4949;
  if (!isLittle && view.getUint16(0) !== 0x4d4d) return undefined;
  const value = (directory: number, tag: number): number | undefined => {
    if (directory + 2 > view.byteLength) return undefined;
    const count = view.getUint16(directory, isLittle);
    for (let i = 0; i < count; i++) {
      const at = directory + 2 + 12 * i;
      if (at + 12 > view.byteLength) return undefined;
      if (view.getUint16(at, isLittle) !== tag) continue;
      // Type 3 is a 16-bit number, type 4 a 32-bit one; both stand in the entry itself.
      return view.getUint16(at + 2, isLittle) === 3
        ? view.getUint16(at + 8, isLittle)
        : view.getUint32(at + 8, isLittle);
    }
    return undefined;
  };
  const inner = value(view.getUint32(4, isLittle), exifPointer);
  const millimetres = inner === undefined ? undefined : value(inner, focalLengthIn35mm);
  return millimetres ? focalLengthInPixels(millimetres, width, height) : undefined;
}

/** From millimetres on 35 mm film to pixels of a `width` × `height` picture, by the diagonals. */
export function focalLengthInPixels(equivalent35mm: number, width: number, height: number): number {
  return (equivalent35mm / Math.hypot(36, 24)) * Math.hypot(width, height);
}
