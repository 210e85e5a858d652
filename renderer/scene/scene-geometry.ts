// Attributes that change with every frame of data: the buffer on the card is kept for as long as its size allows.

import { BufferAttribute, type BufferGeometry, DynamicDrawUsage } from 'three';

/** Sets `values` as an attribute, in place where there is one of the same size. Returns true when it is a new buffer. */
export function setAttribute(
  geometry: BufferGeometry,
  name: string,
  values: Float32Array | Uint8Array,
  size: number,
): boolean {
  const old = geometry.getAttribute(name) as BufferAttribute | undefined;
  if (old !== undefined && old.array.length === values.length && old.array.constructor === values.constructor) {
    (old.array as Float32Array).set(values);
    old.needsUpdate = true;
    return false;
  }
  // A buffer cannot grow: those on the card are let go, and all are made anew at the next drawing.
  if (old !== undefined) geometry.dispose();
  const attribute = new BufferAttribute(values.slice(), size, values instanceof Uint8Array);
  attribute.setUsage(DynamicDrawUsage);
  geometry.setAttribute(name, attribute);
  return true;
}

/** Colours [n, 3] 0…255 of any type as bytes. */
export function colourBytes(values: ArrayLike<number>): Uint8Array {
  if (values instanceof Uint8Array) return values;
  return Uint8Array.from(values, value => Math.min(255, Math.max(0, Math.round(value))));
}
