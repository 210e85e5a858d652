// A run that is being prepared: its input, mask, settings, seed. Becomes a run by `startDraft`.

import { create } from 'zustand';
import { isSceneIndex } from '../../src/formats/pose-scene.ts';
import type { FitDescription, InputReport, RunDetails } from '../../src/protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../../src/protocol/lab-error.ts';
import { showDraft, showRun, startRun, theBridge, useLab } from './lab.ts';
import { guarded } from './problems.ts';
import { settingsOfRecipe } from './recipe-settings.ts';
import { isMeshFile, type SceneFiles, sortSceneFiles } from './scene-files.ts';
import { remember } from './undo.ts';

/** A mask drawn in the window; its class lives with the panel that draws it. */
export interface DrawnMask {
  /** True when nothing was masked: then there is no mask. */
  readonly empty: boolean;
  /** As a grey PNG of the input's size: white is observed. */
  toPng(): Promise<Blob>;
}

export interface Draft {
  readonly fit: string;
  readonly input: string | undefined;
  /** Of the files that were handed over; undefined where the report has one. */
  readonly name: string | undefined;
  /** The run that was on show before: the way back where the input cannot be taken. */
  readonly cameFrom: string | undefined;
  readonly report: InputReport | undefined;
  /** A file that is the mask, `alpha` for the input's own transparency. */
  readonly mask: string | undefined;
  /** Other files that belong to the input, by what they are to the fit. */
  readonly companions: Readonly<Record<string, string>>;
  readonly drawn: DrawnMask | undefined;
  /** What differs from the defaults, as text. */
  readonly settings: Readonly<Record<string, string>>;
  readonly race: Readonly<Record<string, readonly string[]>>;
  /** Undefined: the usual number of its fit. */
  readonly members: number | undefined;
  readonly seed: number;
  readonly busy: 'no' | 'uploading' | 'reading' | 'starting';
  readonly progress: number | undefined;
  readonly error: LabErrorDetails | undefined;
}

const blank: Draft = {
  fit: '',
  input: undefined,
  name: undefined,
  cameFrom: undefined,
  report: undefined,
  mask: undefined,
  companions: {},
  drawn: undefined,
  settings: {},
  race: {},
  members: undefined,
  seed: 0,
  busy: 'no',
  progress: undefined,
  error: undefined,
};

export const useDraft = create<Draft>(() => blank);

let upload: AbortController | undefined;
let drafts = 0;

let askings = 0;

/** Whether nothing was asked about the draft since: of two answers the one that was asked for last holds. */
function whileNewest(isCurrent: () => boolean): () => boolean {
  const own = ++askings;
  return () => isCurrent() && own === askings;
}

/** Whether the draft of now is still the one on show: answers that come later than the next one are dropped. */
export function whileThisDraft(): () => boolean {
  const own = drafts;
  return () => own === drafts;
}

/** The fit a new draft is for: the last one's, else the first there is. */
export function draftFit(last: string, fits: readonly FitDescription[] = []): FitDescription | undefined {
  return fits.find(({ id }) => id === last) ?? fits[0];
}

/** Puts a new draft on show in the place of the last one, whose upload ends. */
function begin(change: Partial<Draft>): () => boolean {
  upload?.abort();
  upload = undefined;
  drafts++;
  const { current, description } = useLab.getState();
  const before = useDraft.getState();
  const cameFrom = current.kind === 'run' ? current.run : current.kind === 'draft' ? before.cameFrom : undefined;
  useDraft.setState({ ...blank, fit: draftFit(before.fit, description?.fits)?.id ?? '', cameFrom, ...change });
  showDraft();
  return whileThisDraft();
}

/**
 * Takes files that were dropped or chosen as a new input: several are the frames of a video, or a photo with what belongs to
 * it, which may also join the photo of the draft on show. `chosen`: the fit that the user picked for them. Throws an
 * `input` error where there is nothing, or where what they are cannot be told.
 */
export async function takeFiles(files: readonly File[], chosen?: string): Promise<void> {
  if (files.length === 0) {
    throw new LabError({
      code: 'input',
      message: 'There is no file in it.',
      tip: 'Give a picture, a video or an array, or a folder with the frames of a video directly in it.',
    });
  }
  if (files.some(({ name }) => isSceneIndex(name))) return draftFromFiles(files, chosen, 'scenes');
  const scenes = fitOpening('scenes', chosen)?.id;
  const photoDraft = chosen === undefined ? photoDraftFor(scenes) : undefined;
  const mayBelong = files.some(isMeshFile) || (scenes !== undefined && [chosen, photoDraft?.fit].includes(scenes));
  if (scenes === undefined || !mayBelong) return draftFromFiles(files, chosen, 'tensors');
  const { photo, ...others } = await sortSceneFiles(files, photoDraft === undefined ? 'wanted' : 'given');
  const isPlain = others.mask === undefined && Object.keys(others.companions).length === 0;
  if (isPlain && (photo === undefined || chosen !== scenes)) return draftFromFiles(files, chosen, 'tensors');
  if (photo !== undefined) return draftFromPhoto(files, photo, others, scenes);
  if (photoDraft !== undefined) return joinPhoto(files, others, scenes);
  throw new LabError({
    code: 'input',
    message: 'There is no photo among these files.',
    where: files[0].name,
    tip: 'Drop the photo together with its mesh, mask, depth picture, camera and start pose; or the photo first, then these.',
  });
}

/** The first fit that opens such inputs: the chosen one, else the one of the draft, where it does. */
function fitOpening(opens: FitDescription['opens'], chosen: string | undefined): FitDescription | undefined {
  const taking = useLab.getState().description?.fits.filter(each => each.opens === opens) ?? [];
  const named = [chosen, useDraft.getState().fit].map(wanted => taking.find(({ id }) => id === wanted));
  return named[0] ?? named[1] ?? taking[0];
}

/** The draft on show, where other files may belong to its input: a picture, or what a fit of scenes was given. */
function photoDraftFor(scenes: string | undefined): Draft | undefined {
  const draft = useDraft.getState();
  const { input, report, fit } = draft;
  if (useLab.getState().current.kind !== 'draft' || input?.startsWith('sample:') !== false) return undefined;
  return report?.kind === 'picture' || fit === scenes ? draft : undefined;
}

/** Several files are the frames of a video, or a scene. */
async function draftFromFiles(files: readonly File[], chosen: string | undefined, opens: FitDescription['opens']) {
  const fit = fitOpening(opens, chosen)?.id;
  const isCurrent = begin({ ...(fit === undefined ? {} : { fit }), name: nameOf(files) });
  await handOver(files, nameOf(files), isCurrent, input => inspectDraft(input, isCurrent));
}

type Belongings = Omit<SceneFiles, 'photo'>;

async function draftFromPhoto(files: readonly File[], photo: string, others: Belongings, fit: string): Promise<void> {
  const isCurrent = begin({ fit, name: photo });
  await handOver(files, stemOf(photo), isCurrent, reference => {
    useDraft.setState(referencesOf(others, reference));
    return inspectDraft(`${reference}/${photo}`, isCurrent, 'this-fit');
  });
}

/** To the photo of the draft on show. */
async function joinPhoto(files: readonly File[], others: Belongings, fit: string): Promise<void> {
  const isCurrent = whileThisDraft();
  await handOver(files, stemOf(files[0].name), isCurrent, reference => {
    const { input = '', companions, mask } = useDraft.getState();
    const added = referencesOf(others, reference);
    useDraft.setState({ fit, mask: added.mask ?? mask, companions: { ...companions, ...added.companions } });
    return inspectDraft(input, isCurrent, 'this-fit');
  });
}

function referencesOf({ mask, companions }: Belongings, upload: string): Pick<Draft, 'mask' | 'companions'> {
  const named = Object.entries(companions).map(([id, name]) => [id, `${upload}/${name}`]);
  return { mask: mask === undefined ? undefined : `${upload}/${mask}`, companions: Object.fromEntries(named) };
}

/** Hands files to the host for the draft on show, which goes on to `use` them once they are there; several as a folder. */
export async function handOver(
  files: readonly File[],
  folder: string,
  isDraft: () => boolean,
  use: (reference: string) => Promise<void>,
): Promise<void> {
  upload?.abort();
  const own = new AbortController();
  upload = own;
  const isCurrent = whileNewest(isDraft);
  useDraft.setState({ busy: 'uploading', progress: 0, error: undefined });
  try {
    checkSize(files);
    const reference = await theBridge().upload(files, {
      folder: folderName(folder),
      signal: own.signal,
      onProgress: (done, total) =>
        isCurrent() && useDraft.setState({ progress: total === 0 ? undefined : done / total }),
    });
    if (!isCurrent()) return;
    useDraft.setState({ busy: 'reading', progress: undefined });
    await use(reference);
  } catch (thrown) {
    if (isCurrent()) useDraft.setState({ error: asLabError(thrown).toDetails() });
  } finally {
    if (isCurrent()) useDraft.setState({ busy: 'no', progress: undefined });
  }
}

export function cancelUpload(): void {
  upload?.abort();
}

/** Prepares a run on `sample:…`, `upload:…` or a path; where `change` has a fit, for that one. */
export async function draftFromInput(input: string, change: Partial<Draft> = {}): Promise<void> {
  await inspectDraft(input, begin(change), change.fit === undefined ? 'any-fit' : 'this-fit');
}

type Taking = 'this-fit' | 'any-fit';

/** Has the fit of the draft, or where it may be any, one that takes it, look at the input. */
export async function inspectDraft(input: string, isDraft: () => boolean, taking: Taking = 'any-fit'): Promise<void> {
  const isCurrent = whileNewest(isDraft);
  useDraft.setState({ input, busy: 'reading', progress: undefined });
  try {
    const found = await lookAt(input, taking);
    if (isCurrent()) useDraft.setState({ ...found, busy: 'no' });
  } catch (thrown) {
    if (isCurrent()) useDraft.setState({ busy: 'no', error: asLabError(thrown).toDetails() });
  }
}

/** What the fit of the draft makes of an input; where that is none for it, what a fit for another kind of input does. */
async function lookAt(input: string, taking: Taking): Promise<Pick<Draft, 'fit' | 'report'>> {
  const { fit: own, mask, companions, settings } = useDraft.getState();
  const named = { ...(mask === undefined ? {} : { mask }), companions, settings };
  const ask = async (fit: string) => ({ fit, report: await theBridge().call('inspect', { fit, input, ...named }) });
  try {
    return await ask(own);
  } catch (thrown) {
    const { fits = [] } = useLab.getState().description ?? {};
    const opens = fits.find(({ id }) => id === own)?.opens;
    const other = fits.find(each => each.opens !== opens);
    const isMade = Object.keys(settings).length > 0 || input.startsWith('sample:');
    if (taking === 'this-fit' || other === undefined || isMade || asLabError(thrown).code !== 'input') throw thrown;
    return ask(other.id).catch(() => {
      throw thrown;
    });
  }
}

const LOOK_AGAIN_MILLISECONDS = 400;
let lookingAgain: ReturnType<typeof setTimeout> | undefined;

/** Settings choose what of a scene a run takes, so that the report follows them. */
useDraft.subscribe(({ settings, report, busy }, before) => {
  if (settings === before.settings || report?.kind !== 'scene' || busy !== 'no') return;
  clearTimeout(lookingAgain);
  lookingAgain = setTimeout(lookAgain, LOOK_AGAIN_MILLISECONDS, whileThisDraft(), settings);
});

async function lookAgain(isCurrent: () => boolean, settings: Draft['settings']): Promise<void> {
  const isMeant = () => isCurrent() && useDraft.getState().settings === settings;
  const { input } = useDraft.getState();
  if (!isMeant() || input === undefined) return;
  try {
    const { report } = await lookAt(input, 'this-fit');
    if (isMeant()) useDraft.setState({ report });
  } catch (thrown) {
    if (isMeant()) useDraft.setState({ error: asLabError(thrown).toDetails() });
  }
}

/** Leaves the draft for the run that was on show before it. */
export function backToRun(run: string): Promise<void> {
  upload?.abort();
  return guarded(() => showRun(run), run);
}

/** The same run once more, to be changed: what differs from the defaults of its fit, and the settings `more`. */
export async function draftFromRun({ recipe }: RunDetails, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const fit = useLab.getState().description?.fits.find(({ id }) => id === recipe.fit);
  const { settings, race } = settingsOfRecipe(recipe, fit);
  await draftFromInput(recipe.input, {
    fit: recipe.fit,
    mask: recipe.mask,
    companions: recipe.companions ?? {},
    settings: { ...settings, ...more },
    race,
    // A race makes its own.
    members: Object.keys(race).length > 0 ? undefined : recipe.members.length,
    seed: recipe.seed,
  });
}

/** Sets or (undefined) takes back a setting; can be undone. */
export function setDraftSetting(name: string, value: string | undefined): void {
  const { settings } = useDraft.getState();
  const { [name]: before, ...rest } = settings;
  const apply = (to: string | undefined) => () => {
    const { [name]: _old, ...others } = useDraft.getState().settings;
    useDraft.setState({ settings: to === undefined ? others : { ...others, [name]: to }, error: undefined });
  };
  if (before === value) return;
  const isCurrent = whileThisDraft();
  useDraft.setState({ settings: value === undefined ? rest : { ...rest, [name]: value }, error: undefined });
  remember({
    label: `Set ${name}`,
    key: `draft ${drafts} ${name}`,
    lapsed: () => !isCurrent(),
    undo: apply(before),
    redo: apply(value),
  });
}

export async function startDraft(first: 'run' | 'pause'): Promise<void> {
  const { fit, input, name, report, mask, companions, drawn, settings, race, members, seed } = useDraft.getState();
  if (input === undefined) return;
  const isCurrent = whileThisDraft();
  useDraft.setState({ busy: 'starting', error: undefined });
  try {
    const drawnMask =
      drawn === undefined || drawn.empty
        ? mask
        : await theBridge().upload([new File([await drawn.toPng()], 'drawn-mask.png', { type: 'image/png' })]);
    await startRun({
      fit,
      input,
      ...(drawnMask === undefined ? {} : { mask: drawnMask }),
      companions,
      settings,
      race: Object.fromEntries(Object.entries(race).map(([name, values]) => [name, [...values]])),
      ...(members === undefined ? {} : { members }),
      seed,
      first,
      ...(name === undefined || name === report?.name ? {} : { name }),
    });
    if (isCurrent()) useDraft.setState({ busy: 'no' });
  } catch (thrown) {
    if (isCurrent()) useDraft.setState({ busy: 'no', error: asLabError(thrown).toDetails() });
  }
}

/** As a folder can be called on every system. */
function folderName(text: string): string {
  const name = text.replace(/[<>:"/\\|?*\p{Cc}]/gu, '-');
  return name.replace(/^\.+/, '').slice(0, 120) || 'frames';
}

export function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}

/** Of several the folder, where it is known. */
function nameOf(files: readonly File[]): string {
  const [first] = files;
  if (files.length === 1) return first.name;
  const [folder, file] = first.webkitRelativePath.split('/');
  return file === undefined ? `${first.name} and ${files.length - 1} more` : folder;
}

function checkSize(files: readonly File[]): void {
  const most = useLab.getState().description?.uploadBytes ?? Infinity;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= most) return;
  throw new LabError({
    code: 'input',
    message: `The dropped files have ${Math.ceil(total / 2 ** 20)} MB; the lab takes ${Math.floor(most / 2 ** 20)} MB at once.`,
    where: files[0]?.name,
    tip: 'Start the lab with --root FOLDER and open the file from there, or use the command line.',
  });
}
