// Drafts and runs as command lines, and what a draft's mask is, in words.

import { pictureExtensions } from '../../src/media/picture-container.ts';
import type { FitDescription } from '../../src/protocol/host-calls.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { fitCommand } from './command-line.ts';
import type { Draft } from './draft.ts';
import { settingsOfRecipe, usualMembersOf } from './recipe-settings.ts';

/** Undefined where no command line makes the run: its mask is drawn and in no file yet. */
export function draftCommand(draft: Draft): string | undefined {
  const { fit, input = '', report, mask, companions, settings, race, members, seed } = draft;
  if (hasDrawnMask(draft)) return undefined;
  return fitCommand({
    fit,
    input: report?.path ?? input,
    mask: mask === 'alpha' ? mask : (report?.maskPath ?? mask),
    companions: report?.companionPaths ?? companions,
    settings,
    race,
    members,
    seed,
  });
}

function hasDrawnMask({ drawn }: Pick<Draft, 'drawn'>): boolean {
  return drawn !== undefined && !drawn.empty;
}

/** Drawn, a file, or the picture's own transparency. */
export function hasMask(draft: Pick<Draft, 'drawn' | 'mask'>): boolean {
  return draft.mask !== undefined || hasDrawnMask(draft);
}

/** The run with all that was turned while it ran. */
export function runCommand(recipe: Recipe, events: readonly RunEvent[], fit: FitDescription | undefined): string {
  const { settings, race } = settingsOfRecipe(recipe, fit);
  return fitCommand({
    fit: recipe.fit,
    input: recipe.input,
    mask: recipe.mask,
    companions: recipe.companions,
    settings,
    race,
    members: recipe.members.length === usualMembersOf(fit, recipe.input, settings) ? undefined : recipe.members.length,
    seed: recipe.seed,
    events,
  });
}

/** Whether the input is one picture, not a folder with masks, depth and cameras of its own. */
export function isPhoto({ input = '', name, report }: Pick<Draft, 'input' | 'name' | 'report'>): boolean {
  const ending = (path: string) => /\.[^.]*$/.exec(path)?.[0].toLowerCase() ?? '';
  return report?.kind === 'picture' || [name ?? '', input].some(path => pictureExtensions.has(ending(path)));
}

export function maskText(draft: Draft): string {
  const { mask, drawn, report } = draft;
  if (report?.kind === 'scene') {
    if (mask !== undefined) return `From a file (${fileName(report.maskPath ?? mask)}): white is the object.`;
    return isPhoto(draft) ? 'None.' : "The scene's own: where the object is seen.";
  }
  if (hasDrawnMask({ drawn })) return 'Drawn in the images panel: what is painted over is missing.';
  if (mask === 'alpha') return "The picture's own transparency: what is transparent is missing.";
  if (mask !== undefined)
    return `From a file (${fileName(report?.maskPath ?? mask)}): white is seen, black is missing.`;
  return report?.hasAlpha === true
    ? 'None; the picture has transparency that could be one.'
    : 'None: missing entries are those of the file, or drawn at random as the settings say.';
}

/** Of a path or a reference. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
