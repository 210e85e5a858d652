// The interface between the engine and a kind of problem. A fit is a folder beside this file and one line in the
// registry; the engine sees nothing else of it.

import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import type { CameraPath } from '../formats/camera-path.ts';
import type { FramePixels, LoadedPoseScene, PoseModel, SceneFrame, ScenePose } from '../formats/pose-scene.ts';
import type { CamFromObject } from '../geometry/rigid.ts';
import type { DeviceMesh } from '../ops/rasterise/pose-cpu.ts';
import type { CompanionDescription, ExportFileDescription } from '../protocol/host-calls.ts';
import type { ProblemReport } from '../protocol/run.ts';
import type { HyperValues, SettingDescription, SettingValues, UsualMembers } from '../protocol/settings.ts';
import type { ViewData, ViewDescription } from '../protocol/views.ts';

export type { HyperValues, SettingDescription, SettingValues };

/** Plain tensor data in C order, as read by the host. */
export interface FitInput {
  readonly name: string;
  /** synthetic: no data, the fit makes its problem from the settings. scene: objects with meshes, frames with poses. */
  readonly kind: 'picture' | 'video' | 'array' | 'synthetic' | 'scene';
  /** picture [height, width, channels]; video [frame, height, width, channels]; array: as stored. */
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
  /** Of a video that is a folder: the names of its files, in their order. */
  readonly frameNames?: readonly string[] | undefined;
  /** Of a video of which only some frames were read: which, counted from 0. */
  readonly indices?: readonly number[] | undefined;
  /** What one unit of the stored type was divided by to give `values`; 1 for floating point. */
  readonly fullScale: number;
  /** Of a video file: when each frame is shown, ascending. */
  readonly seconds?: Float64Array | undefined;
  /** As the camera wrote it into the file, in pixels of this picture or these frames: a first guess. */
  readonly focalLengthPixels?: number | undefined;
  /** Of a video: cameras that are known to be true, to compare the result with; see matchFrames. */
  readonly truth?: CameraPath | undefined;
  /** Of kind scene; shape and values are its first loaded picture's. */
  readonly scene?: LoadedPoseScene;
  /** Of kind scene: where the object is said to be by a file of its own. */
  readonly start?: CamFromObject | undefined;
}

/** What a run wants of a scene: other frames stay without pixels, other objects without meshes. */
export interface ScenePart {
  /** Position in the scene. */
  readonly frame: number;
  /** How many frames: this one and the next ones, round to the first, whose camera is known and that show the object. */
  readonly views: number;
  /** Undefined: the first one of the frame that has a mesh. */
  readonly objectId: number | undefined;
  /** Whether the other objects of these frames are wanted too. */
  readonly others: 'wanted' | 'unwanted';
  /** Value of the object in a label picture that is given as mask. */
  readonly label: number | undefined;
  /** Millimetres per unit of the mesh, where no file says it. */
  readonly unitMillimetres: number | undefined;
}

/** What an input was understood as, before it is run. */
export interface InputFindings extends ProblemReport {
  /** Settings that are left to the input, with the values they would take. */
  readonly derived: Readonly<Record<string, number | string>>;
}

/** A vector of one member; the optimizer moves it along its gradients, at the learning rate of its group. */
export interface ParameterBlock {
  readonly name: string;
  readonly group: string;
  readonly values: Float32Array;
  /** Undefined: state of a method with an update of its own, see Problem.advance. */
  readonly gradients: Float32Array | undefined;
  /** Of a block that begins empty and grows with a later stage: makes `values` this long, to be written by the engine. */
  resize?(length: number): void;
}

/** One of the parallel hypotheses of a run. */
export interface Member {
  /** What tells it from the others, in a few words. */
  readonly label: string;
  readonly blocks: readonly ParameterBlock[];
  /** Start values of live hyper-parameters that the user left open. */
  readonly hyperDefaults: HyperValues;
  /** Settings that were left to the input, besides live ones, with the values they took. */
  readonly derived?: SettingValues;
  /** Settings of the fit that do not act on this member: changing one is refused, giving one is told of. */
  readonly ignores?: readonly string[];
  /** Factor from the learning rate a user sees to the rule's own, for rules whose step is proportional to the gradient. */
  readonly rateScale: number;
  readonly maximumIterations: number;
}

export interface EvaluationRequest {
  readonly member: number;
  readonly hyper: HyperValues;
}

/** Loss and named terms of one member at its present parameters; the gradients lie in its blocks. */
export interface Evaluation {
  readonly loss: number;
  /** Loss on held-out data, where the fit holds some out. */
  readonly validation: number | undefined;
  /** In the order of Problem.terms; NaN for one that has no part in this stage. */
  readonly terms: readonly number[];
  /** Set when a method with an update of its own has met its tolerance, or the member is to leave the run. */
  readonly converged?: boolean;
  /** Why, in words; left out: 'converged'. */
  readonly reason?: string;
  /** Time this member took, where the fit can tell it from the others'. */
  readonly milliseconds?: number;
}

/** A result in a format of its field, for the folder of exports. */
export interface ExportFile {
  /** Below the exports, folders with slashes. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ExportTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint8Array;
  /**
   * How it is shown: as the pictures of pictureStackOf(shape, first), with (value - offset) / range from black to white.
   * Absent: no picture of it.
   */
  readonly picture?: {
    readonly first: 'frames' | 'rows';
    readonly offset: number;
    readonly range: number;
    readonly bits: 8 | 16;
  };
}

/** A PNG file of a picture [height, width, channels], values 0 to 1, of 8 bits unless told; handed in, for encoders run in Node alone. */
export type EncodePicture = (
  picture: {
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3;
    readonly values: Float32Array;
  },
  bits?: 8 | 16,
) => Promise<Uint8Array>;

/** Figures about a member that cost too much for every iteration: plain numbers, lists, words. */
export type Measures = Readonly<Record<string, number | string | readonly number[] | Readonly<Record<string, number>>>>;

/** Losses of a member at the snapshot iterations so far. */
export interface LossHistory {
  readonly iterations: readonly number[];
  readonly loss: readonly number[];
  /** NaN where nothing was held out. */
  readonly validation: readonly number[];
}

export interface MeasureContext {
  readonly iteration: number;
  readonly hyper: HyperValues;
  readonly history: LossHistory;
  /** running: between two iterations, so it should be quick; final: of the result, it may take seconds. */
  readonly when: 'running' | 'final';
}

/** Loaded data with its free parameters. */
export interface Problem {
  readonly members: readonly Member[];
  /** Facts about the data for the user: sizes, rates, bounds. */
  readonly summary: Readonly<Record<string, number | string>>;
  /** What the input was understood as, in words. */
  readonly report?: ProblemReport;
  /** Names of the loss terms of an evaluation. */
  readonly terms: readonly string[];
  /** Left out: `validation` is the loss on held-out data. rank: a score by which states and members are ranked. */
  readonly validationIs?: 'rank';
  /** moving: what is made smaller changes with the iterations, so that a loss that rises is no divergence. */
  readonly objective?: 'moving';
  /** Iterations between two looks at `validation`, which keep the best state; left out: 5. */
  readonly validationEvery?: number;
  /** Evaluates members, together where the fit can, and writes their gradients. */
  evaluate(requests: readonly EvaluationRequest[]): readonly Evaluation[];
  /** One update of a member whose blocks have no gradients. */
  advance?(member: number, hyper: HyperValues): void;
  /** Quality and structure at the present parameters. */
  measure(member: number, context: MeasureContext): Measures;
  /** What can be looked at. The first picture also makes the thumbnail. */
  readonly views: readonly ViewDescription[];
  /**
   * Data of a view (any but a series) at the present parameters, `member` 0 where the view never changes; of pictures only
   * frame `frame`, where given. The arrays are the caller's to keep, never views of device memory.
   */
  view(id: string, member: number, frame?: number): ViewData;
  /** Whether a view of a member is to be recorded: false where it has none, or it would cost too much now. Left out: always. */
  records?(id: string, member: number, when: MeasureContext['when'], iteration: number): boolean;
  /**
   * What is recorded of a view of these members, which may be made together: a picture over another one may be a
   * TintedPicture. Left out: its data.
   */
  recorded?(id: string, members: readonly number[]): readonly ViewData[];
  exports(member: number): readonly ExportTensor[];
  /**
   * Files besides the tensors; written with the results whatever format is asked for. `hyper`: as of the last iteration;
   * `seconds` that the run took, where they are known.
   */
  files?(
    member: number,
    encodePicture: EncodePicture,
    hyper: HyperValues,
    seconds?: number,
  ): Promise<readonly ExportFile[]>;
  dispose(): void;
}

export interface Sample {
  readonly id: string;
  readonly title: string;
  readonly teaches: string;
  /** Settings that belong to it, under what the user gives. */
  readonly settings?: SettingValues;
  /** Iterations per second that leave time to watch and steer it; left out: 100. */
  readonly pace?: number;
  make(): FitInput;
  /** Its mask, unless the user names another. */
  mask?(): FitInput;
  /** A picture that stands for it in lists, where what it makes is none. */
  sketch?(): FitInput;
}

/** How the rows of a table of starts are refined. */
export interface RefineRequest {
  readonly method: string;
  readonly members: number;
  readonly seed: number;
  /** Pictures that are fitted together. */
  readonly views: number;
  /** Whether the other objects of a picture hide this one. */
  readonly occluders: 'ignore' | 'draw';
}

/** A frame of a scene with its pixels. */
export interface SceneView {
  readonly frame: SceneFrame;
  readonly pixels: FramePixels;
}

export interface RefinedPose {
  readonly camFromObject: CamFromObject;
  readonly seconds: number;
  /** A word, and what there is to say of it. */
  readonly verdict: string;
  readonly findings: readonly string[];
  /** Loss terms and what changed, named with their unit. */
  readonly figures: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
}

/** A mesh on the device, to be refined in any frame. */
export interface RefinableModel {
  readonly triangles: number;
  /** As it hides others. */
  readonly mesh: DeviceMesh;
  /**
   * `views`: the frame of the start, then those that are fitted with it; `others` by their ids, where they hide this one.
   * Throws a LabError of code 'input' where a frame does not show the object, or the start cannot be drawn.
   */
  refine(
    views: readonly SceneView[],
    start: ScenePose,
    request: RefineRequest,
    others: ReadonlyMap<number, RefinableModel>,
  ): RefinedPose;
  dispose(): void;
}

/** Where costly results are kept from one run to the next, found by all that they depend on; losing any only costs time. */
export interface ResultCache {
  get(key: readonly string[]): Uint8Array | undefined;
  put(key: readonly string[], bytes: Uint8Array): void;
  /** A word that stands for these values in a key. */
  digest(values: Float32Array): string;
}

/** Inverse depth [height, width] of a picture, of unknown scale and shift; handed in, for networks run in Node alone. */
export type NetworkDepth = (
  picture: Parameters<EncodePicture>[0],
) => Promise<{ readonly width: number; readonly height: number; readonly values: Float32Array }>;

export interface LoadContext {
  readonly device: CpuDevice;
  readonly cache?: ResultCache | undefined;
  readonly seed: number;
  /** Observation mask, an array or a picture; what shapes it may have is up to the fit. */
  readonly mask?: FitInput | undefined;
  /** A user's own depth network, where one is named. */
  readonly network?: NetworkDepth | undefined;
  /** Says what a user should know about how the input was taken. */
  readonly note?: (text: string) => void;
}

export interface Fit {
  readonly id: string;
  readonly title: string;
  /** What it takes as input, for people: 'a picture, a folder of frames, …'. */
  readonly takes: string;
  /** Longer side in pixels to which frames of videos and folders are scaled down unless the user chooses another. */
  readonly maxSide?: number;
  /** What its exports hold: arrays, axes, units, value range. */
  readonly exportContent: string;
  /** What the files beside them hold: see Problem.files. */
  readonly exportFiles?: readonly ExportFileDescription[];
  readonly settings: readonly SettingDescription[];
  /** How many members a run has that names no number; left out: one. */
  readonly members?: UsualMembers;
  /** It takes scenes, not tensors; what of one these settings want. The scene then holds the mask. */
  scenePart?(settings: SettingValues): ScenePart;
  /** Files that may be named with an input. */
  readonly companions?: readonly CompanionDescription[];
  /** Of a fit that refines tables of starts, without members to watch. Throws `input` for a mesh that cannot be drawn. */
  refinable?(device: CpuDevice, model: PoseModel): Promise<RefinableModel>;
  /** What a user should see of an input before it is run. Throws what `load` would throw of it. */
  inspect?(input: FitInput, settings: SettingValues): Promise<InputFindings>;
  readonly presets: Readonly<Record<string, SettingValues>>;
  /** The optimizer of a run that names none. */
  readonly optimizer: string;
  /** What the others do to this fit: a sentence in the help of the choice. */
  readonly optimizerNote?: string;
  /** Inputs made by the program, each with what it teaches. */
  readonly samples: readonly Sample[];
  /**
   * Settings in which it takes a pose to start from, camFromObject in OpenCV axes: rotation vector x y z in degrees, then
   * translation x y z in millimetres. The window lets users place it by hand.
   */
  readonly startPose?: readonly string[];
  /** Names of the measures that tell how good a result is, the first that a member has being its headline. */
  readonly figures?: readonly string[];
  /** Sentences for the values of word-valued measures: captions.phase.growth. */
  readonly captions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * Memory that loading and running an input of this shape take besides its values, as far as the shape tells: what does
   * not fit is refused before it is read.
   */
  bytes?(shape: readonly number[], members: readonly SettingValues[]): number;
  /** `members` holds the resolved settings of each member; those that are `fixed` agree. Throws `input`, `setting`, `memory`. */
  load(input: FitInput, members: readonly SettingValues[], context: LoadContext): Promise<Problem>;
}
