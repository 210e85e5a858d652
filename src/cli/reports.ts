// What the commands tell that only read: runs, one run, a comparison, samples, and what a fit can be given. Each as
// lines for people or, with --json, as one document for programs.

import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startEngine } from '../host/engine-client.ts';
import type { FitDescription, RuleDescription, RunSummary } from '../protocol/host-calls.ts';
import { asLabError, LabError, type LabErrorDetails } from '../protocol/lab-error.ts';
import type { SettingDescription, SettingValues } from '../protocol/settings.ts';
import { readEvents, readRecipe, readSummary } from '../store/read-run.ts';
import { describeResult, memberNames } from './output.ts';

export type Style = 'text' | 'json';

/** A run in a list; `problem` where its folder is damaged. */
interface RunLine {
  readonly run: string;
  readonly folder: string;
  readonly fit?: string;
  readonly input?: string;
  readonly seed?: number;
  readonly summary?: RunSummary | undefined;
  readonly problem?: LabErrorDetails;
}

/** The runs in a folder, damaged ones named as such. */
export function reportRuns(library: string, style: Style): string {
  const names = existsSync(library)
    ? readdirSync(library).filter(name => existsSync(join(library, name, 'recipe.json')))
    : [];
  const runs = names.sort().map(name => describeRun(join(library, name)));
  if (style === 'json') return json(runs);
  if (runs.length === 0) return `No runs in ${library}\n`;
  return runs.map(run => `${run.run.padEnd(28)} ${runText(run)}\n`).join('');
}

/** Recipe, result and events; throws a `store` error for what is no run. */
export function reportRun(folder: string, style: Style): string {
  const recipe = readRecipe(folder);
  const summary = readSummary(folder);
  const events = readEvents(folder);
  if (style === 'json') return json({ recipe, summary, events });
  const lines = events.map(event => `${JSON.stringify(event)}\n`);
  return `${json({ recipe, summary })}events:\n${lines.join('')}`;
}

/** Results side by side; throws a `store` error for what is no run. */
export function reportComparison(folders: readonly string[], style: Style): string {
  for (const folder of folders) readRecipe(folder);
  const runs = folders.map(describeRun);
  if (style === 'json') return json(runs);
  return runs.map(run => `${run.folder.padEnd(36)} ${runText(run)}\n`).join('');
}

/** The samples of every fit. */
export async function reportSamples(style: Style): Promise<string> {
  const fits = await describeFits(undefined);
  if (style === 'json') {
    return json(fits.flatMap(({ id: fit, samples }) => samples.map(sample => ({ fit, ...sample }))));
  }
  const lines = fits.flatMap(({ id: fit, title, samples }) => [
    `${fit}: ${title}\n`,
    ...samples.map(({ id, title: name, teaches }) => `  sample:${id.padEnd(12)} ${name}\n      ${teaches}\n`),
  ]);
  return lines.join('');
}

/** Everything that a run of this fit may be given. */
export async function reportFit(id: string, style: Style): Promise<string> {
  const [description] = await describeFits(id);
  return style === 'json' ? json(description) : fitText(description);
}

function describeRun(folder: string): RunLine {
  const run = { run: basename(folder), folder };
  try {
    const { fit, input, seed } = readRecipe(folder);
    return { ...run, fit, input, seed, summary: readSummary(folder) };
  } catch (thrown) {
    return { ...run, problem: asLabError(thrown, folder).toDetails() };
  }
}

function runText({ fit, input, seed, summary, problem }: RunLine): string {
  if (problem !== undefined) return problem.message;
  const names = memberNames(summary?.members ?? []);
  const result = summary?.members.map((member, m) => `${names[m]}: ${describeResult(member)}`) ?? ['not finished'];
  return `${fit} seed ${seed}  ${input}\n    ${result.join('\n    ')}`;
}

function fitText({ title, settings, presets, optimizers, schedules }: FitDescription): string {
  const lines = [title, '', 'Settings (--set name=value):', ...settings.flatMap(settingLines)];
  lines.push('', 'Presets (--set preset=name) and what they set:');
  for (const [name, values] of Object.entries(presets)) lines.push(`  ${name}: ${valuesText(values)}`);
  lines.push('', 'Optimizers (--optimizer id) and what is live with them:', ...optimizers.flatMap(ruleLines));
  lines.push('', 'Schedules (--schedule id) and what is live with them:', ...schedules.flatMap(ruleLines));
  return `${lines.join('\n')}\n`;
}

function settingLines(setting: SettingDescription): string[] {
  const { name, type, unit, live, help, choices, minimum, maximum } = setting;
  const range = choices?.join(' | ') ?? `${minimum ?? '-∞'} to ${maximum ?? '∞'}`;
  const measured = unit === undefined ? '' : ` ${unit}`;
  return [
    `  ${name}  ${type}, ${range}${measured}, default ${setting.default ?? 'from the input'}, ${live}`,
    `      ${help}`,
  ];
}

function ruleLines({ id, title, source, law, hyper }: RuleDescription): string[] {
  return [
    `  ${id}  ${title}${law === undefined ? '' : `: ${law}`} (${source})`,
    ...hyper.map(each => {
      const { name, minimum, maximum, unit, help } = each;
      const measured = unit === undefined ? '' : ` ${unit}`;
      return `      ${name}, ${minimum} to ${maximum}${measured}, default ${each.default}: ${help}`;
    }),
  ];
}

function valuesText(values: SettingValues): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

function describeFits(fit: string | undefined): Promise<readonly FitDescription[]> {
  return new Promise((resolve, reject) => {
    const engine = startEngine(event => {
      engine.dispose();
      if (event.kind === 'description') resolve(event.fits);
      else if (event.kind === 'error') reject(new LabError(event.error));
    });
    engine.send({ kind: 'describe', fit });
  });
}

function json(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
