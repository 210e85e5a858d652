// The transfer function of sRGB pictures (IEC 61966-2-1), both ways, for values from 0 to 1; others are clipped. Pure.

export function srgbFromLinear(linear: number): number {
  const value = Math.min(1, Math.max(0, linear));
  return value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
}

export function linearFromSrgb(stored: number): number {
  const value = Math.min(1, Math.max(0, stored));
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
