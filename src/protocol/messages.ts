// Messages between a host and the engine's process.

import type { LabErrorDetails } from './lab-error.ts';
import type { Progress, RunEvent } from './run.ts';

export interface StartRequest {
  readonly fit: string;
  readonly input: string;
  readonly mask: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
  readonly optimizer: string;
  readonly seed: number;
  readonly members: number;
  readonly threads: number | undefined;
  readonly planned: readonly RunEvent[];
  readonly out: string;
  readonly checkpointSeconds: number;
}

export type EngineCommand =
  | { readonly kind: 'start'; readonly request: StartRequest }
  | {
      readonly kind: 'resume';
      readonly folder: string;
      readonly threads: number | undefined;
      readonly checkpointSeconds: number;
    }
  /** Repeats a run from its recipe and events into a new folder. */
  | {
      readonly kind: 'replay';
      readonly folder: string;
      readonly out: string;
      readonly threads: number | undefined;
      readonly checkpointSeconds: number;
    }
  | { readonly kind: 'change'; readonly path: string; readonly value: number }
  /** Checkpoints and leaves the run resumable. */
  | { readonly kind: 'pause' }
  | { readonly kind: 'describe'; readonly fit: string };

export type EngineEvent =
  | { readonly kind: 'ready'; readonly folder: string; readonly summary: Readonly<Record<string, number | string>> }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'finished'; readonly summary: Readonly<Record<string, unknown>> }
  | { readonly kind: 'paused'; readonly iteration: number; readonly folder: string }
  | { readonly kind: 'description'; readonly description: unknown }
  | { readonly kind: 'error'; readonly error: LabErrorDetails };
