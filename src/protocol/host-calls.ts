// What a window may ask of a host, what it gets back, and what it is told unasked. One schema per call: validated where
// it arrives, trusted inside. The same over Electron's ports and over a web socket.

import * as v from 'valibot';
import type { LabErrorDetails } from './lab-error.ts';
import type { MeasureRow, ProblemDescription, Progress, Recipe, RunEvent, RunState } from './run.ts';
import type { SettingDescription, SettingValues, UsualMembers } from './settings.ts';

const text = v.pipe(v.string(), v.maxLength(4096));
const runId = v.pipe(v.string(), v.regex(/^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,199}$/u, 'is no name of a run'));
const path = v.pipe(v.string(), v.maxLength(200));
const whole = (minimum: number, maximum = 1e9) =>
  v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
const finite = v.pipe(v.number(), v.finite());
const record = <S extends v.GenericSchema>(value: S) =>
  v.pipe(
    v.record(path, value),
    v.check(entries => Object.keys(entries).length <= 200),
  );
/** `sample:ID`, `upload:ID` as an upload answered, `upload:ID/NAME` for a file of one, or a path inside a folder that the user opened. */
const inputReference = text;

export const replayFormats = ['webm', 'mp4', 'png'] as const;
export type ReplayFormat = (typeof replayFormats)[number];

/** Iterations per second at most. */
const pace = v.pipe(finite, v.minValue(0.1), v.maxValue(1e6));

const schemas = {
  /** Fits with their settings, presets, samples and formats. */
  describe: v.strictObject({}),
  listRuns: v.strictObject({}),
  /** What a file is taken for, before anything is started. */
  inspect: v.strictObject({
    fit: path,
    input: inputReference,
    mask: v.optional(inputReference),
    companions: v.optional(record(inputReference)),
    settings: v.optional(record(text)),
  }),
  /** One frame of an input, at full size, to look at and to draw a mask on: a view frame with array `values`. */
  inputPicture: v.strictObject({
    fit: path,
    input: inputReference,
    companions: v.optional(record(inputReference)),
    settings: v.optional(record(text)),
    frame: whole(0),
  }),
  start: v.strictObject({
    fit: path,
    input: inputReference,
    mask: v.optional(inputReference),
    companions: v.optional(record(inputReference)),
    settings: record(text),
    race: record(v.pipe(v.array(text), v.maxLength(256))),
    /** Left out: the fit's usual number. */
    members: v.optional(whole(1, 256)),
    seed: whole(0, 2 ** 32 - 1),
    first: v.picklist(['run', 'pause']),
    pace: v.optional(pace),
    name: v.optional(text),
  }),
  /** Everything known of a run; from now on the session hears of it. Its trace comes as a frame before the answer. */
  open: v.strictObject({ run: runId }),
  close: v.strictObject({ run: runId }),
  /**
   * How long the session may gather what a run tells as it goes on (progress, measures, records, rows of its trace) to
   * send it together. At first nothing is gathered.
   */
  gather: v.strictObject({ milliseconds: v.pipe(finite, v.minValue(0), v.maxValue(2000)) }),
  change: v.strictObject({ run: runId, path, value: finite }),
  pause: v.strictObject({ run: runId }),
  /** On to the end, or `iterations` more and then pause. Resumes a run that no engine holds. */
  go: v.strictObject({ run: runId, iterations: v.optional(whole(1)) }),
  /** At most so many iterations per second; left out: full speed. Changes no result. */
  pace: v.strictObject({ run: runId, perSecond: v.optional(pace) }),
  /** Ends the run at its present state and keeps its results. */
  stop: v.strictObject({ run: runId }),
  /** A new run that equals this one up to `iteration`, and has `changes` from there on. */
  branch: v.strictObject({ run: runId, iteration: whole(0), changes: record(finite), name: v.optional(text) }),
  replay: v.strictObject({ run: runId }),
  rename: v.strictObject({ run: runId, name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)) }),
  tag: v.strictObject({
    run: runId,
    tags: v.pipe(v.array(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(40))), v.maxLength(20)),
  }),
  /** To the bin, from where `restore` brings them back. Runs that are running are left first. */
  delete: v.strictObject({ runs: v.pipe(v.array(runId), v.maxLength(1000)) }),
  restore: v.strictObject({ runs: v.pipe(v.array(runId), v.maxLength(1000)) }),
  /** A frame of a view: of the iteration recorded at or before `at`, or of the present state. */
  view: v.strictObject({
    run: runId,
    view: path,
    member: whole(0, 255),
    at: v.union([whole(0), v.literal('now')]),
    /** All frames when left out. */
    frame: v.optional(whole(0)),
    /** Most pixels a picture may have; larger ones are reduced by averaging. */
    mostPixels: v.optional(whole(1, 1e9)),
  }),
  export: v.strictObject({ run: runId, format: path }),
  /** A film of a run: the chosen views of its snapshots, over the trace. */
  exportReplay: v.strictObject({
    run: runId,
    format: v.picklist(replayFormats),
    views: v.pipe(v.array(path), v.maxLength(12)),
    framesPerSecond: whole(1, 60),
    width: whole(320, 3840),
  }),
  cancel: v.strictObject({ call: whole(0) }),
} as const;

export type HostCallKind = keyof typeof schemas;
export type HostCall<K extends HostCallKind> = v.InferOutput<(typeof schemas)[K]>;

/** Answers that travel as JSON. `view` and `inputPicture` answer with a binary frame instead. */
export interface HostAnswers {
  describe: LabDescription;
  listRuns: readonly RunEntry[];
  inspect: InputReport;
  inputPicture: undefined;
  start: { readonly run: string };
  open: RunDetails;
  close: undefined;
  gather: undefined;
  change: undefined;
  pause: undefined;
  go: undefined;
  pace: undefined;
  stop: undefined;
  branch: { readonly run: string };
  replay: { readonly run: string };
  rename: undefined;
  tag: undefined;
  delete: undefined;
  restore: undefined;
  view: undefined;
  export: { readonly files: readonly ExportedFile[] };
  exportReplay: { readonly files: readonly ExportedFile[] };
  cancel: undefined;
}

/** From a window: a call with its number; the answer carries the same one. */
export type ClientMessage = {
  [K in HostCallKind]: { readonly call: number; readonly kind: K; readonly arguments: HostCall<K> };
}[HostCallKind];

/** To a window, as JSON. Frames (frames.ts) travel beside these as binary messages. */
export type HostMessage =
  | { readonly kind: 'welcome'; readonly schema: number; readonly version: string }
  | { readonly kind: 'answer'; readonly call: number; readonly answer: unknown }
  | { readonly kind: 'refusal'; readonly call: number; readonly error: LabErrorDetails }
  /** How far a call has come that takes its time. */
  | { readonly kind: 'underway'; readonly call: number; readonly done: number; readonly total: number }
  /** An entry of the library is new, changed or (undefined) gone. */
  | { readonly kind: 'entry'; readonly run: string; readonly entry: RunEntry | undefined }
  /**
   * Something happened in a run this session has opened. `seq` counts up within a run; of progress only the newest of what
   * was gathered is told, and what a slow window could not take is left out.
   */
  | RunMessage
  /** Gathered, oldest first. */
  | { readonly kind: 'gathered'; readonly messages: readonly RunMessage[] };

export interface RunMessage {
  readonly kind: 'run';
  readonly run: string;
  readonly seq: number;
  readonly event: RunNews;
}

/** News of a run that goes on, which nobody waits for. */
export const isCalm = ({ kind }: RunNews): boolean =>
  kind === 'progress' || kind === 'measures' || kind === 'snapshot' || kind === 'checkpoint';

export type RunNews =
  | { readonly kind: 'state'; readonly state: RunState; readonly iteration: number }
  /**
   * Loaded. Told to a session that knew the problem already, the run was loaded once more, at a checkpoint: open it again,
   * its trace comes only then.
   */
  | { readonly kind: 'problem'; readonly problem: ProblemDescription; readonly recipe: Recipe }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'reading'; readonly done: number; readonly total: number }
  /** A change was taken; it takes effect at its iteration, and is then told again as `event`. */
  | { readonly kind: 'accepted'; readonly event: RunEvent }
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'measures'; readonly row: MeasureRow }
  /** The views of this iteration were recorded for `member`. */
  | { readonly kind: 'snapshot'; readonly iteration: number; readonly member: number }
  | { readonly kind: 'checkpoint'; readonly iteration: number }
  | { readonly kind: 'note'; readonly text: string }
  /** At most so many iterations a second from now on; left out: full speed. */
  | { readonly kind: 'pace'; readonly perSecond?: number | undefined }
  /** Paused at the last good state: no member is left that could go on, until something is changed. */
  | { readonly kind: 'diverged'; readonly error: LabErrorDetails }
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'failed'; readonly error: LabErrorDetails };

export interface FitDescription {
  readonly id: string;
  readonly title: string;
  /** What it takes, for the drop zone: 'a picture, a folder of frames or an array with missing entries'. */
  readonly takes: string;
  /** scenes: folders with scene.json or scene_camera.json, or a picture with companions. tensors: all else. */
  readonly opens: 'tensors' | 'scenes';
  /** Files that may be named with an input, besides a mask. */
  readonly companions: readonly CompanionDescription[];
  readonly members?: UsualMembers | undefined;
  readonly settings: readonly SettingDescription[];
  readonly presets: Readonly<Record<string, SettingValues>>;
  readonly samples: readonly SampleDescription[];
  readonly optimizers: readonly RuleDescription[];
  readonly schedules: readonly RuleDescription[];
  readonly exportFormats: readonly ExportFormatDescription[];
  /** Written with the results whatever the format is. */
  readonly exportFiles: readonly ExportFileDescription[];
  /**
   * Settings in which it takes a pose to start from, camFromObject in OpenCV axes: rotation vector x y z in degrees, then
   * translation x y z in millimetres.
   */
  readonly startPose?: readonly string[];
  /** Sentences for the values of word-valued measures: captions.phase.growth. */
  readonly captions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A file that belongs to an input: a mesh, a camera. */
export interface CompanionDescription {
  /** Also the option of the command line: --mesh FILE. */
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** What a picture alone does without it: 'guessed from the mask'. */
  readonly without: string;
}

export interface SampleDescription {
  readonly id: string;
  readonly title: string;
  readonly teaches: string;
  /** Settings that belong to it, under what the user gives. */
  readonly settings: SettingValues;
  /** Iterations per second at which it is started to be watched. */
  readonly pace: number;
}

/** An optimizer or a schedule. */
export interface RuleDescription {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** What it does, behind its title and a colon. */
  readonly law?: string;
  readonly hyper: readonly Omit<SettingDescription, 'type' | 'live'>[];
}

export interface ExportFormatDescription {
  readonly id: string;
  readonly title: string;
  /** What is in it: axes, units, value range. */
  readonly content: string;
}

/** A file that a run writes with its results. */
export interface ExportFileDescription {
  /** Below the exports; one that ends in a slash is a folder. */
  readonly name: string;
  /** What is in it: axes, units, scale. */
  readonly content: string;
}

export interface LabDescription {
  readonly version: string;
  readonly fits: readonly FitDescription[];
  readonly threads: number;
  readonly kernels: string;
  /** Folder of the runs, for people. */
  readonly library: string;
  readonly uploadBytes: number;
}

/** What an input was understood as. */
export interface InputReport {
  readonly input: string;
  /** What a command line names it by: its path, or `sample:ID`. */
  readonly path: string;
  /** The same of the mask; undefined: none. */
  readonly maskPath: string | undefined;
  /** The same of the companions. */
  readonly companionPaths: Readonly<Record<string, string>>;
  readonly name: string;
  readonly kind: 'picture' | 'video' | 'array' | 'synthetic' | 'scene';
  readonly shape: readonly number[];
  /** In the order to show: 'Size': '451 x 300', 'Values': '8 bit, 0 to 255', … */
  readonly facts: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Settings that are left to the input, with the values they would take. */
  readonly derived: Readonly<Record<string, number | string>>;
  /** Height and width of the pictures it can be shown as; undefined for what is no picture. */
  readonly picture: { readonly frames: number; readonly height: number; readonly width: number } | undefined;
  readonly hasAlpha: boolean;
  /** Of a video or a folder of pictures: frames to choose from. */
  readonly clip?: ClipReport | undefined;
}

export interface ClipReport {
  /** All frames that there are. */
  readonly frames: number;
  /** Number and time of each chosen frame; times are undefined for a folder. */
  readonly chosen: readonly number[];
  readonly seconds: readonly number[] | undefined;
}

/** A run in the library's list. */
export interface RunEntry {
  readonly run: string;
  readonly name: string;
  readonly fit: string;
  readonly input: string;
  readonly state: RunState;
  /** An engine holds it at present. */
  readonly live: boolean;
  readonly iteration: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly tags: readonly string[];
  /** Figures of the best member, in the order to show: psnr, ssim, testError … */
  readonly figures: Readonly<Record<string, number>>;
  readonly hasThumbnail: boolean;
  /** Name of the run it was branched from. */
  readonly parent?: string;
  /** Why it can neither be shown nor go on: its recipe cannot be read. */
  readonly damaged?: string;
}

export interface RunDetails {
  readonly entry: RunEntry;
  readonly seq: number;
  readonly recipe: Recipe;
  /** Undefined while it is loading. */
  readonly problem: ProblemDescription | undefined;
  readonly events: readonly RunEvent[];
  /** Taken, not yet in effect. */
  readonly accepted: readonly RunEvent[];
  readonly measures: readonly MeasureRow[];
  /** Iterations with recorded views, ascending. */
  readonly snapshots: readonly { readonly iteration: number; readonly member: number }[];
  readonly checkpoints: readonly number[];
  readonly progress: Progress | undefined;
  readonly pace: number | undefined;
  readonly summary: RunSummary | undefined;
  readonly error: LabErrorDetails | undefined;
  readonly exports: readonly ExportedFile[];
}

export interface ExportedFile {
  /** In the folder `exports` of the run. */
  readonly name: string;
  readonly bytes: number;
}

export interface RunSummary {
  readonly state: RunState;
  readonly iterations: number;
  readonly seconds: number;
  readonly bestMember: number;
  readonly members: readonly MemberSummary[];
  readonly [fact: string]: unknown;
}

export interface MemberSummary {
  readonly member: number;
  readonly label: string;
  readonly reason: string;
  readonly iterations: number;
  readonly seconds: number;
  readonly loss: number;
  readonly bestIteration?: number;
  readonly [measure: string]: unknown;
}

/** The message a window sent, or what is wrong with it. `call` is set where the number could still be read. */
export function parseClientMessage(
  json: string,
): { readonly message: ClientMessage } | { readonly call: number | undefined; readonly problem: string } {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return { call: undefined, problem: 'The message is no JSON.' };
  }
  const envelope = v.safeParse(v.strictObject({ call: whole(0), kind: v.string(), arguments: v.unknown() }), data);
  if (!envelope.success) return { call: undefined, problem: describeIssues(envelope.issues) };
  const { call, kind } = envelope.output;
  if (!Object.hasOwn(schemas, kind)) return { call, problem: `There is no call "${kind.slice(0, 40)}".` };
  const parsed = v.safeParse(schemas[kind as HostCallKind] as v.GenericSchema, envelope.output.arguments);
  if (!parsed.success) return { call, problem: describeIssues(parsed.issues) };
  return { message: { call, kind, arguments: parsed.output } as ClientMessage };
}

function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues.map(issue => `${v.getDotPath(issue) ?? 'message'}: ${issue.message}`).join('; ');
}
