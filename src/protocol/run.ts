// What a run is on disk and between processes: its recipe, its events, its states.

import type { HyperValues, SettingDescription } from './settings.ts';
import type { ViewDescription } from './views.ts';

export const SCHEMA_VERSION = 1;

export const runStates = ['created', 'loading', 'ready', 'running', 'paused', 'finished', 'stopped', 'failed'] as const;
export type RunState = (typeof runStates)[number];

/** A file the run was made from, with the hash of its content. */
export interface RecipeFile {
  readonly path: string;
  readonly sha256: string;
}

/** Everything needed to repeat a run. */
export interface Recipe {
  readonly schema: number;
  readonly fit: string;
  readonly input: string;
  readonly mask: string | undefined;
  /** Other files that were named with the input, by what they are to the fit. */
  readonly companions?: Readonly<Record<string, string>>;
  readonly files: readonly RecipeFile[];
  /** Settings of each member, optimizer and schedule included; without those that were left to the input. */
  readonly members: readonly Readonly<Record<string, number | string | undefined>>[];
  /** For each member the values that those took, for people and other programs; a replay derives them again. */
  readonly derived?: readonly Readonly<Record<string, number | string>>[];
  readonly seed: number;
  readonly device: 'cpu';
  /** Which kernels computed it: fused multiply-add changes the last bit. */
  readonly twin: 'simd' | 'relaxed-simd';
  readonly version: string;
  /** The run it was branched from, and where. */
  readonly parent?: { readonly run: string; readonly iteration: number };
}

/** A change during a run, in effect from iteration `iteration` on. Those of the engine are recomputed on replay. */
export interface RunEvent {
  readonly iteration: number;
  readonly path: string;
  readonly value: number | string;
  readonly source: 'user' | 'engine';
}

/** Why a member ended, where its user said so. */
export const ENDED_BY_USER = 'stopped by the user';

/** A change of this path to 1 ends one member; to 0, one that was ended so goes on where it was. */
export function stopPath(member: number): string {
  return `members.${member}.stopped`;
}

/** The member that a change of `path` ends or lets go on; undefined for any other path. */
export function stoppedMember(path: string): number | undefined {
  const match = /^members\.(\d{1,9})\.stopped$/.exec(path);
  return match === null ? undefined : Number(match[1]);
}

/** What loading found: everything a window needs to show a run, also when no engine has it loaded. */
export interface ProblemDescription {
  /** Facts about the data for the user: sizes, rates, bounds. */
  readonly summary: Readonly<Record<string, number | string>>;
  /** Names of the loss terms: the last columns of the trace. */
  readonly terms: readonly string[];
  readonly views: readonly ViewDescription[];
  /** rank: what the trace has as validation is a score that ranks states, not a loss on held-out data. */
  readonly validationIs?: 'rank';
  /** Measures that tell how good a result is, in the order to show; undefined: all single numbers do. */
  readonly figures?: readonly string[];
  readonly members: readonly MemberDescription[];
  /** What the input was understood as, in words; undefined: the summary says it all. */
  readonly report?: ProblemReport;
}

export interface ProblemReport {
  /** In the order to show, with units. */
  readonly facts: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

export interface MemberDescription {
  readonly label: string;
  /** Groups of its parameter blocks, each with its own learning rate. */
  readonly groups: readonly string[];
  readonly maximumIterations: number;
  /** Its live hyper-parameters, and their values before any event. */
  readonly live: readonly SettingDescription[];
  readonly starts: HyperValues;
  /** Settings that were left to the input, as they acted. */
  readonly derived?: Readonly<Record<string, number | string>>;
}

/** Columns of the trace before the fit's loss terms; in this order in files and frames. */
export const traceColumns = ['iteration', 'member', 'loss', 'validation', 'learningRate'] as const;

/** One row of the trace. */
export interface TraceRow {
  readonly iteration: number;
  readonly member: number;
  readonly loss: number;
  readonly validation: number | undefined;
  /** As it acted: with schedule and halvings. */
  readonly learningRate: number;
  /** In the order of the fit's terms. */
  readonly terms: readonly number[];
}

/** Costlier figures of a member, taken at log-spaced iterations: quality, spectra, phase. */
export interface MeasureRow {
  readonly iteration: number;
  readonly member: number;
  readonly [measure: string]: unknown;
}

export interface Progress {
  readonly state: RunState;
  readonly iteration: number;
  readonly maximum: number;
  readonly loss: number;
  readonly validation: number | undefined;
  readonly learningRate: number;
  readonly iterationsPerSecond: number;
}
