// Reading and writing of NumPy's .npy files (NumPy Enhancement Proposal 1, versions 1 to 3): bytes to a typed array in
// C order and back. Pure, runs in every process; the header is parsed as data and never evaluated.
import { LabError } from '../protocol/lab-error.ts';

/** The element types of a file that are read and written; NumPy's names. */
export type NpyDtype =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float16'
  | 'float32'
  | 'float64';

export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface NpyArray {
  /** Empty for a scalar. */
  readonly shape: readonly number[];
  /** Element type in the file. `float16` is held in a Float32Array, `int64` and `uint64` in a Float64Array, `bool` in a Uint8Array of 0 and 1. */
  readonly dtype: NpyDtype;
  /** In C order, last axis fastest. */
  readonly data: NpyData;
}

interface ElementType {
  /** NumPy's type character with its size, without the byte order. */
  readonly code: string;
  readonly size: number;
  readonly allocate: (length: number) => NpyData;
  readonly get: (view: DataView, offset: number, littleEndian: boolean) => number;
  readonly set: (view: DataView, offset: number, value: number) => void;
}

const elementTypes: Readonly<Record<NpyDtype, ElementType>> = {
  bool: {
    code: 'b1',
    size: 1,
    allocate: n => new Uint8Array(n),
    get: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
    set: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1),
  },
  uint8: {
    code: 'u1',
    size: 1,
    allocate: n => new Uint8Array(n),
    get: (view, at) => view.getUint8(at),
    set: (view, at, value) => view.setUint8(at, value),
  },
  int8: {
    code: 'i1',
    size: 1,
    allocate: n => new Int8Array(n),
    get: (view, at) => view.getInt8(at),
    set: (view, at, value) => view.setInt8(at, value),
  },
  uint16: {
    code: 'u2',
    size: 2,
    allocate: n => new Uint16Array(n),
    get: (view, at, little) => view.getUint16(at, little),
    set: (view, at, value) => view.setUint16(at, value, true),
  },
  int16: {
    code: 'i2',
    size: 2,
    allocate: n => new Int16Array(n),
    get: (view, at, little) => view.getInt16(at, little),
    set: (view, at, value) => view.setInt16(at, value, true),
  },
  uint32: {
    code: 'u4',
    size: 4,
    allocate: n => new Uint32Array(n),
    get: (view, at, little) => view.getUint32(at, little),
    set: (view, at, value) => view.setUint32(at, value, true),
  },
  int32: {
    code: 'i4',
    size: 4,
    allocate: n => new Int32Array(n),
    get: (view, at, little) => view.getInt32(at, little),
    set: (view, at, value) => view.setInt32(at, value, true),
  },
  uint64: {
    code: 'u8',
    size: 8,
    allocate: n => new Float64Array(n),
    get: (view, at, little) => exactNumber(view.getBigUint64(at, little)),
    set: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  },
  int64: {
    code: 'i8',
    size: 8,
    allocate: n => new Float64Array(n),
    get: (view, at, little) => exactNumber(view.getBigInt64(at, little)),
    set: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  float16: {
    code: 'f2',
    size: 2,
    allocate: n => new Float32Array(n),
    get: (view, at, little) => halfToNumber(view.getUint16(at, little)),
    set: (view, at, value) => view.setUint16(at, numberToHalf(value), true),
  },
  float32: {
    code: 'f4',
    size: 4,
    allocate: n => new Float32Array(n),
    get: (view, at, little) => view.getFloat32(at, little),
    set: (view, at, value) => view.setFloat32(at, value, true),
  },
  float64: {
    code: 'f8',
    size: 8,
    allocate: n => new Float64Array(n),
    get: (view, at, little) => view.getFloat64(at, little),
    set: (view, at, value) => view.setFloat64(at, value, true),
  },
};

const supportedNames = Object.keys(elementTypes).join(', ');
const dtypeByCode = new Map(
  (Object.keys(elementTypes) as NpyDtype[]).map(dtype => [elementTypes[dtype].code, dtype] as const),
);

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const largestExact = 2n ** 53n;
/** NumPy 2 allows 64 axes. */
const mostAxes = 64;

/** True where the bytes begin with the magic string of a .npy file. */
export function looksLikeNpy(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte);
}

/** What the first bytes of a .npy file say of it. */
export interface NpyExtent {
  readonly shape: readonly number[];
  /** That decoding takes, besides those of the file. */
  readonly decodedBytes: number;
}

/** Undefined where the beginning of the file tells nothing; reading all of it then tells why. */
export function npyExtent(beginning: Uint8Array): NpyExtent | undefined {
  if (!looksLikeNpy(beginning)) return undefined;
  const fail = failAt('');
  try {
    const { dtype, fortranOrder, shape } = interpretHeader(readHeader(beginning, fail).header, fail);
    const type = elementTypes[dtype];
    const bytes = elementCount(shape, type.size, fail) * type.allocate(0).BYTES_PER_ELEMENT;
    return { shape, decodedBytes: fortranOrder ? 2 * bytes : bytes };
  } catch {
    return undefined;
  }
}

/**
 * The array in a .npy file, in C order and native byte order whatever the file's. Throws a LabError of code 'input'
 * with `where` = `name` for anything that is not a complete file of a supported element type.
 */
export function decodeNpy(bytes: Uint8Array, name: string): NpyArray {
  const fail = failAt(name);
  if (bytes.length === 0) {
    throw fail(
      'The NumPy file is empty (0 bytes).',
      'Save the array again; the writing program may have been stopped.',
    );
  }
  const shared = Math.min(bytes.length, magic.length);
  if (magic.slice(0, shared).some((byte, i) => bytes[i] !== byte)) {
    throw fail(
      'The file does not begin with the signature of a NumPy array.',
      'Save the array with numpy.save; a pickled or text array has to be converted first.',
    );
  }
  const { header, dataOffset } = readHeader(bytes, fail);
  const { dtype, littleEndian, fortranOrder, shape } = interpretHeader(header, fail);

  const type = elementTypes[dtype];
  const count = elementCount(shape, type.size, fail);
  const expected = count * type.size;
  const present = bytes.length - dataOffset;
  if (present < expected) {
    throw fail(
      `The NumPy file is truncated: shape ${formatShape(shape)} of ${dtype} needs ${expected} bytes of data but ${present} are there.`,
      'Copy or save the file again.',
    );
  }
  if (present > expected) {
    throw fail(
      `The NumPy file holds ${present} bytes of data but shape ${formatShape(shape)} of ${dtype} needs only ${expected}.`,
      'Save one array per .npy file, or several arrays with numpy.savez.',
    );
  }
  const data = readElements(bytes, dataOffset, count, type, littleEndian);
  if (dtype === 'int64' || dtype === 'uint64') {
    const tooLarge = data.findIndex(Number.isNaN);
    if (tooLarge >= 0) {
      throw fail(
        `Element ${tooLarge} in file order of the ${dtype} array is beyond 2^53 and cannot be held exactly.`,
        'Convert the array to float64 or to 32-bit integers before saving it.',
      );
    }
  }
  return { shape, dtype, data: fortranOrder ? toCOrder(data, shape, type) : data };
}

/**
 * A version 1 .npy file, little endian, C order, data aligned to 64 bytes as NumPy writes it. The same array gives the
 * same bytes. Throws a LabError of code 'internal' where shape and data do not fit together.
 */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { shape, dtype, data } = array;
  const type = elementTypes[dtype];
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (count !== data.length || shape.length > mostAxes) {
    throw new LabError({
      code: 'internal',
      message: `An array of shape ${formatShape(shape)} was to be written from ${data.length} values.`,
    });
  }
  const byteOrder = type.size === 1 ? '|' : '<';
  const dictionary = `{'descr': '${byteOrder}${type.code}', 'fortran_order': False, 'shape': ${formatShape(shape)}, }`;
  const prefixLength = magic.length + 4;
  const dataOffset = Math.ceil((prefixLength + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(dataOffset - prefixLength - 1)}\n`;

  const bytes = new Uint8Array(dataOffset + count * type.size);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  bytes[6] = 1;
  view.setUint16(8, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[prefixLength + i] = header.charCodeAt(i);
  if (isHeldAsStored(data, type, true)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), dataOffset);
  } else for (let i = 0; i < count; i++) type.set(view, dataOffset + i * type.size, data[i]);
  return bytes;
}

/** A shape as NumPy prints it: `()`, `(3,)`, `(3, 4)`. */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
}

type Fail = (message: string, tip: string) => LabError;

function failAt(name: string): Fail {
  return (message, tip) => new LabError({ code: 'input', message, tip, where: name });
}

function readHeader(bytes: Uint8Array, fail: Fail): { header: string; dataOffset: number } {
  const version = bytes[6];
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length >= 8 && version !== 1 && version !== 2 && version !== 3) {
    throw fail(
      `The NumPy file has format version ${version}.${bytes[7]}; versions 1, 2 and 3 can be read.`,
      'Load the file with NumPy and save it again with numpy.save.',
    );
  }
  const truncated = (wanted: number) =>
    fail(
      `The header of the NumPy file is truncated: it needs ${wanted} bytes but the file has ${bytes.length}.`,
      'Copy or save the file again.',
    );
  if (bytes.length < start) throw truncated(start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataOffset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < dataOffset) throw truncated(dataOffset);
  // Versions 1 and 2 are Latin-1, 3 is UTF-8; what is needed from the dictionary is ASCII in all of them.
  const header = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(start, dataOffset));
  return { header, dataOffset };
}

interface Header {
  readonly dtype: NpyDtype;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

function interpretHeader(header: string, fail: Fail): Header {
  const resave = 'Load the file with NumPy and save it again with numpy.save.';
  const dictionary = parsePythonDictionary(header);
  if (typeof dictionary === 'string') throw fail(`The header of the NumPy file is ${dictionary}.`, resave);
  const missing = ['descr', 'fortran_order', 'shape'].filter(key => !dictionary.has(key));
  if (missing.length > 0) {
    throw fail(`The header of the NumPy file has no ${missing.map(key => `'${key}'`).join(' and no ')}.`, resave);
  }
  const fortranOrder = dictionary.get('fortran_order');
  if (typeof fortranOrder !== 'boolean') {
    throw fail("'fortran_order' in the header of the NumPy file is neither True nor False.", resave);
  }
  const shape = dictionary.get('shape');
  if (!Array.isArray(shape) || !shape.every(extent => typeof extent === 'number' && extent >= 0)) {
    throw fail("'shape' in the header of the NumPy file is not a tuple of whole numbers from 0 up.", resave);
  }
  const { dtype, littleEndian } = interpretDescription(dictionary.get('descr'), fail);
  return { dtype, littleEndian, fortranOrder, shape: shape as number[] };
}

function interpretDescription(
  description: PythonValue | undefined,
  fail: Fail,
): { dtype: NpyDtype; littleEndian: boolean } {
  const tip = `Convert the array to one of ${supportedNames} before saving it.`;
  if (Array.isArray(description)) throw fail('The NumPy array has a structured element type (named fields).', tip);
  if (typeof description !== 'string') {
    throw fail("'descr' in the header of the NumPy file is not an element type.", tip);
  }
  const [, order, code] = /^([<>|=]?)(.*)$/s.exec(description) ?? ['', '', ''];
  const dtype = dtypeByCode.get(code === '?' ? 'b1' : code);
  if (dtype === undefined) {
    throw fail(`The NumPy array has the element type ${typeName(code)} ('${description.slice(0, 40)}').`, tip);
  }
  return { dtype, littleEndian: order !== '>' };
}

function typeName(code: string): string {
  const bits = Number(code.slice(1)) * 8;
  switch (code[0]) {
    case 'O':
      return 'object (pickled Python values)';
    case 'c':
      return `complex${bits}`;
    case 'U':
      return 'text (Unicode strings)';
    case 'S':
    case 'a':
      return 'text (byte strings)';
    case 'V':
      return 'void (raw bytes)';
    case 'M':
      return 'datetime64';
    case 'm':
      return 'timedelta64';
    case 'f':
      return `float${bits}`;
    default:
      return 'of an unknown kind';
  }
}

function elementCount(shape: readonly number[], elementSize: number, fail: Fail): number {
  const tip = 'Load the file with NumPy and look at its shape; the header may be damaged.';
  if (shape.length > mostAxes) {
    throw fail(`The NumPy array has ${shape.length} axes; at most ${mostAxes} can be read.`, tip);
  }
  let count = 1;
  for (const extent of shape) count *= extent;
  if (!shape.every(Number.isSafeInteger) || !(count * elementSize <= Number.MAX_SAFE_INTEGER)) {
    throw fail(`The shape ${formatShape(shape)} of the NumPy array is too large to address.`, tip);
  }
  return count;
}

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Whether the bytes of `data` are those of its elements in a file of this byte order. */
function isHeldAsStored(data: NpyData, type: ElementType, littleEndian: boolean): boolean {
  const isItsOwn = data.constructor === type.allocate(0).constructor && data.BYTES_PER_ELEMENT === type.size;
  const isConverted = ['b1', 'i8', 'u8'].includes(type.code);
  return isItsOwn && !isConverted && (type.size === 1 || littleEndian === hostIsLittleEndian);
}

function readElements(
  bytes: Uint8Array,
  offset: number,
  count: number,
  type: ElementType,
  littleEndian: boolean,
): NpyData {
  const data = type.allocate(count);
  if (isHeldAsStored(data, type, littleEndian)) {
    new Uint8Array(data.buffer).set(bytes.subarray(offset, offset + count * type.size));
    return data;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count * type.size);
  for (let i = 0; i < count; i++) data[i] = type.get(view, i * type.size, littleEndian);
  return data;
}

/** The same array with the last instead of the first axis fastest. */
function toCOrder(data: NpyData, shape: readonly number[], type: ElementType): NpyData {
  const result = type.allocate(data.length);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, extent) => product * extent, 1));
  let source = 0;
  for (let target = 0; target < data.length; target++) {
    result[target] = data[source];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** NaN, which no integer is, where the value cannot be held. */
function exactNumber(value: bigint): number {
  return value > largestExact || value < -largestExact ? Number.NaN : Number(value);
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to nearest, ties to even, as IEEE 754 binary16. */
function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, magnitude === 0 ? -14 : Math.floor(Math.log2(magnitude)));
  // The quantum of the binade; a magnitude that rounds up into the next binade carries into the exponent bits.
  const steps = roundHalfToEven(magnitude / 2 ** (exponent - 10));
  return sign | (steps + (exponent + 14) * 1024);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

type PythonValue = string | number | boolean | undefined | PythonValue[];

const deepestNesting = 16;

/**
 * The dictionary of a header, from the subset of Python's literals that NumPy writes: strings, whole numbers, True,
 * False, None, tuples and lists. A description of what is wrong where it is not one.
 */
function parsePythonDictionary(text: string): Map<string, PythonValue> | string {
  let at = 0;
  class Malformed extends Error {}
  const skipSpace = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at++;
  };
  const takeIf = (character: string): boolean => {
    skipSpace();
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const parseString = (): string => {
    const quote = text[at++];
    let value = '';
    while (at < text.length && text[at] !== quote) {
      if (text[at] === '\\') at++;
      value += text[at++] ?? '';
    }
    if (at >= text.length) throw new Malformed();
    at++;
    return value;
  };
  const parseSequence = (close: string, depth: number): PythonValue[] => {
    const items: PythonValue[] = [];
    while (!takeIf(close)) {
      items.push(parseValue(depth + 1));
      if (!takeIf(',')) {
        if (takeIf(close)) break;
        throw new Malformed();
      }
    }
    return items;
  };
  const parseValue = (depth: number): PythonValue => {
    skipSpace();
    const character = text[at];
    if (depth > deepestNesting) throw new Malformed();
    if (character === "'" || character === '"') return parseString();
    if (takeIf('(')) return parseSequence(')', depth);
    if (takeIf('[')) return parseSequence(']', depth);
    const word = /^[-+\w]{1,40}/.exec(text.slice(at, at + 40))?.[0] ?? '';
    at += word.length;
    if (word === 'True') return true;
    if (word === 'False') return false;
    if (word === 'None') return undefined;
    // Python 2 wrote long integers with a trailing L.
    if (/^[-+]?\d+L?$/.test(word)) return Number(word.replace('L', ''));
    throw new Malformed();
  };

  if (!takeIf('{')) return 'not a Python dictionary';
  const dictionary = new Map<string, PythonValue>();
  try {
    while (!takeIf('}')) {
      const key = parseValue(0);
      if (typeof key !== 'string' || !takeIf(':')) throw new Malformed();
      dictionary.set(key, parseValue(0));
      if (!takeIf(',')) {
        if (takeIf('}')) break;
        throw new Malformed();
      }
    }
    skipSpace();
    if (at < text.length) throw new Malformed();
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown;
    return `not a readable Python dictionary (character ${Math.min(at, text.length) + 1})`;
  }
  return dictionary;
}
