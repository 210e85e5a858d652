// Writes 8-bit grey pictures as PNG (W3C PNG, third edition): a canvas would make four channels of them. Runs where
// CompressionStream is, in a window and in Node.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** `levels` [height, width]. */
export async function encodeGreyPng(levels: Uint8Array, width: number, height: number): Promise<Blob> {
  const rows = new Uint8Array(height * (width + 1));
  // The first byte of a row names its filter; 0 is none.
  for (let y = 0; y < height; y++) rows.set(levels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Blob(
    [
      Uint8Array.from(SIGNATURE),
      chunk('IHDR', new Uint8Array(header.buffer)),
      chunk('IDAT', new Uint8Array(await new Response(packed).arrayBuffer())),
      chunk('IEND', new Uint8Array(0)),
    ],
    { type: 'image/png' },
  );
}

/** Length, type, content and checksum of type and content. */
function chunk(type: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(content, 8);
  view.setUint32(content.length + 8, checksum(bytes.subarray(4, content.length + 8)));
  return bytes;
}

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 of ISO 3309. */
function checksum(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = remainders[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
