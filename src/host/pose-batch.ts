// Refines every start of a table: pictures are read once for each frame, meshes once for each object, and each finished
// row is on the disk before the next one starts. A row that fails is kept with its reason. Runs in the caller's process.

import { setImmediate } from 'node:timers/promises';
import type { CpuDevice } from '../devices/cpu/cpu-device.ts';
import {
  type Fit,
  findFit,
  type RefinableModel,
  type RefineRequest,
  resolveMembers,
  type SceneView,
} from '../engine/fits.ts';
import { decodeBopResults, encodeBopResults, imageKey } from '../formats/bop-results.ts';
import { type CsvValue, encodeCsv } from '../formats/csv.ts';
import {
  type FramePixels,
  type PoseScene,
  type SceneFrame,
  type ScenePose,
  viewsOfObject,
} from '../formats/pose-scene.ts';
import { rigid } from '../geometry/rigid.ts';
import { readPoseFrame, readPoseModel, readPoseScene } from '../media/read-pose-scene.ts';
import { createSourceReader, sourceFile } from '../media/source-reader.ts';
import { asLabError, LabError } from '../protocol/lab-error.ts';
import type { RecipeFile } from '../protocol/run.ts';
import { VERSION } from '../protocol/version.ts';
import { openBatchFolder, readBatchRecipe } from '../store/batch-folder.ts';
import { lockRun } from '../store/run-lock.ts';
import { bestTwin, openNodeDevice } from './node-device.ts';
import { isOfOtherScene, otherSceneNotes } from './pose-table-notes.ts';
import { readTable } from './pose-tables.ts';

/** What a batch does, whatever drives it. */
export interface PoseBatchRequest {
  readonly fit: string;
  readonly scene: string;
  readonly starts: string;
  readonly unitMillimetres: number | undefined;
  /** Undefined: the fit's default. */
  readonly method: string | undefined;
  /** Undefined: the usual number of the method. */
  readonly members: number | undefined;
  readonly seed: number;
  /** Of the fit's settings `views` and `occluders`; undefined: its defaults. */
  readonly views: string | undefined;
  readonly occluders: string | undefined;
}

interface PoseBatchRecipe extends Omit<PoseBatchRequest, keyof RefineRequest>, RefineRequest {
  readonly schema: 1;
  readonly version: string;
  readonly twin: CpuDevice['twin'];
  /** The table and the files that say what the scene is. */
  readonly files: readonly RecipeFile[];
}

/** One finished row of the table. */
export interface BatchRow {
  /** Position in the table, from 0. */
  readonly row: number;
  readonly seconds: number;
  /** Undefined where it failed: camFromObject as [9] row-major and [3] in millimetres. */
  readonly pose?: { readonly rotation: readonly number[]; readonly translation: readonly number[] };
  readonly verdict: string;
  readonly findings: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly error?: { readonly message: string; readonly where?: string | undefined; readonly tip?: string | undefined };
  readonly warnings: readonly string[];
}

export interface BatchProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  /** The row that was finished; undefined at the beginning. */
  readonly row: BatchRow | undefined;
}

export interface BatchOptions {
  readonly threads: number | undefined;
  readonly onProgress: (progress: BatchProgress) => void;
  readonly onNote: (text: string) => void;
  /** Whether to stop after the row that is under way. */
  readonly isLeft: () => boolean;
}

export interface BatchOutcome {
  readonly state: 'finished' | 'left';
  readonly done: number;
  readonly total: number;
  /** How many rows have each verdict, `failed` among them. */
  readonly verdicts: Readonly<Record<string, number>>;
  /** Failed rows with their place in the table. */
  readonly failed: readonly { readonly start: ScenePose; readonly row: BatchRow }[];
  readonly files: readonly string[];
}

/** Triangles of the meshes that are held at a time. */
const MOST_TRIANGLES = 4_000_000;

/**
 * Refines what is not done yet of a batch in `folder`, which is made where it is missing. Throws `input` errors where the
 * scene or the table cannot be read, `store` errors where the folder holds anything else.
 */
export async function runPoseBatch(
  folder: string,
  request: PoseBatchRequest,
  { threads, onProgress, onNote, isLeft }: BatchOptions,
): Promise<BatchOutcome> {
  const fit = findFit(request.fit);
  const how = howOf(fit, request);
  const sources = createSourceReader();
  const { scene, folder: sceneFolder } = await readPoseScene(request.scene, request.unitMillimetres, sources);
  for (const note of scene.notes) onNote(note);
  const table = await readTable(request.starts);
  const starts = decodeBopResults(table, request.starts);
  if (starts.length === 0) {
    throw new LabError({
      code: 'input',
      message: 'The table of starts has a header and no rows.',
      tip: 'Give a row for each object in each image; `lab starts` writes such a table for a scene with true poses.',
      where: request.starts,
    });
  }
  for (const note of otherSceneNotes(scene, starts)) onNote(note);
  const files = [sourceFile(request.starts, table), ...sources.files()].map(({ path, sha256 }) => ({ path, sha256 }));
  const known = bestTwin();
  const recipe: PoseBatchRecipe = { schema: 1, version: VERSION, ...request, ...how, twin: known, files };
  const batch = openBatchFolder<PoseBatchRecipe, BatchRow>(folder, recipe);
  const lock = lockRun(folder);
  const rows = new Map(batch.done.map(row => [row.row, row]));
  const total = starts.length;
  const failures = () => [...rows.values()].filter(({ error }) => error !== undefined).length;
  const verdicts = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { verdict } of rows.values()) counts[verdict] = (counts[verdict] ?? 0) + 1;
    return counts;
  };
  try {
    const device = await openNodeDevice({ threads, twin: known });
    const shelf = createShelf(fit, device, sceneFolder, scene);
    const views = createViewReader(sceneFolder, scene, how.views);
    try {
      onProgress({ done: rows.size, total, failed: failures(), row: undefined });
      for (const { position, rows: own } of groupByFrame(scene, starts, rows)) {
        for (const row of own) {
          if (isLeft()) {
            return { state: 'left', done: rows.size, total, verdicts: verdicts(), failed: [], files: [] };
          }
          const finished = await refineRow(row, starts[row], position, views, shelf, how);
          batch.append(finished);
          rows.set(row, finished);
          onProgress({ done: rows.size, total, failed: failures(), row: finished });
          // Ctrl-C is heard between two rows.
          await setImmediate();
        }
      }
    } finally {
      shelf.dispose();
      device.dispose();
    }
    const ordered = starts.map((start, row) => ({ start, row: rows.get(row)! }));
    batch.writeExport('poses.csv', encodeBopResults(posesOf(ordered)));
    batch.writeExport('report.csv', reportOf(ordered, scene));
    const failed = ordered.filter(({ row }) => row.error !== undefined);
    const written = ['poses.csv', 'report.csv'];
    return { state: 'finished', done: total, total, verdicts: verdicts(), failed, files: written };
  } finally {
    batch.dispose();
    lock.release();
  }
}

/** What the batch in a folder was asked for. */
export function readPoseBatch(folder: string): PoseBatchRequest {
  const recipe = readBatchRecipe<PoseBatchRecipe>(folder);
  const { fit, scene, starts, unitMillimetres, method, members, seed, views, occluders } = recipe;
  return { fit, scene, starts, unitMillimetres, method, members, seed, views: `${views}`, occluders };
}

/** Checked as a run would check it. */
function howOf(fit: Fit, { members, seed, ...request }: PoseBatchRequest): RefineRequest {
  if (fit.refinable === undefined) {
    throw new LabError({
      code: 'setting',
      message: `The fit ${fit.id} refines no tables of starts.`,
      where: '--starts',
      tip: 'Leave --starts out, or choose the fit pose.',
    });
  }
  const { method, views, occluders } = request;
  const given = Object.fromEntries(
    Object.entries({ method, views, occluders }).filter(([, value]) => value !== undefined),
  );
  const resolved = resolveMembers(fit, given, {}, members);
  const [settings] = resolved;
  return {
    ...{ method: String(settings.method), members: resolved.length, seed, views: Number(settings.views) },
    occluders: settings.occluders === 'draw' ? 'draw' : 'ignore',
  };
}

/** Rows that are left, frame by frame and in it object by object; those of images that the scene lacks come last. */
function groupByFrame(
  scene: PoseScene,
  starts: readonly ScenePose[],
  done: ReadonlyMap<number, BatchRow>,
): { readonly position: number | undefined; readonly rows: readonly number[] }[] {
  const left = starts.flatMap((_, row) => (done.has(row) ? [] : [row]));
  const byObject = (a: number, b: number) => starts[a].objectId - starts[b].objectId || a - b;
  const ids = new Set(scene.frames.map(({ imageId }) => imageId));
  return [
    ...scene.frames.map(({ imageId }, position) => ({
      position,
      rows: left.filter(row => starts[row].imageId === imageId).sort(byObject),
    })),
    { position: undefined, rows: left.filter(row => !ids.has(starts[row].imageId)) },
  ];
}

interface ViewReader {
  /** The frame at a position, and those that are fitted with it. Throws a LabError of code 'input'. */
  of(position: number, objectId: number): Promise<SceneView[]>;
}

/** Frames of a scene; those used last are kept, for the rows that follow. */
function createViewReader(folder: string, scene: PoseScene, count: number): ViewReader {
  const kept = new Map<number, Promise<FramePixels>>();
  const read = (position: number): Promise<FramePixels> => {
    const pixels = kept.get(position) ?? readPoseFrame(folder, scene.frames[position]);
    kept.delete(position);
    kept.set(position, pixels);
    if (kept.size > count) kept.delete([...kept.keys()][0]);
    return pixels;
  };
  return {
    async of(position, objectId) {
      const views: SceneView[] = [];
      for (const each of viewsOfObject(scene, position, objectId, count)) {
        views.push({ frame: scene.frames[each], pixels: await read(each) });
      }
      return views;
    },
  };
}

interface Shelf {
  /** The objects by their ids. Throws a LabError of code 'input', the same each time. */
  take(objectIds: ReadonlySet<number>): Promise<ReadonlyMap<number, RefinableModel>>;
  /** Ids of the objects of a frame that can be drawn where they are known to stand. */
  drawn(frame: SceneFrame): number[];
  dispose(): void;
}

/** Meshes on the device; of more than there is room for, those used longest ago are read once more when they are needed. */
function createShelf(fit: Fit, device: CpuDevice, folder: string, scene: PoseScene): Shelf {
  const shelf = new Map<number, RefinableModel>();
  const withMesh = new Set(
    scene.objects.flatMap(({ objectId, meshFile }) => (meshFile === undefined ? [] : [objectId])),
  );
  const failed = new Map<number, LabError>();
  const drop = (objectId: number): void => {
    shelf.get(objectId)?.dispose();
    shelf.delete(objectId);
  };
  const load = async (objectId: number): Promise<RefinableModel> => {
    const object = scene.objects.find(each => each.objectId === objectId);
    if (object !== undefined) return fit.refinable!(device, await readPoseModel(folder, object));
    throw new LabError({
      code: 'input',
      message: `The scene has no object ${objectId}.`,
      tip: `It has: ${scene.objects.map(each => each.objectId).join(', ')}.`,
    });
  };
  return {
    async take(objectIds) {
      for (const objectId of objectIds) {
        const error = failed.get(objectId);
        if (error !== undefined) throw error;
        let held = shelf.get(objectId);
        if (held === undefined) {
          try {
            held = await load(objectId);
          } catch (thrown) {
            const reason = asLabError(thrown);
            failed.set(objectId, reason);
            throw reason;
          }
        }
        // The order of a map is that of its insertions: the one used longest ago is the first.
        shelf.delete(objectId);
        shelf.set(objectId, held);
      }
      const triangles = () => [...shelf.values()].reduce((sum, each) => sum + each.triangles, 0);
      for (const objectId of [...shelf.keys()]) {
        if (triangles() <= MOST_TRIANGLES) break;
        if (!objectIds.has(objectId)) drop(objectId);
      }
      return shelf;
    },
    drawn: ({ instances }) =>
      instances.flatMap(({ objectId, camFromObject }) =>
        camFromObject !== undefined && withMesh.has(objectId) ? [objectId] : [],
      ),
    dispose: () => [...shelf.keys()].forEach(drop),
  };
}

async function refineRow(
  row: number,
  start: ScenePose,
  position: number | undefined,
  reader: ViewReader,
  shelf: Shelf,
  how: RefineRequest,
): Promise<BatchRow> {
  const began = performance.now();
  try {
    if (position === undefined) {
      throw new LabError({
        code: 'input',
        message: `The scene has no image ${start.imageId}.`,
        tip: 'im_id of a scene.json is the position of the frame, from 0.',
      });
    }
    const views = await reader.of(position, start.objectId);
    const others = new Set(how.occluders === 'draw' ? views.flatMap(({ frame }) => shelf.drawn(frame)) : []);
    const models = await shelf.take(new Set([start.objectId, ...others]));
    const hiding = new Map([...models].filter(([objectId]) => others.has(objectId)));
    const { camFromObject, ...refined } = models.get(start.objectId)!.refine(views, start, how, hiding);
    const { rotation, translation } = camFromObject;
    return { row, ...refined, pose: { rotation: [...rotation], translation: [...translation] } };
  } catch (thrown) {
    const { code, message, where, tip } = asLabError(thrown);
    // Nothing would come of the rows after it either.
    if (code === 'device' || code === 'store') throw thrown;
    const seconds = (performance.now() - began) / 1000;
    return { row, seconds, verdict: 'failed', findings: [], figures: {}, error: { message, where, tip }, warnings: [] };
  }
}

interface OrderedRow {
  readonly start: ScenePose;
  readonly row: BatchRow;
}

/** A failed row keeps its start. BOP counts seconds for a whole image. */
function posesOf(ordered: readonly OrderedRow[]): ScenePose[] {
  const seconds = new Map<string, number>();
  for (const { start, row } of ordered) {
    seconds.set(imageKey(start), (seconds.get(imageKey(start)) ?? 0) + row.seconds);
  }
  return ordered.map(({ start, row: { pose } }) => ({
    ...start,
    seconds: seconds.get(imageKey(start)) ?? -1,
    camFromObject:
      pose === undefined
        ? start.camFromObject
        : rigid(Float64Array.from(pose.rotation), Float64Array.from(pose.translation)),
  }));
}

/** One line for each row, for people and spreadsheets; `row` counts as the table does, whose header is row 1. */
function reportOf(ordered: readonly OrderedRow[], scene: PoseScene): Uint8Array {
  const names = new Map(scene.objects.map(({ objectId, name }) => [objectId, name]));
  const figures = [...new Set(ordered.flatMap(({ row }) => Object.keys(row.figures)))];
  const digits = (value: number | undefined): CsvValue => (value === undefined ? '' : Number(value.toPrecision(4)));
  return encodeCsv({
    header: [
      ...[
        'row',
        'scene_id',
        'im_id',
        'obj_id',
        'object',
        'verdict',
        'finding',
        ...figures,
        'seconds',
        'reason',
        'warnings',
      ],
    ],
    rows: ordered.map(({ start, row }) => [
      ...[row.row + 2, start.sceneId, start.imageId, start.objectId, names.get(start.objectId) ?? ''],
      ...[row.verdict, row.findings.join('; ')],
      ...figures.map(name => digits(row.figures[name])),
      digits(row.seconds),
      row.error === undefined ? '' : `${row.error.message} ${row.error.tip ?? ''}`.trim(),
      [
        ...(isOfOtherScene(scene.sceneId, start)
          ? [`The row names scene ${start.sceneId}, not ${scene.sceneId}.`]
          : []),
        ...row.warnings,
      ].join(' '),
    ]),
  });
}
