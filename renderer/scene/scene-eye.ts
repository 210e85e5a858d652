// From where the 3-D scene is seen, and the same as text for a link.

/** In the axes of three (x right, y up, z towards the viewer), in the unit of the scene; or the number of a camera. */
export type SceneEye =
  | { readonly kind: 'outside'; readonly position: readonly number[]; readonly target: readonly number[] }
  | { readonly kind: 'camera'; readonly camera: number };

/** Of a link; steps of a millionth of the distance are not seen. */
const DIGITS = 6;

export function textOfEye(eye: SceneEye): string {
  if (eye.kind === 'camera') return String(eye.camera);
  return [...eye.position, ...eye.target].map(value => Number(value.toPrecision(DIGITS))).join(' ');
}

/** Undefined for what is no such text. */
export function eyeOfText(text: string): SceneEye | undefined {
  const values = text.split(' ').map(part => (part === '' ? Number.NaN : Number(part)));
  if (!values.every(Number.isFinite)) return undefined;
  if (values.length === 6) return { kind: 'outside', position: values.slice(0, 3), target: values.slice(3) };
  const [camera] = values;
  return values.length === 1 && Number.isInteger(camera) && camera >= 0 ? { kind: 'camera', camera } : undefined;
}
