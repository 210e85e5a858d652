// Edits of a draft besides single settings: races, members, seed, mask, all settings at once. Each can be undone.

import { type FrameChoice, withFrameChoice } from '../../src/formats/frame-choice.ts';
import { asLabError } from '../../src/protocol/lab-error.ts';
import { type Draft, handOver, inspectDraft, stemOf, useDraft, whileThisDraft } from './draft.ts';
import { theBridge } from './lab.ts';
import { isMeshFile } from './scene-files.ts';
import { remember } from './undo.ts';

type Edited = Pick<
  Draft,
  'input' | 'settings' | 'race' | 'members' | 'seed' | 'mask' | 'companions' | 'drawn' | 'report'
>;

/** `key`: edits of the same key that follow each other quickly are one. */
export function editDraft(label: string, change: Partial<Edited>, key?: string): void {
  const state = useDraft.getState();
  const before = Object.fromEntries(Object.keys(change).map(name => [name, state[name as keyof Edited]]));
  useDraft.setState({ ...change, error: undefined });
  const isCurrent = whileThisDraft();
  remember({
    label,
    lapsed: () => !isCurrent(),
    ...(key === undefined ? {} : { key: `draft ${key}` }),
    undo: () => useDraft.setState(before),
    redo: () => useDraft.setState(change),
  });
}

/** One value for each member, or (undefined) one value for all again. */
export function setDraftRace(name: string, values: readonly string[] | undefined): void {
  const { race, settings } = useDraft.getState();
  const { [name]: _raced, ...otherRaces } = race;
  if (values === undefined) {
    editDraft(`Stop racing ${name}`, { race: otherRaces });
    return;
  }
  // A raced value overrides a given one, which would only confuse beside it.
  const { [name]: _given, ...otherSettings } = settings;
  editDraft(`Race ${name}`, { race: { ...otherRaces, [name]: values }, settings: otherSettings }, `race ${name}`);
}

let looks = 0;

/** A mask by reference: `alpha`, an uploaded file, or (undefined) none. The last one asked for holds. */
export function setDraftMask(mask: string | undefined): Promise<void> {
  return lookAgain(mask === undefined ? 'Take the mask off' : 'Use a mask', { mask });
}

/** Which frames of its video or folder the draft takes. The last choice asked for holds. */
export async function setDraftFrames(choice: FrameChoice): Promise<void> {
  const { input } = useDraft.getState();
  if (input !== undefined) await lookAgain('Choose frames', { input: withFrameChoice(input, choice) });
}

/** Has the input looked at with the change, which holds from when that worked; at once where none has worked so far. */
async function lookAgain(label: string, change: Partial<Pick<Draft, 'input' | 'mask' | 'companions'>>): Promise<void> {
  const { fit, input, mask, companions, settings } = { ...useDraft.getState(), ...change };
  if (input === undefined) return;
  if (useDraft.getState().report === undefined) {
    editDraft(label, change);
    return inspectDraft(input, whileThisDraft(), 'this-fit');
  }
  const own = ++looks;
  const isDraft = whileThisDraft();
  const isCurrent = () => isDraft() && own === looks;
  try {
    const report = await theBridge().call('inspect', {
      ...{ fit, input, companions, settings },
      ...(mask === undefined ? {} : { mask }),
    });
    if (isCurrent()) editDraft(label, { ...change, report });
  } catch (thrown) {
    if (isCurrent()) useDraft.setState({ error: asLabError(thrown).toDetails() });
  }
}

export async function uploadDraftMask(file: File): Promise<void> {
  await handOver([file], file.name, whileThisDraft(), reference => setDraftMask(`${reference}/${file.name}`));
}

/** A file that belongs to the input, by what it is to the fit, with those it refers to; or (undefined) none. */
export async function setDraftCompanion(id: string, title: string, reference: string | undefined): Promise<void> {
  const { [id]: _before, ...others } = useDraft.getState().companions;
  const companions = reference === undefined ? others : { ...others, [id]: reference };
  await lookAgain(`${reference === undefined ? 'Leave out' : 'Set'} ${title.toLowerCase()}`, { companions });
}

export async function uploadDraftCompanion(id: string, title: string, files: readonly File[]): Promise<void> {
  const main = (id === 'mesh' ? files.find(isMeshFile) : undefined) ?? files[0];
  await handOver(files, stemOf(main.name), whileThisDraft(), reference =>
    setDraftCompanion(id, title, `${reference}/${main.name}`),
  );
}
