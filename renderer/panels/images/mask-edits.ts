// Edits of the drawn mask that can be undone, and the mask of the draft that they go to.

import { type DrawnMask, useDraft, whileThisDraft } from '../../state/draft.ts';
import { theBridge } from '../../state/lab.ts';
import { remember } from '../../state/undo.ts';
import { MaskRaster } from './mask-raster.ts';

/** The mask of the draft, made when there is none of this size. */
export function draftMask(width: number, height: number): MaskRaster {
  const { drawn } = useDraft.getState();
  if (drawn instanceof MaskRaster && drawn.width === width && drawn.height === height) return drawn;
  const mask = new MaskRaster(width, height);
  useDraft.setState({ drawn: mask });
  return mask;
}

/** Makes an edit that can be undone. */
export function editMask(mask: MaskRaster, label: string, edit: () => void): void {
  const before = mask.pixels.slice();
  edit();
  rememberMaskEdit(mask, label, before);
}

/** Remembers what was drawn since `before`, a copy of the pixels. */
export function rememberMaskEdit(mask: MaskRaster, label: string, before: Uint8Array): void {
  const change = mask.changeSince(before);
  if (change === undefined) return;
  const turn = (): void => {
    mask.apply(change);
    publish(mask);
  };
  const isCurrent = whileThisDraft();
  remember({ label, lapsed: () => !isCurrent(), undo: turn, redo: turn });
  publish(mask);
}

/** Those who show the draft look at its mask anew. A mask of an earlier draft is left alone. */
function publish(mask: MaskRaster): void {
  if (useDraft.getState().drawn === mask) useDraft.setState({ drawn: mask, error: undefined });
}

/** What was drawn before the mask was taken from elsewhere: whoever draws again goes on from there. */
let setAside: DrawnMask | undefined;

/** Takes a file or `alpha` for the mask, or (undefined) goes back to drawing. Can be undone. */
export async function chooseMask(mask: string | undefined): Promise<void> {
  const { input, mask: before, drawn } = useDraft.getState();
  if (before === mask) return;
  // A drawn mask would win over a file, so it is put aside.
  const after = mask === undefined ? setAside : undefined;
  setAside = mask === undefined ? undefined : drawn;
  const isCurrent = whileThisDraft();
  const apply = async (to: string | undefined, show: DrawnMask | undefined): Promise<void> => {
    const draft = useDraft.getState();
    if (!isCurrent() || input === undefined) return;
    const given = to === undefined ? {} : { mask: to };
    const report = await theBridge().call('inspect', { fit: draft.fit, input, ...given });
    if (isCurrent()) useDraft.setState({ mask: to, drawn: show, report, error: undefined });
  };
  await apply(mask, after);
  remember({
    label: 'Choose the mask',
    lapsed: () => !isCurrent(),
    undo: () => apply(before, drawn),
    redo: () => apply(mask, after),
  });
}

/** A picture of the mask's size is drawn into it, to be seen and changed; anything else is handed to the host as it is. */
export async function loadMaskFile(mask: MaskRaster, file: File): Promise<void> {
  const isCurrent = whileThisDraft();
  const missing = await readMaskPicture(file, mask);
  const uploaded = missing === undefined ? await theBridge().upload([file]) : undefined;
  if (!isCurrent()) return;
  if (missing === undefined) return chooseMask(uploaded);
  if (useDraft.getState().mask !== undefined) await chooseMask(undefined);
  editMask(mask, 'Load a mask', () => {
    mask.clear();
    mask.stamp(missing, 'missing');
  });
}

/** 1 where the picture is black; undefined for what is no picture of this size. */
async function readMaskPicture(file: File, { width, height }: MaskRaster): Promise<Uint8Array | undefined> {
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (picture === undefined) return undefined;
  try {
    if (picture.width !== width || picture.height !== height) return undefined;
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (context === null) return undefined;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return Uint8Array.from({ length: width * height }, (_, i) => (data[4 * i] === 0 ? 1 : 0));
  } finally {
    picture.close();
  }
}

/** Typed text as set pixels of a picture of this size, its middle at `x`, `y`; letters `size` pixels high. */
export function textPixels(
  text: string,
  size: number,
  at: { readonly x: number; readonly y: number },
  { width, height }: { readonly width: number; readonly height: number },
): Uint8Array {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) return new Uint8Array(width * height);
  context.font = textFont(size);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const lines = text.split('\n');
  lines.forEach((line, index) => {
    context.fillText(line, at.x, at.y + (index - (lines.length - 1) / 2) * size * LINE_HEIGHT);
  });
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from({ length: width * height }, (_, i) => (data[4 * i + 3] >= 128 ? 1 : 0));
}

export const LINE_HEIGHT = 1.2;

export function textFont(size: number): string {
  return `700 ${size}px Inter, system-ui, sans-serif`;
}
