// The interface between the engine and a kind of problem. A fit is a folder beside this file and one line in the
// registry; the engine sees nothing else of it.

import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import { LabError, nearestName } from '../protocol/lab-error.ts';

/** One setting or live hyper-parameter, as users see it. */
export interface SettingDescription {
  readonly name: string;
  readonly title: string;
  readonly type: 'number' | 'integer' | 'choice';
  /** Undefined means: derived from the input, as `help` says. */
  readonly default: number | string | undefined;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly unit?: string;
  readonly help: string;
  /** Whether it can be turned while the fit runs. */
  readonly live: 'live' | 'fixed';
}

export type SettingValues = Readonly<Record<string, number | string | undefined>>;

/** Plain tensor data in C order, as read by the host. */
export interface FitInput {
  readonly name: string;
  readonly kind: 'picture' | 'video' | 'array';
  /** picture [height, width, channels]; video [frame, height, width, channels]; array: as stored. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
  /** What one unit of the stored type was divided by to give `values`; 1 for floating point. */
  readonly fullScale: number;
}

/** One parameter vector of one member; `group` names its own learning rate. */
export interface ParameterBlock {
  readonly name: string;
  readonly member: number;
  readonly group: string;
  readonly values: Float32Array;
  readonly gradients: Float32Array;
}

/** Loss and named terms of one member at its present parameters; the gradients lie in its blocks. */
export interface Evaluation {
  readonly loss: number;
  /** Loss on held-out data, where the fit holds some out. */
  readonly validation: number | undefined;
  readonly terms: Readonly<Record<string, number>>;
}

export interface ExportTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint8Array;
  /** Scale to 0…1 for a picture: shown = (value - offset) / range. Absent: no picture of it. */
  readonly picture?: { readonly kind: 'picture' | 'video'; readonly offset: number; readonly range: number };
}

/** Loaded data with its free parameters. */
export interface Problem {
  readonly members: number;
  readonly blocks: readonly ParameterBlock[];
  /** Facts about the data for the user: sizes, rates, bounds. */
  readonly summary: Readonly<Record<string, number | string>>;
  /** Start values of the live hyper-parameters that the fit reads itself, and of the learning rate. */
  readonly hyperDefaults: Readonly<Record<string, number>>;
  /** Factor from the learning rate a user sees to the rule's own, for rules whose step is proportional to the gradient. */
  readonly rateScale: number;
  readonly maximumIterations: number;
  /** Evaluates one member and writes its gradients. */
  evaluate(member: number, hyper: Readonly<Record<string, number>>): Evaluation;
  /** Quality figures at the present parameters (may cost as much as an evaluation). */
  metrics(member: number): Readonly<Record<string, number>>;
  exports(member: number): readonly ExportTensor[];
  dispose(): void;
}

export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly teaches: string;
  make(): FitInput;
}

export interface LoadContext {
  readonly device: CpuDevice;
  readonly seed: number;
  readonly members: number;
  /** Observation mask of the same shape as the input, or of its picture plane; non-zero is observed. */
  readonly mask?: FitInput | undefined;
}

export interface Fit {
  readonly id: string;
  readonly title: string;
  readonly settings: readonly SettingDescription[];
  readonly presets: Readonly<Record<string, SettingValues>>;
  /** Inputs made by the program, each with what it teaches. */
  readonly samples: readonly Sample[];
  load(input: FitInput, settings: SettingValues, context: LoadContext): Promise<Problem>;
}

/** Checks `given` against the descriptions, applies the preset named in it, and fills in defaults. */
export function resolveSettings(fit: Fit, given: Readonly<Record<string, string | number>>): SettingValues {
  const names = fit.settings.map(({ name }) => name);
  for (const name of Object.keys(given)) {
    if (names.includes(name) || name === 'preset') continue;
    const near = nearestName(name, [...names, 'preset']);
    throw new LabError({
      code: 'setting',
      message: `The fit ${fit.id} has no setting "${name}".`,
      where: `setting ${name}`,
      tip: near === undefined ? `Settings are: ${names.join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  const presetName = given.preset;
  const preset = presetName === undefined ? {} : fit.presets[presetName];
  if (preset === undefined) {
    const known = Object.keys(fit.presets);
    const near = nearestName(String(presetName), known);
    throw new LabError({
      code: 'setting',
      message: `The fit ${fit.id} has no preset "${presetName}".`,
      where: 'setting preset',
      tip: near === undefined ? `Presets are: ${known.join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  const merged = { ...preset, ...given };
  return Object.fromEntries(
    fit.settings.map(setting => {
      const value = merged[setting.name];
      return [setting.name, value === undefined ? setting.default : checkSetting(setting, value)];
    }),
  );
}

/** The value of a setting, parsed and inside its range; throws a `setting` error that names the nearest valid one. */
export function checkSetting(setting: SettingDescription, value: string | number): number | string {
  const fail = (tip: string): never => {
    throw new LabError({
      code: 'setting',
      message: `${setting.name} cannot be ${value}.`,
      where: `setting ${setting.name}`,
      tip,
    });
  };
  if (setting.type === 'choice') {
    const choices = setting.choices ?? [];
    if (choices.includes(String(value))) return String(value);
    const near = nearestName(String(value), choices);
    return fail(
      near === undefined
        ? `Choose one of ${choices.join(', ')}.`
        : `Did you mean "${near}"? Choices: ${choices.join(', ')}.`,
    );
  }
  const { minimum = -Infinity, maximum = Infinity } = setting;
  const range = `from ${minimum} to ${maximum}`;
  const number = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) return fail(`Give a number ${range}.`);
  if (setting.type === 'integer' && !Number.isInteger(number))
    return fail(`Give a whole number; the nearest is ${Math.round(number)}.`);
  if (number < minimum || number > maximum)
    return fail(`The nearest valid value is ${number < minimum ? minimum : maximum} (range ${range}).`);
  return number;
}
