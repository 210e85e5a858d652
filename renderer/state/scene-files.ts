// Which of the files that were handed over together is the photo, the mesh, the mask, the depth picture, the camera and the
// start pose: by their endings, their names and their first bytes.

import { isCameraFile } from '../../src/formats/camera-file.ts';
import { meshExtensions } from '../../src/formats/mesh-file.ts';
import { decodeStartFile } from '../../src/formats/start-file.ts';
import { pictureExtensions } from '../../src/media/picture-container.ts';
import { LabError } from '../../src/protocol/lab-error.ts';

/** Names of files, by what they are; what is in none of them belongs to one of them, such as a texture. */
export interface SceneFiles {
  readonly photo: string | undefined;
  readonly mask: string | undefined;
  /** By the ids that the fit gives them: mesh, depth, camera, start. */
  readonly companions: Readonly<Record<string, string>>;
}

type Kind = 'photo' | 'grey' | 'mask' | 'mesh' | 'depth' | 'camera' | 'start' | 'other';

const companionKinds = ['mesh', 'depth', 'camera', 'start'] as const;
const words: Readonly<Record<string, string>> = { photo: 'photo', depth: 'depth picture', start: 'start pose' };
const HEAD_BYTES = 1 << 16;
/** Calibrations and poses are short. */
const MOST_TEXT_BYTES = 4 << 20;
/** Of a PNG, behind its signature and the size: bits per sample, then 0 grey, 2 colour, 3 palette. */
const PNG_BITS = 24;
const PNG_COLOUR = 25;

export function isMeshFile({ name }: { readonly name: string }): boolean {
  return meshExtensions.has(endingOf(name));
}

/**
 * `photo`: given where there is one already, so that a grey picture is a mask to it. Throws an `input` error for two files
 * that could both be the same.
 */
export async function sortSceneFiles(files: readonly File[], photo: 'wanted' | 'given'): Promise<SceneFiles> {
  const owners = files.filter(file => isMeshFile(file) || endingOf(file.name) === '.mtl');
  const owned = (await Promise.all(owners.map(headOf))).map(bytes => new TextDecoder('latin1').decode(bytes));
  const kinds = await Promise.all(
    files.map(file => (owned.some(text => text.includes(file.name)) ? 'other' : kindOf(file))),
  );
  const named = (...wanted: readonly Kind[]) =>
    files.filter((_, k) => wanted.includes(kinds[k])).map(({ name }) => name);
  const greyIsPhoto = photo === 'wanted' && named('photo').length === 0;
  return {
    photo: single('photo', greyIsPhoto ? named('grey') : named('photo')),
    mask: single('mask', named('mask').length > 0 || greyIsPhoto ? named('mask') : named('grey')),
    companions: Object.fromEntries(
      companionKinds.flatMap(kind => {
        const name = single(kind, named(kind));
        return name === undefined ? [] : [[kind, name]];
      }),
    ),
  };
}

function single(kind: string, names: readonly string[]): string | undefined {
  if (names.length < 2) return names[0];
  const shown = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
  throw new LabError({
    code: 'input',
    message: `${names.length} of the files could be the ${words[kind] ?? kind}: ${shown.join(', ')}.`,
    where: names[0],
    tip: 'Hand over only one of them, and add or change the others in Settings. "mask" or "depth" in the name of a picture tells what it is.',
  });
}

async function kindOf(file: File): Promise<Kind> {
  const ending = endingOf(file.name);
  const isPicture = pictureExtensions.has(ending);
  if (meshExtensions.has(ending)) return 'mesh';
  if (isPicture || ending === '.npy') {
    if (/depth/i.test(file.name)) return 'depth';
    if (/mask|segment|label/i.test(file.name)) return 'mask';
    return isPicture ? kindOfPicture(await headOf(file)) : 'depth';
  }
  if (!/^\.(json|ya?ml|xml|txt|csv)$/.test(ending) || file.size > MOST_TEXT_BYTES) return 'other';
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (isCameraFile(bytes)) return 'camera';
  return isStartFile(bytes) ? 'start' : 'other';
}

function kindOfPicture(head: Uint8Array): Kind {
  const isPng = head[1] === 0x50 && head[2] === 0x4e && head[3] === 0x47;
  if (!isPng || head[PNG_COLOUR] === 2 || head[PNG_COLOUR] === 6) return 'photo';
  return head[PNG_BITS] === 16 ? 'depth' : 'grey';
}

function isStartFile(bytes: Uint8Array): boolean {
  try {
    return decodeStartFile(bytes, '').length > 0;
  } catch {
    return false;
  }
}

async function headOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
}

function endingOf(name: string): string {
  return /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? '';
}
