// A start for the next run that the user places by hand, beside the run on show: a pose, as the settings in which the fit
// takes it. It changes nothing that runs; it waits until a run is started from it.

import { create } from 'zustand';
import type { FitDescription } from '../../src/protocol/host-calls.ts';
import { draftFromRun } from './draft.ts';
import { currentRun, startRun, useLab } from './lab.ts';
import { guarded } from './problems.ts';
import { settingsOfRecipe } from './recipe-settings.ts';
import { remember } from './undo.ts';

/** camFromObject as the settings of a start: rotation vector in degrees, then translation in millimetres. */
export type StartNumbers = readonly [number, number, number, number, number, number];

interface StartPlan {
  /** The run on whose scene it is placed; undefined: nothing is. */
  readonly run: string | undefined;
  /** Undefined: not placed yet, it is where the run has the object. */
  readonly numbers: StartNumbers | undefined;
  readonly tool: 'move' | 'turn';
  readonly snap: 'on' | 'off';
}

export const useStartPlan = create<StartPlan>(() => ({
  run: undefined,
  numbers: undefined,
  tool: 'move',
  snap: 'off',
}));

/** Names of the settings in which the fit of the run on show takes a start; undefined: it takes none. */
export function startNames(): readonly string[] | undefined {
  return startNamesOf(currentFit());
}

export function startNamesOf(fit: FitDescription | undefined): readonly string[] | undefined {
  return fit?.startPose?.length === 6 ? fit.startPose : undefined;
}

function currentFit(): FitDescription | undefined {
  const { description } = useLab.getState();
  const id = currentRun(useLab.getState())?.details.recipe.fit;
  return description?.fits.find(fit => fit.id === id);
}

/** Takes the object of the run on show in hand, or lets go of it; what was placed before holds. */
export function togglePlacing(): void {
  const run = currentRun(useLab.getState())?.details.entry.run;
  const { run: placing } = useStartPlan.getState();
  if (run === undefined || placing === run) stopPlacing();
  else useStartPlan.setState({ run, numbers: undefined });
}

export function stopPlacing(): void {
  useStartPlan.setState({ run: undefined, numbers: undefined });
}

export function isPlacing(): boolean {
  const { run } = useStartPlan.getState();
  return run !== undefined && run === currentRun(useLab.getState())?.details.entry.run;
}

/** While the hand moves: nothing to undo yet. */
export function showPlaced(numbers: StartNumbers): void {
  useStartPlan.setState({ numbers });
}

/** The start was placed; can be undone. Changes of one gesture are undone as one. */
export function placeStart(before: StartNumbers, after: StartNumbers, gesture?: string): void {
  const { run } = useStartPlan.getState();
  const put = (numbers: StartNumbers) => (): void => useStartPlan.setState({ numbers });
  put(after)();
  remember({
    label: 'Move the start',
    ...(gesture === undefined ? {} : { gesture: `start ${gesture}` }),
    lapsed: () => useStartPlan.getState().run !== run,
    undo: put(before),
    redo: put(after),
  });
}

/** A new run as the one on show, but from the start that was placed. */
export function runFromPlaced(): Promise<void> {
  const planned = plannedSettings();
  if (planned === undefined) return Promise.resolve();
  const { recipe, settings, pace } = planned;
  const { race, settings: given } = settingsOfRecipe(recipe, currentFit());
  return guarded(async () => {
    await startRun({
      fit: recipe.fit,
      input: recipe.input,
      ...(recipe.mask === undefined ? {} : { mask: recipe.mask }),
      ...(recipe.companions === undefined ? {} : { companions: recipe.companions }),
      settings: { ...given, ...settings },
      race: Object.fromEntries(Object.entries(race).map(([name, values]) => [name, [...values]])),
      members: Object.keys(race).length > 0 ? 1 : recipe.members.length,
      seed: recipe.seed,
      first: 'run',
      ...(pace === undefined ? {} : { pace }),
    });
    stopPlacing();
  });
}

/** The same as a draft, to change more of it before it runs. */
export async function draftFromPlaced(): Promise<void> {
  const planned = plannedSettings();
  if (planned === undefined) return;
  await draftFromRun(planned.details, planned.settings);
  stopPlacing();
}

function plannedSettings() {
  const details = currentRun(useLab.getState())?.details;
  const names = startNames();
  const { numbers } = useStartPlan.getState();
  if (details === undefined || names === undefined || numbers === undefined || !isPlacing()) return undefined;
  const placed = names.map((name, k) => [name, String(numbers[k])]);
  // What else the run, its sample or its preset did to the start would move this one from where it was placed.
  const described = currentFit()?.settings ?? [];
  const group = described.find(({ name }) => name === names[0])?.group;
  const still = described
    .filter(each => each.group === group && each.default !== undefined)
    .map(({ name, default: usual }) => [name, String(usual)]);
  const settings: Record<string, string> = Object.fromEntries([...still, ...placed]);
  return { details, recipe: details.recipe, pace: details.pace, settings };
}
