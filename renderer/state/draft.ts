// A run that is being prepared: its input, mask, settings, seed. Becomes a run by `startDraft`.

import { create } from 'zustand';
import type { InputReport, RunDetails } from '../../src/protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../../src/protocol/lab-error.ts';
import { showDraft, startRun, theBridge, useLab } from './lab.ts';
import { settingsOfRecipe } from './recipe-settings.ts';
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
  readonly report: InputReport | undefined;
  /** A file that is the mask, `alpha` for the input's own transparency. */
  readonly mask: string | undefined;
  readonly drawn: DrawnMask | undefined;
  /** What differs from the defaults, as text. */
  readonly settings: Readonly<Record<string, string>>;
  readonly race: Readonly<Record<string, readonly string[]>>;
  readonly members: number;
  readonly seed: number;
  readonly busy: 'no' | 'uploading' | 'reading' | 'starting';
  readonly progress: number | undefined;
  readonly error: LabErrorDetails | undefined;
}

const blank: Draft = {
  fit: 'tubal',
  input: undefined,
  report: undefined,
  mask: undefined,
  drawn: undefined,
  settings: {},
  race: {},
  members: 1,
  seed: 0,
  busy: 'no',
  progress: undefined,
  error: undefined,
};

export const useDraft = create<Draft>(() => blank);

let upload: AbortController | undefined;

/** Takes files that were dropped or chosen as a new input; several are the frames of a video. */
export async function draftFromFiles(files: readonly File[]): Promise<void> {
  upload?.abort();
  upload = new AbortController();
  useDraft.setState({ ...blank, fit: useDraft.getState().fit, busy: 'uploading', progress: 0 });
  showDraft();
  try {
    checkSize(files);
    const input = await theBridge().upload(files, {
      signal: upload.signal,
      onProgress: (done, total) => useDraft.setState({ progress: total === 0 ? undefined : done / total }),
    });
    await draftFromInput(input);
  } catch (thrown) {
    useDraft.setState({ busy: 'no', progress: undefined, error: asLabError(thrown).toDetails() });
  }
}

export function cancelUpload(): void {
  upload?.abort();
}

/** Prepares a run on `sample:…`, `upload:…` or a path. */
export async function draftFromInput(input: string, change: Partial<Draft> = {}): Promise<void> {
  useDraft.setState({ ...blank, ...change, input, busy: 'reading' });
  showDraft();
  try {
    const { fit, mask } = useDraft.getState();
    const report = await theBridge().call('inspect', { fit, input, ...(mask === undefined ? {} : { mask }) });
    useDraft.setState({ report, busy: 'no', progress: undefined });
  } catch (thrown) {
    useDraft.setState({ busy: 'no', progress: undefined, error: asLabError(thrown).toDetails() });
  }
}

/** The same run once more, to be changed: what differs from the defaults of its fit. */
export async function draftFromRun({ recipe }: RunDetails): Promise<void> {
  const fit = useLab.getState().description?.fits.find(({ id }) => id === recipe.fit);
  const { settings, race } = settingsOfRecipe(recipe, fit);
  await draftFromInput(recipe.input, {
    fit: recipe.fit,
    mask: recipe.mask,
    settings,
    race,
    // A race makes its own.
    members: Object.keys(race).length > 0 ? 1 : recipe.members.length,
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
  useDraft.setState({ settings: value === undefined ? rest : { ...rest, [name]: value }, error: undefined });
  remember({ label: `Set ${name}`, key: `draft ${name}`, undo: apply(before), redo: apply(value) });
}

export async function startDraft(first: 'run' | 'pause'): Promise<void> {
  const { fit, input, mask, drawn, settings, race, members, seed } = useDraft.getState();
  if (input === undefined) return;
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
      settings,
      race: Object.fromEntries(Object.entries(race).map(([name, values]) => [name, [...values]])),
      members,
      seed,
      first,
    });
    useDraft.setState({ busy: 'no' });
  } catch (thrown) {
    useDraft.setState({ busy: 'no', error: asLabError(thrown).toDetails() });
  }
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
