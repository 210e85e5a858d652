// How numbers, counts, times and sizes are written for people: as many digits as mean something, no more.

const DIGITS = 4;

/** 0.45, 5.08e-3, 1.5e+6 as 1.5e6; whole numbers up to a million in full. NaN and undefined are a dash. */
export function formatNumber(value: number | undefined, digits: number = DIGITS): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  const rounded = Number(value.toPrecision(digits));
  if (size >= 1e-3 && size < 1e6) return String(rounded);
  const [mantissa, exponent] = rounded.toExponential().split('e');
  return `${mantissa}e${Number(exponent)}`;
}

/** A value of a setting, which may be a word or derived from the input. */
export function formatValue(value: number | string | undefined): string {
  if (value === undefined) return 'from the input';
  return typeof value === 'number' ? formatNumber(value, 6) : value;
}

/** 12 345: thin spaces between thousands, from five digits on. */
export function formatCount(value: number): string {
  const text = String(Math.round(value));
  return Math.abs(value) < 10000 ? text : text.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** 1.2 MB; powers of 1024. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : Number(amount.toPrecision(2))} ${units[power]}`;
}

/** 14:05:09 of the user's day. */
export function formatClock(millisecondsSince1970: number): string {
  return new Date(millisecondsSince1970).toLocaleTimeString('en-GB');
}

/** camelCase, kebab-case or a phrase, as a label: `samplingRate` is 'Sampling rate'. */
export function readableName(name: string): string {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[-_.]/g, ' ')
    .replace(/(?<=\s)[A-Z](?=[a-z])/g, letter => letter.toLowerCase());
  return words.charAt(0).toUpperCase() + words.slice(1);
}
