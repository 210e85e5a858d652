// Messages between a host and the engine's process.

import type { LabErrorDetails } from './lab-error.ts';
import type { MeasureRow, Progress, RunEvent, RunState } from './run.ts';

/** How a run is driven; none of it changes a number. */
export interface DriveSettings {
  readonly threads: number | undefined;
  readonly checkpointSeconds: number;
  /** Checkpoint and leave after this many iterations. */
  readonly leaveAfter: number | undefined;
}

export interface StartRequest extends DriveSettings {
  readonly fit: string;
  readonly input: string;
  readonly mask: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /** Settings that differ between members: one value for each. */
  readonly race: Readonly<Record<string, readonly string[]>>;
  readonly members: number;
  readonly seed: number;
  readonly planned: readonly RunEvent[];
  readonly out: string;
}

export type EngineCommand =
  | { readonly kind: 'start'; readonly request: StartRequest }
  | ({ readonly kind: 'resume'; readonly folder: string } & DriveSettings)
  /** Repeats a run from its recipe and events into a new folder. */
  | ({ readonly kind: 'replay'; readonly folder: string; readonly out: string } & DriveSettings)
  /** Writes the result at the newest checkpoint once more, in another format. */
  | {
      readonly kind: 'export';
      readonly folder: string;
      readonly format: 'npy' | 'npz' | 'png';
      readonly threads: number | undefined;
    }
  | { readonly kind: 'change'; readonly path: string; readonly value: number }
  | { readonly kind: 'pause' }
  /** On to the end, or `iterations` more and then pause; 1 is a single step. */
  | { readonly kind: 'go'; readonly iterations: number | undefined }
  /** Checkpoints and ends; the run can be resumed. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'describe'; readonly fit: string };

export type EngineEvent =
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
  | { readonly kind: 'ready'; readonly folder: string; readonly summary: Readonly<Record<string, number | string>> }
  | { readonly kind: 'state'; readonly state: RunState; readonly iteration: number }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'measures'; readonly row: MeasureRow }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'finished'; readonly summary: Readonly<Record<string, unknown>> }
  | { readonly kind: 'left'; readonly iteration: number; readonly folder: string }
  | {
      readonly kind: 'exported';
      readonly iteration: number;
      readonly folder: string;
      readonly names: readonly string[];
    }
  | { readonly kind: 'description'; readonly description: unknown }
  | { readonly kind: 'error'; readonly error: LabErrorDetails };
