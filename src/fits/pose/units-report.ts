// What a user has to see before a pose is fitted: sizes and distances in words, and everything that is probably wrong, each
// with what to do about it. Units that disagree are the field's first question. Pure, any process.
import type { Camera } from '../../geometry/camera.ts';
import { scaleCamera } from '../../geometry/camera.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { boundingBoxCentre, type MeshReport } from '../../geometry/mesh-report.ts';
import { findPoseConfusion } from '../../geometry/pose-confusions.ts';
import { median } from '../../geometry/pose-metrics.ts';
import { type CamFromObject, compose, flipCameraAxes, transformPoint, transformPoints } from '../../geometry/rigid.ts';
import { LabError } from '../../protocol/lab-error.ts';
import { maskBounds } from './crop.ts';
import { photograph } from './photograph.ts';

export interface UnitsInput {
  readonly camera: Camera;
  /** Millimetres as read; a thinned out one will do. */
  readonly mesh: Mesh;
  /** Of the whole mesh, in millimetres. */
  readonly meshReport: MeshReport;
  readonly start: CamFromObject;
  /** [height, width], 0 to 1 */
  readonly mask: Float32Array | undefined;
  /** [height, width], 0 where unknown */
  readonly depthMillimetres: Float32Array | undefined;
  /** Where the mask is one label of a label picture. */
  readonly labels?: { readonly wanted: number; readonly values: Uint16Array } | undefined;
  /** What the reader of the mesh noted. */
  readonly notes?: readonly string[];
}

/** What a warning is about; the window shows it on the field it belongs to. */
export type PoseWarningSubject = 'start' | 'mask' | 'depth' | 'camera' | 'mesh' | 'unit' | 'size';

export interface PoseWarning {
  readonly subject: PoseWarningSubject;
  readonly message: string;
  readonly tip: string;
}

export interface UnitsReport {
  readonly diameterMillimetres: number;
  /** z of the middle of the object's bounding box at the start. */
  readonly distanceMillimetres: number;
  /** Pixels of the box around the projection; undefined where the object is not wholly before the camera. */
  readonly projectedWidth: number | undefined;
  readonly projectedHeight: number | undefined;
  /** Area of the projection over that of the image, parts outside included. */
  readonly shareOfImage: number | undefined;
  readonly maskPixels: number | undefined;
  /** Intersection over union of projection and mask. */
  readonly overlapWithMask: number | undefined;
  /** Median of the known depth inside the mask. */
  readonly depthMillimetres: number | undefined;
  readonly warnings: readonly PoseWarning[];
}

/** The report as facts to read, in their order: 'Distance': '634 mm'. */
export function unitsFacts(report: UnitsReport): Readonly<Record<string, string>> {
  const { projectedWidth, projectedHeight, shareOfImage, maskPixels, overlapWithMask, depthMillimetres } = report;
  const facts: Record<string, string> = {
    Diameter: `${format(report.diameterMillimetres)} mm`,
    'Distance at the start': `${format(report.distanceMillimetres)} mm`,
  };
  if (projectedWidth !== undefined && projectedHeight !== undefined)
    facts['Size in the image'] = `${format(projectedWidth)} × ${format(projectedHeight)} pixels`;
  if (shareOfImage !== undefined) facts['Share of the image'] = percent(shareOfImage);
  if (maskPixels !== undefined) facts.Mask = `${maskPixels.toLocaleString('en')} pixels`;
  if (overlapWithMask !== undefined) facts['Overlap of start and mask'] = percent(overlapWithMask);
  if (depthMillimetres !== undefined) facts['Depth inside the mask'] = `${format(depthMillimetres)} mm`;
  return facts;
}

/** Its warnings as sentences, each with what to do about it. */
export function unitsWarnings({ warnings }: UnitsReport): readonly string[] {
  return warnings.map(({ message, tip }) => `${message} ${tip}`);
}

/** Throws a LabError of code 'input' for what no fit can start from: an empty mask, an object that is not before the camera. */
export function requireStartable({ maskPixels, projectedWidth, warnings }: UnitsReport): void {
  const subjects: PoseWarningSubject[] =
    maskPixels === 0 ? ['mask'] : projectedWidth === undefined ? ['unit', 'start'] : [];
  const [first] = subjects.flatMap(subject => warnings.filter(warning => warning.subject === subject));
  if (first === undefined) return;
  const { subject, message, tip } = first;
  throw new LabError({ code: 'input', message, where: subject, tip });
}

function percent(share: number): string {
  return `${format(100 * share)} %`;
}

const hugeTriangles = 200_000;
/** Pixels of the long side at which projection and mask are compared. */
const coarse = 192;

export function reportUnits(input: UnitsInput): UnitsReport {
  const { camera, mesh, meshReport, start, mask, depthMillimetres } = input;
  const { diameter } = meshReport;
  const warnings: PoseWarning[] = [];
  const warn = (subject: PoseWarningSubject, message: string, tip: string) => {
    warnings.push({ subject, message, tip });
  };
  const maskPixels = mask?.reduce((sum, value) => sum + (value > 0.5 ? 1 : 0), 0);
  const inMask = mask && depthMillimetres && medianDepth(depthMillimetres, mask);
  const distance = transformPoint(start, boundingBoxCentre(mesh))[2];
  const box = projectedBox(camera, mesh, start);
  const bounds = mask && maskBounds(mask, camera.width);
  const overlap = bounds && box ? overlapOf(camera, mesh, start, mask!) : undefined;

  // What a mask that is not one of the object says of sizes and places leads astray.
  const seen = warnOfMask(input, maskPixels, warn) === 'doubtful' ? undefined : bounds;
  warnOfCamera(camera, warn);
  warnOfMesh(input, warn);
  if (depthMillimetres !== undefined && seen !== undefined && inMask === undefined) {
    const isEmpty = !depthMillimetres.some(z => z > 0);
    warn(
      'depth',
      isEmpty ? 'The depth image is empty: no pixel of it has a depth.' : 'Inside the mask no depth is known.',
      'Check that depth and image belong together; the fit goes on with the mask alone.',
    );
  }
  const units = findUnits(input, seen, mask === undefined || seen !== undefined ? inMask : undefined);
  // A mesh in another unit reaches anywhere: that says nothing about the start.
  const confusion =
    seen && units?.culprit !== 'mesh'
      ? findPoseConfusion(overlap ?? 0, read => {
          const pose = read(start);
          const other = projectedBox(camera, mesh, pose);
          return other !== undefined && doBoxesMeet(other, seen) ? overlapOf(camera, mesh, pose, mask!) : 0;
        })
      : undefined;
  if (units?.culprit !== 'mesh') warnOfStart(input, { box, distance, overlap, confusion, seen, units }, warn);
  if (units !== undefined) warn('unit', units.message, units.tip);
  const share = box && ((box[2] - box[0]) * (box[3] - box[1])) / (camera.width * camera.height);
  if (share !== undefined && units === undefined && (mask === undefined || seen !== undefined)) {
    if (share < 0.01) {
      warn(
        'size',
        `The object takes ${(100 * share).toPrecision(2)} % of the image, less than 1 %.`,
        'Its pose will be coarse. If it should be larger, check the units of mesh and pose.',
      );
    }
    if (share > 1) {
      warn(
        'size',
        `The object is ${share.toPrecision(3)} times as large as the image.`,
        'Check the units of mesh and pose, and whether the camera matrix is for this image.',
      );
    }
  }
  return {
    diameterMillimetres: diameter,
    distanceMillimetres: distance,
    projectedWidth: box && box[2] - box[0],
    projectedHeight: box && box[3] - box[1],
    shareOfImage: share,
    maskPixels,
    overlapWithMask: overlap,
    depthMillimetres: inMask,
    warnings,
  };
}

type Warn = (subject: PoseWarningSubject, message: string, tip: string) => void;

/** Fewer pixels have no shape. */
const fewestPixels = 20;

/** doubtful: it is not the mask of an object. */
function warnOfMask(
  { camera, mask, labels }: UnitsInput,
  maskPixels: number | undefined,
  warn: Warn,
): 'good' | 'doubtful' {
  if (mask === undefined || maskPixels === undefined) return 'good';
  if (maskPixels === 0) {
    const { message, tip } = describeEmptyMask(labels);
    warn('mask', message, tip);
    return 'doubtful';
  }
  if (maskPixels < fewestPixels) {
    const pixels = maskPixels === 1 ? 'a single pixel' : `only ${maskPixels} pixels`;
    warn(
      'mask',
      `The mask has ${pixels}, too few to tell a place, a size or a turn.`,
      'Check that it is the mask of this object, and that the object is above one half of white in it.',
    );
    return 'doubtful';
  }
  if (borderShare(mask, camera) < 0.9) return 'good';
  const share = maskPixels / mask.length;
  warn(
    'mask',
    share === 1
      ? 'The mask covers the whole image.'
      : `The mask covers ${percent(share)} of the image and its border, but not the middle: it looks inverted.`,
    share === 1 ? 'Give a mask that is black around the object.' : 'Make the object white and what is around it black.',
  );
  return 'doubtful';
}

/** What is wrong with a mask without a pixel; `labels` as in UnitsInput. */
export function describeEmptyMask(labels: UnitsInput['labels']): Pick<PoseWarning, 'message' | 'tip'> {
  const present = labels && [...new Set(labels.values)].filter(label => label > 0).sort((a, b) => a - b);
  if (labels === undefined || present === undefined || present.length === 0) {
    return { message: 'The mask is empty.', tip: 'Give a mask whose pixels of the object are not zero.' };
  }
  return {
    message: `The label picture has no pixel of value ${labels.wanted}; it has ${present.slice(0, 12).join(', ')}.`,
    tip: 'Choose one of these labels for the object.',
  };
}

/** How much of the image's border is in the mask. */
function borderShare(mask: Float32Array, { width, height }: Camera): number {
  let [inside, all] = [0, 0];
  mask.forEach((value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x > 0 && y > 0 && x < width - 1 && y < height - 1) return;
    all++;
    if (value > 0.5) inside++;
  });
  return inside / all;
}

/** What is known of the start. */
interface StartFindings {
  readonly box: readonly number[] | undefined;
  readonly distance: number;
  readonly overlap: number | undefined;
  readonly confusion: ReturnType<typeof findPoseConfusion>;
  readonly seen: readonly number[] | undefined;
  readonly units: UnitsFinding | undefined;
}

function warnOfStart(
  { camera, mesh, start }: UnitsInput,
  { box, distance, overlap, confusion, seen, units }: StartFindings,
  warn: Warn,
): void {
  if (confusion !== undefined) {
    const where =
      distance <= 0
        ? `is ${format(-distance)} mm behind the camera`
        : box === undefined
          ? 'reaches behind the camera'
          : `covers ${Math.round(100 * (overlap ?? 0))} % of the mask`;
    warn(
      'start',
      `The start pose ${where}; read as one ${confusion.reading} it fits the mask.`,
      `${confusion.remedy} Poses map object to camera: OpenCV axes, row by row, millimetres.${units === undefined || units.culprit !== undefined ? '' : ' Or the mesh has another unit: check --unit-mm.'}`,
    );
  } else if (box === undefined) {
    const flipped = projectedBox(camera, mesh, compose(flipCameraAxes, start));
    const isOpenGl = flipped !== undefined && isInImage(camera, flipped);
    warn(
      'start',
      distance <= 0
        ? `The start pose is ${format(-distance)} mm behind the camera.`
        : 'Part of the object is behind the camera at the start pose.',
      distance > 0
        ? `It is ${format(distance)} mm before the camera: check the units of mesh and pose.`
        : isOpenGl
          ? 'The pose seems to have OpenGL axes (y up, z back): negate its second and third row.'
          : 'Poses map object to camera, with z forward; invert the matrix if it is camera to object.',
    );
  } else if (!isInImage(camera, box)) {
    warn(
      'start',
      'At the start pose the object is outside the image.',
      'Check the start pose and whether the camera matrix is for this image; the mask gives a start too.',
    );
  } else if (overlap === 0 && seen !== undefined && units === undefined) {
    warn(
      'start',
      'Start pose and mask do not overlap.',
      'Check that both are for this object and image, or start from the middle of the mask.',
    );
  }
}

function warnOfCamera({ width, height, fx, fy, cx, cy }: Camera, warn: Warn): void {
  const isCentred = Math.abs(cx / width - 0.5) < 0.2 && Math.abs(cy / height - 0.5) < 0.2;
  const field = 2 * Math.atan(width / 2 / fx) * (180 / Math.PI);
  if (!isCentred) {
    warn(
      'camera',
      `The principal point (${format(cx)}, ${format(cy)}) is far from the middle of the ${width} × ${height} image.`,
      `The camera matrix looks like one for ${Math.round(2 * cx)} × ${Math.round(2 * cy)} pixels. If the image is a crop of that, all is well.`,
    );
  } else if (field < 3 || field > 130 || Math.abs(fx / fy - 1) > 0.1) {
    warn(
      'camera',
      `The camera sees ${format(field)}° across, with fx ${format(fx)} and fy ${format(fy)} pixels.`,
      'Check that the focal lengths are in pixels of this image.',
    );
  }
}

function warnOfMesh({ meshReport, notes = [] }: UnitsInput, warn: Warn): void {
  for (const note of notes) warn('mesh', note, 'Put the file where the mesh names it, or go on without.');
  const { triangles, degenerateTriangles, closed, consistentlyOriented } = meshReport;
  if (triangles > hugeTriangles) {
    warn(
      'mesh',
      `The mesh has ${triangles.toLocaleString('en')} triangles.`,
      'The fit thins it out to about 3,000; a smaller file only loads faster.',
    );
  }
  if (degenerateTriangles === triangles) {
    warn('mesh', `None of the ${triangles} triangles of the mesh has an area.`, 'Export the mesh again.');
  } else if (degenerateTriangles > 0) {
    warn(
      'mesh',
      `${degenerateTriangles} of ${triangles} triangles have no area and are left out.`,
      'Nothing needs to be done; "remove degenerate faces" in Blender or MeshLab cleans the file.',
    );
  }
  if (!closed || !consistentlyOriented) {
    warn(
      'mesh',
      closed ? 'Triangles of the mesh do not agree on which side is outside.' : 'The mesh has holes or open borders.',
      'Both sides of its triangles are drawn, which takes longer.',
    );
  }
}

interface UnitsFinding {
  /** Undefined where nothing tells which one is wrong. */
  readonly culprit: 'mesh' | 'start' | 'depth' | undefined;
  readonly message: string;
  readonly tip: string;
}

/**
 * Three lengths should agree: what mesh and mask say about the distance, what the start says, and what the depth says.
 * Where one is off by 10ⁿ, the other two tell which. `seen`: bounds of the mask.
 */
function findUnits(
  { camera, meshReport, start }: UnitsInput,
  seen: readonly number[] | undefined,
  depth: number | undefined,
): UnitsFinding | undefined {
  const extent = seen && Math.hypot(seen[2] - seen[0], seen[3] - seen[1]);
  // A mesh that is a single point tells no distance.
  const expected = extent && meshReport.diameter > 0 ? (camera.fx * meshReport.diameter) / extent : undefined;
  // Of the object's origin, which does not move when the mesh changes its unit.
  const fromStart = start.translation[2] > 0 ? start.translation[2] : undefined;
  const off = (value: number | undefined, reference: number | undefined) =>
    value === undefined || reference === undefined ? 0 : powerOfTen(value / reference);
  const [startToMesh, startToDepth, depthToMesh] = [
    off(fromStart, expected),
    off(fromStart, depth),
    off(depth, expected),
  ];
  if (startToMesh === 0 && startToDepth === 0 && depthToMesh === 0) return undefined;
  const distances = [
    ...(expected === undefined ? [] : [`${format(expected)} mm by the size of mesh and mask`]),
    ...(fromStart === undefined ? [] : [`${format(fromStart)} mm by the start pose`]),
    ...(depth === undefined ? [] : [`${format(depth)} mm by the depth image`]),
  ];
  const message = `The object is ${distances.join(', ')}.`;
  const factor = (power: number) =>
    power > 0 ? `10${superscript(power)} too large` : `10${superscript(-power)} too small`;
  if (startToMesh !== 0 && startToDepth !== 0 && depthToMesh === 0) {
    const tip = `The start pose is ${factor(startToMesh)}: poses are in millimetres.`;
    return { culprit: 'start', message, tip };
  }
  if (depthToMesh !== 0 && startToDepth !== 0 && startToMesh === 0) {
    const tip = `The depth is ${factor(depthToMesh)}: check its scale, millimetres per step.`;
    return { culprit: 'depth', message, tip };
  }
  if (depthToMesh !== 0 && startToMesh !== 0 && startToDepth === 0) {
    return { culprit: 'mesh', message, tip: `The mesh is ${factor(-depthToMesh)}: give its unit with --unit-mm.` };
  }
  const tip = 'Mesh, pose and depth do not have the same unit: check --unit-mm and the depth scale.';
  return { culprit: undefined, message, tip };
}

/**
 * 0 where the ratio is about one, else the nearest power of ten. What mesh and mask say may be several times too far, where
 * an object is half hidden or seen along its length, but hardly too near.
 */
function powerOfTen(ratio: number): number {
  if (ratio > 0.15 && ratio < 3) return 0;
  return Math.round(Math.log10(ratio)) || Math.sign(Math.log10(ratio));
}

function superscript(n: number): string {
  return [...String(n)].map(digit => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
}

/** Three digits, no exponent where it can be helped. */
function format(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function medianDepth(depth: Float32Array, mask: Float32Array): number | undefined {
  const known: number[] = [];
  depth.forEach((z, i) => {
    if (z > 0 && mask[i] > 0.5) known.push(z);
  });
  return known.length === 0 ? undefined : median(known);
}

/** Whether boxes [left, top, right, bottom] have as much as a tenth of what they cover in common. */
function doBoxesMeet(a: readonly number[], b: readonly number[]): boolean {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const area = (box: readonly number[]) => (box[2] - box[0]) * (box[3] - box[1]);
  return width > 0 && height > 0 && 10 * width * height > area(a) + area(b) - width * height;
}

/** [left, top, right, bottom] of the projected vertices; undefined where one is not before the camera. */
function projectedBox(camera: Camera, mesh: Mesh, pose: CamFromObject): [number, number, number, number] | undefined {
  const points = transformPoints(pose, mesh.positions);
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 3) {
    if (!(points[i + 2] > 0)) return undefined;
    const u = (camera.fx * points[i]) / points[i + 2] + camera.cx;
    const v = (camera.fy * points[i + 1]) / points[i + 2] + camera.cy;
    box[0] = Math.min(box[0], u);
    box[1] = Math.min(box[1], v);
    box[2] = Math.max(box[2], u);
    box[3] = Math.max(box[3], v);
  }
  return box;
}

function isInImage({ width, height }: Camera, [left, top, right, bottom]: readonly number[]): boolean {
  return right > 0 && bottom > 0 && left < width && top < height;
}

function overlapOf(camera: Camera, mesh: Mesh, start: CamFromObject, mask: Float32Array): number {
  const scale = Math.min(1, coarse / Math.max(camera.width, camera.height));
  const small = scaleCamera(camera, Math.round(camera.width * scale), Math.round(camera.height * scale));
  const { owner } = photograph(small, [{ mesh, camFromObject: start }], { samples: 1 });
  let [both, either] = [0, 0];
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const column = Math.floor(((x + 0.5) / small.width) * camera.width);
      const row = Math.floor(((y + 0.5) / small.height) * camera.height);
      const [inMask, drawn] = [mask[row * camera.width + column] > 0.5, owner[y * small.width + x] >= 0];
      if (inMask && drawn) both++;
      if (inMask || drawn) either++;
    }
  }
  return either === 0 ? 0 : both / either;
}
