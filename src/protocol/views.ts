// What a fit shows: descriptions of its views, which the window draws by their kind alone, and the data that a view has
// at one iteration. A fit declares views; nothing in the window knows a fit by name. Shared by all processes.

/** A typed array with its shape, C order. */
export interface ViewArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;
}

/**
 * The arrays of a view by name; which ones depends on its kind, see there. An 8- or 16-bit array NAME that stands for real
 * values has a companion `NAME.scale`, float64 [offset, step]: value = offset + step * stored.
 */
export type ViewData = Readonly<Record<string, ViewArray>>;

interface ViewBase {
  /** Unique within the problem; also a file name: letters, digits, hyphens. */
  readonly id: string;
  readonly title: string;
  readonly help?: string;
  /** with-iterations: of each member, recorded at the snapshot iterations. never: one for the whole run. */
  readonly changes: 'with-iterations' | 'never';
}

/** Pictures. Arrays: `values` [frames, height, width, channels], 1 (grey), 2 (flow) or 3 (RGB) channels, in `unit`. */
export interface ImageView extends ViewBase {
  readonly kind: 'image';
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The values shown as black and as white. */
  readonly range: readonly [number, number];
  readonly unit?: string;
  /** The view this one should come to equal: the window shows their difference too. */
  readonly reference?: string;
  /**
   * The view this one is drawn over, of the same size, in bytes, and never changing: their difference means nothing, but
   * they can be wiped one over the other, and a record may hold what was drawn alone (tinted-picture.ts).
   */
  readonly over?: string;
  /**
   * diverging, of one channel: through colours that are white in the middle of the range, instead of greys. flow, of two,
   * motion to the right and down: through the wheel of flow-wheel.ts; what is as long as the upper end of the range has full
   * colour.
   */
  readonly colours?: 'diverging' | 'flow';
  /** The stored value that stands for nothing. */
  readonly unknown?: number;
}

/** Depth along the optical axis. Arrays: `values` [frames, height, width]; 0 is unknown. */
export interface DepthView extends ViewBase {
  readonly kind: 'depth';
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  readonly unit: string;
}

/** A matrix shown with a colour map. Arrays: `values` [rows, columns]. */
export interface HeatMapView extends ViewBase {
  readonly kind: 'heat-map';
  readonly rowLabel: string;
  readonly columnLabel: string;
  readonly scale: 'linear' | 'log';
  readonly unit?: string;
}

/**
 * Points that were followed through a video, drawn over the pictures of another view. Arrays: `starts` [track + 1], offsets
 * into `frames` [sighting], rising within a track, and `positions` [sighting, 2], x y in pixels of that view.
 */
export interface TracksView extends ViewBase {
  readonly kind: 'tracks';
  readonly over: string;
}

/** Arrays: `positions` [n, 3] in `unit`, OpenCV axes of the world; optional `colours` [n, 3] 0…255, `confidence` [n] 0…1. */
export interface PointsView extends ViewBase {
  readonly kind: 'points';
  readonly unit: string;
}

/** Arrays: `worldFromCam` [n, 3, 4] row-major, OpenCV axes; `intrinsics` [n, 4] fx fy cx cy in pixels; `sizes` [n, 2] width height. */
export interface CamerasView extends ViewBase {
  readonly kind: 'cameras';
  readonly unit: string;
  /** The view of cameras that these should come to equal: it is laid over them, and nothing is seen through it. */
  readonly reference?: string;
}

/**
 * Arrays: `positions` [v, 3], `triangles` [t, 3]; optional `colours` [v, 3] 0…255 or `textureCoordinates` [v, 2] (0, 0 the
 * upper left corner, v down) with `texture` [height, width, 3] 0…255; `worldFromObject` [3, 4] row-major, and
 * `trueWorldFromObject` [3, 4] where it is known.
 */
export interface MeshView extends ViewBase {
  readonly kind: 'mesh';
  readonly unit: string;
  /** The poses view that moves the mesh, in place of `worldFromObject`: the mesh itself need not change then. */
  readonly poses?: string;
}

/**
 * Where an object stands. Arrays: `worldFromObject` [3, 4] row-major, of one member now. Where all members stood is in the
 * measure: the same twelve numbers.
 */
export interface PosesView extends ViewBase {
  readonly kind: 'poses';
  readonly unit: string;
  readonly measure: string;
  /** Low and high corner of the object in its own axes: x y z, x y z. */
  readonly box: readonly number[];
}

/** A measure (number or list of numbers) over iterations; drawn from the measures, never pulled. */
export interface SeriesView extends ViewBase {
  readonly kind: 'series';
  readonly measure: string;
  /** Measure with the true values: dashed lines. */
  readonly reference?: string;
  /** Measure with one predicted iteration for each line: vertical marks. */
  readonly marks?: string;
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

/** Members as points over a measure, drawn from the measures; and a curve through the one on show. */
export interface ScatterView extends ViewBase {
  readonly kind: 'scatter';
  /** Measures that are numbers, and what the axes are: 'Focal length (pixels)'. */
  readonly along: string;
  readonly height: string;
  readonly alongLabel: string;
  readonly heightLabel: string;
  /** Measures that are lists of one length: places on the two axes. */
  readonly curve?: { readonly along: string; readonly height: string };
}

export type ViewDescription =
  | ImageView
  | DepthView
  | HeatMapView
  | TracksView
  | PointsView
  | CamerasView
  | MeshView
  | PosesView
  | SeriesView
  | ScatterView;

/** Views whose data is pulled, in contrast to those drawn from the measures. */
export type PulledView = Exclude<ViewDescription, SeriesView | ScatterView>;

export function isPulled(view: ViewDescription): view is PulledView {
  return view.kind !== 'series' && view.kind !== 'scatter';
}

/** The real values of an array of a view, whatever it was stored as. */
export function realValues(data: ViewData, name: string): Float32Array {
  const { values } = data[name];
  const [offset, step] = data[`${name}.scale`]?.values ?? [0, 1];
  if (values instanceof Float32Array && offset === 0 && step === 1) return values;
  const out = new Float32Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = offset + step * values[i];
  return out;
}
