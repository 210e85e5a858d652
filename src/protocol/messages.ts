// Messages between a host and the engine's process.

import type { ExportedFile, FitDescription, InputReport, ReplayFormat, RunSummary } from './host-calls.ts';
import type { LabErrorDetails } from './lab-error.ts';
import type { MeasureRow, ProblemDescription, Progress, RunEvent, RunState } from './run.ts';
import type { ViewData } from './views.ts';

/** How a run is driven; none of it changes a number. */
export interface DriveSettings {
  readonly threads: number | undefined;
  readonly checkpointSeconds: number;
  /** Checkpoint and leave after this many iterations. */
  readonly leaveAfter: number | undefined;
  /** pause: load, and wait for `go`. */
  readonly first?: 'run' | 'pause';
  /** Iterations per second at most. */
  readonly pace?: number | undefined;
  /** Somebody looks on: also send the trace. */
  readonly watched?: 'yes' | 'no';
}

export interface StartRequest extends DriveSettings {
  readonly fit: string;
  readonly input: string;
  readonly mask: string | undefined;
  readonly companions?: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Settings that differ between members: one value for each. */
  readonly race: Readonly<Record<string, readonly string[]>>;
  /** Undefined: as many as the race has values, else the fit's usual number. */
  readonly members: number | undefined;
  readonly seed: number;
  readonly planned: readonly RunEvent[];
  readonly out: string;
}

/** What is named to be opened: an input, what belongs to it, and the settings that choose a part of it. */
export interface InputNames {
  readonly input: string;
  readonly mask?: string | undefined;
  readonly companions?: Readonly<Record<string, string>> | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface ReplayRequest {
  readonly folder: string;
  readonly format: ReplayFormat;
  /** Undefined: the fit's pictures. */
  readonly views: readonly string[] | undefined;
  readonly framesPerSecond: number;
  /** Of the film, in pixels. */
  readonly width: number;
  /** Written into the pictures; undefined: the run's name. */
  readonly title?: string | undefined;
  /** File, or folder for PNG; undefined: `film` in the run's exports. */
  readonly out?: string | undefined;
}

export type EngineCommand =
  | { readonly kind: 'start'; readonly request: StartRequest }
  /** From the newest checkpoint, or (`from` start) as if there were none; changes of the user are kept. */
  | ({ readonly kind: 'resume'; readonly folder: string; readonly from?: 'checkpoint' | 'start' } & DriveSettings)
  /** Repeats a run from its recipe and events into a new folder. */
  | ({ readonly kind: 'replay'; readonly folder: string; readonly out: string } & DriveSettings)
  /** Writes the result at the newest checkpoint once more, in another format; `member` undefined: of the best. */
  | {
      readonly kind: 'export';
      readonly folder: string;
      readonly format: string;
      readonly member?: number | undefined;
      readonly threads: number | undefined;
    }
  | ({ readonly kind: 'export-replay' } & ReplayRequest)
  | { readonly kind: 'change'; readonly path: string; readonly value: number }
  | { readonly kind: 'pause' }
  /** On to the end, or `iterations` more and then pause; 1 is a single step. */
  | { readonly kind: 'go'; readonly iterations: number | undefined }
  | { readonly kind: 'pace'; readonly perSecond: number | undefined }
  /** Ends the run where it is and writes its results. */
  | { readonly kind: 'stop' }
  /** Checkpoints and ends; the run can be resumed. Of a run that is not loaded yet, nothing is written or changed. */
  | { readonly kind: 'leave' }
  /** A view of the loaded run as it is now; answered between two iterations. The newest request for a view wins. */
  | {
      readonly kind: 'view';
      readonly ask: number;
      readonly view: string;
      readonly member: number;
      readonly frame: number | undefined;
      readonly mostPixels: number | undefined;
    }
  | ({ readonly kind: 'inspect'; readonly fit: string } & InputNames)
  | ({ readonly kind: 'input-picture'; readonly fit: string; readonly frame: number } & InputNames)
  /** A sample as a small PNG; empty for one that is no picture. */
  | { readonly kind: 'sample-picture'; readonly fit: string; readonly sample: string }
  /** `fit` undefined: all. */
  | { readonly kind: 'describe'; readonly fit: string | undefined };

export type EngineEvent =
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
  /** Loaded; the run folder exists. */
  | { readonly kind: 'ready'; readonly folder: string; readonly problem: ProblemDescription }
  | { readonly kind: 'state'; readonly state: RunState; readonly iteration: number }
  | { readonly kind: 'progress'; readonly progress: Progress }
  /** [rows, columns] as in the trace file, NaN for what is empty; only when watched. */
  | { readonly kind: 'trace'; readonly rows: Float64Array }
  | { readonly kind: 'measures'; readonly row: MeasureRow }
  | { readonly kind: 'snapshot'; readonly iteration: number; readonly member: number }
  | { readonly kind: 'checkpoint'; readonly iteration: number }
  /** No member is left that could go on; the run has paused at the last good state, and a change may help. */
  | { readonly kind: 'diverged'; readonly iteration: number; readonly error: LabErrorDetails }
  | { readonly kind: 'note'; readonly text: string }
  /** A change was taken; told again as `event` when it takes effect. */
  | { readonly kind: 'accepted'; readonly event: RunEvent }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'finished'; readonly folder: string; readonly summary: RunSummary }
  | { readonly kind: 'left'; readonly iteration: number; readonly folder: string }
  | { readonly kind: 'underway'; readonly done: number; readonly total: number }
  | {
      readonly kind: 'exported';
      readonly iteration: number;
      readonly folder: string;
      readonly files: readonly ExportedFile[];
    }
  | {
      readonly kind: 'view';
      readonly ask: number;
      readonly iteration: number;
      readonly reduction: number;
      readonly data: ViewData;
    }
  /** A view that could not be given, or that a newer request superseded (error undefined). */
  | { readonly kind: 'no-view'; readonly ask: number; readonly error: LabErrorDetails | undefined }
  | { readonly kind: 'inspected'; readonly report: InputReport }
  | { readonly kind: 'picture'; readonly data: ViewData }
  | { readonly kind: 'sample-picture'; readonly png: Uint8Array }
  | { readonly kind: 'description'; readonly fits: readonly FitDescription[] }
  /** of: the command that failed; a `change` that is refused does not end the run. */
  | { readonly kind: 'error'; readonly of: EngineCommand['kind']; readonly error: LabErrorDetails };
