// Drafts and runs as command lines, and what a draft's mask is, in words.

import type { FitDescription } from '../../src/protocol/host-calls.ts';
import type { Recipe, RunEvent } from '../../src/protocol/run.ts';
import { fitCommand } from './command-line.ts';
import type { Draft } from './draft.ts';
import { settingsOfRecipe } from './recipe-settings.ts';

/** A command line cannot name what only this window's session holds: then the file's own name stands for its path. */
export function draftCommand({ fit, input = '', report, mask, drawn, settings, race, members, seed }: Draft): string {
  const isDrawn = drawn !== undefined && !drawn.empty;
  return fitCommand({
    fit,
    input: onDisk(input, report?.name ?? 'input'),
    mask: isDrawn ? 'drawn-mask.png' : mask === undefined ? undefined : onDisk(mask, 'mask.png'),
    settings,
    race,
    members,
    seed,
  });
}

/** The run with all that was turned while it ran. */
export function runCommand(recipe: Recipe, events: readonly RunEvent[], fit: FitDescription | undefined): string {
  const { settings, race } = settingsOfRecipe(recipe, fit);
  return fitCommand({
    fit: recipe.fit,
    input: onDisk(recipe.input, nameOf(recipe.files[0]?.path ?? 'input')),
    mask: recipe.mask === undefined ? undefined : onDisk(recipe.mask, 'mask.png'),
    settings,
    race,
    members: recipe.members.length,
    seed: recipe.seed,
    events,
  });
}

export function maskText({ mask, drawn, report }: Draft): string {
  if (drawn !== undefined && !drawn.empty) return 'Drawn in the images panel: what is painted over is missing.';
  if (mask === 'alpha') return "The picture's own transparency: what is transparent is missing.";
  if (mask !== undefined) return `From a file (${nameOf(mask)}): white is seen, black is missing.`;
  return report?.hasAlpha === true
    ? 'None; the picture has transparency that could be one.'
    : 'None: missing entries are those of the file, or drawn at random as the settings say.';
}

function onDisk(reference: string, name: string): string {
  return reference.startsWith('upload:') ? `./${name}` : reference;
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
