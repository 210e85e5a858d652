// What a run is on disk and between processes: its recipe, its events, its states. No code of ours is imported here.

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
  readonly files: readonly RecipeFile[];
  readonly settings: Readonly<Record<string, number | string | undefined>>;
  readonly optimizer: string;
  readonly seed: number;
  readonly members: number;
  readonly device: 'cpu';
  /** Which kernels computed it: fused multiply-add changes the last bit. */
  readonly twin: 'simd' | 'relaxed-simd';
  readonly version: string;
}

/** A change during a run, in effect from iteration `iteration` on. Those of the engine are recomputed on replay. */
export interface RunEvent {
  readonly iteration: number;
  readonly path: string;
  readonly value: number | string;
  readonly source: 'user' | 'engine';
}

/** One row of the trace: `values` are named by the trace's columns. */
export interface TraceRow {
  readonly iteration: number;
  readonly member: number;
  readonly loss: number;
  readonly validation: number | undefined;
  readonly learningRate: number;
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
