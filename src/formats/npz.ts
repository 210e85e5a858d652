// Reading and writing of NumPy's .npz files: a zip archive with one .npy file per array. Pure, runs in every process.
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { LabError } from '../protocol/lab-error.ts';
import { decodeNpy, encodeNpy, type NpyArray } from './npy.ts';

// Built from local fields, because fflate writes local fields: the same bytes in every time zone.
const fixedTime = new Date(1980, 0, 1);

/** Deflate cannot shrink data by more than this factor; a directory that promises more is damaged. */
const largestDeflateRatio = 1032;

/** True where the bytes begin like a zip archive, also an empty one. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return (
    bytes[0] === 0x50 && bytes[1] === 0x4b && ((bytes[2] === 3 && bytes[3] === 4) || (bytes[2] === 5 && bytes[3] === 6))
  );
}

/** Bytes of all that is in the archive, unpacked, as its directory tells; 0 where that cannot be read. */
export function unpackedBytes(bytes: Uint8Array): number {
  let sum = 0;
  try {
    unzipSync(bytes, {
      filter: ({ originalSize }) => {
        sum += originalSize;
        return false;
      },
    });
  } catch {
    return 0; // decoding tells what is wrong with it
  }
  return sum;
}

/**
 * The arrays of an .npz file by name (without `.npy`), in the order of the archive. Throws a LabError of code 'input'
 * with `where` = `name`, or `name#array` where one array is at fault.
 */
export function decodeNpz(bytes: Uint8Array, name: string): Map<string, NpyArray> {
  if (bytes.length === 0) {
    throw new LabError({
      code: 'input',
      message: 'The NumPy archive is empty (0 bytes).',
      tip: 'Save the arrays again; the writing program may have been stopped.',
      where: name,
    });
  }
  if (!looksLikeZip(bytes)) {
    throw new LabError({
      code: 'input',
      message: 'The file does not begin with the signature of a zip archive, which every .npz file is.',
      tip: 'Save the arrays with numpy.savez; a single array saved with numpy.save is named .npy.',
      where: name,
    });
  }
  const entries = unzip(bytes, name);
  const arrays = new Map<string, NpyArray>();
  for (const [path, content] of Object.entries(entries)) {
    if (!path.endsWith('.npy')) continue;
    const key = path.slice(0, -'.npy'.length);
    arrays.set(key, decodeNpy(content, `${name}#${key}`));
  }
  if (arrays.size === 0) {
    const found = Object.keys(entries).slice(0, 5).join(', ');
    throw new LabError({
      code: 'input',
      message: `The archive holds no NumPy array${found === '' ? '' : `, only ${found}`}.`,
      tip: 'Save the arrays with numpy.savez.',
      where: name,
    });
  }
  return arrays;
}

/** An .npz file, not compressed. The same arrays in the same order give the same bytes. Throws where a name is twice. */
export function encodeNpz(entries: Iterable<readonly [string, NpyArray]>): Uint8Array {
  // The prototype is left out, and every name ends in .npy, so that no name can be special or be sorted as a number.
  const files: Zippable = Object.create(null);
  for (const [name, array] of entries) {
    const path = `${name}.npy`;
    if (path in files) {
      throw new LabError({
        code: 'internal',
        message: `Two arrays named '${name}' were to be written into one archive.`,
      });
    }
    files[path] = [encodeNpy(array), { level: 0, mtime: fixedTime }];
  }
  return zipSync(files);
}

function unzip(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  let entryCount = 0;
  try {
    return unzipSync(bytes, {
      filter: file => {
        // A damaged directory can announce four thousand million entries; each true one takes 46 bytes.
        if (++entryCount * 46 > bytes.length) throw new Error('the directory runs past the end of the file');
        if (file.originalSize > file.size * largestDeflateRatio + 1024 || file.size > bytes.length) {
          throw new Error(`the directory gives ${file.originalSize} bytes for ${file.name}`);
        }
        return true;
      },
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LabError({
      code: 'input',
      message: `The NumPy archive (${bytes.length} bytes) is truncated or damaged: ${reason}.`,
      tip: 'Copy or save the file again.',
      where: name,
      cause,
    });
  }
}
