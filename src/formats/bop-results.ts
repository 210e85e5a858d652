// Poses in the CSV files of the BOP challenge, as results and as starts: scene_id,im_id,obj_id,score,R,t,time with
// camFromObject in OpenCV axes and millimetres. Pure, any process.
import { rigid } from '../geometry/rigid.ts';
import { determinant3, nearestRotation } from '../geometry/rotation.ts';
import { LabError } from '../protocol/lab-error.ts';
import { type CsvValue, decodeCsv } from './csv.ts';
import type { ScenePose } from './pose-scene.ts';

const header = ['scene_id', 'im_id', 'obj_id', 'score', 'R', 't', 'time'];

/**
 * The rows in their order; the rotation becomes the nearest one, scene_id and score stay as they are written. Throws a
 * LabError of code 'input' with `where` = `name` that names the row (the header is row 1).
 */
export function decodeBopResults(bytes: Uint8Array, name: string): ScenePose[] {
  const table = decodeCsv(bytes, name);
  const columns = header.map(column => table.header.findIndex(text => text.trim() === column));
  const missing = header.filter((column, i) => columns[i] < 0 && column !== 'time' && column !== 'score');
  if (missing.length > 0) {
    throw resultsError(name, `The table of poses has no column ${missing.join(', ')}`, table.header.join(','));
  }
  return table.rows.map((row, index) => {
    const place = `Row ${index + 2}`;
    const cell = (column: number) => (columns[column] < 0 ? undefined : row[columns[column]]);
    const carried = (column: number, missing: number): CsvValue => {
      const value = cell(column);
      const text = table.texts[index][columns[column]]?.trim();
      if (value === undefined || text === '') return missing;
      if (typeof value === 'string' && Number.isNaN(Number(value))) {
        throw resultsError(name, `${place} has ${header[column]} "${value}"; a number is needed`);
      }
      return String(value) === text ? value : text;
    };
    const whole = (column: number): number => {
      const value = Number(cell(column));
      if (cell(column) === '' || !Number.isInteger(value)) {
        throw resultsError(name, `${place} has ${header[column]} "${cell(column)}"; a whole number is needed`);
      }
      return value;
    };
    const list = (column: number, length: number): number[] => {
      const values = String(cell(column)).trim().split(/\s+/).map(Number);
      if (values.length !== length || !values.every(Number.isFinite)) {
        throw resultsError(
          name,
          `${place} has ${header[column]} "${cell(column)}"; ${length} numbers with spaces between are needed`,
        );
      }
      return values;
    };
    const r = list(4, 9);
    const determinant = determinant3(r);
    if (!(Math.abs(determinant - 1) < 0.1)) {
      throw resultsError(name, `${place} has an R of determinant ${determinant.toPrecision(3)}; a rotation has 1`);
    }
    return {
      sceneId: carried(0, whole(0)),
      imageId: whole(1),
      objectId: whole(2),
      score: carried(3, 1),
      camFromObject: rigid(nearestRotation(r, name), Float64Array.from(list(5, 3))),
      seconds: finite(cell(6), -1),
    };
  });
}

/**
 * The file of a list of poses, one row each, in their order. `seconds` is what BOP counts per image: every row of an image
 * gets the largest of its rows, or −1 where one is not known.
 */
export function encodeBopResults(poses: readonly ScenePose[]): Uint8Array {
  const seconds = new Map<string, number>();
  for (const pose of poses) {
    const image = imageKey(pose);
    const known = seconds.get(image) ?? pose.seconds;
    seconds.set(image, known < 0 || pose.seconds < 0 ? -1 : Math.max(known, pose.seconds));
  }
  const rows = poses.map(pose => {
    const { sceneId, imageId, objectId, score, camFromObject } = pose;
    return [
      ...[sceneId, imageId, objectId, score],
      camFromObject.rotation.join(' '),
      camFromObject.translation.join(' '),
      seconds.get(imageKey(pose)),
    ].join(',');
  });
  return new TextEncoder().encode([header.join(','), ...rows, ''].join('\n'));
}

/** Equal for rows of one image: im_id counts anew in each scene. */
export function imageKey({ sceneId, imageId }: Pick<ScenePose, 'sceneId' | 'imageId'>): string {
  return `${sceneId} ${imageId}`;
}

function finite(value: CsvValue | undefined, missing: number): number {
  const number = value === undefined || value === '' ? missing : Number(value);
  return Number.isFinite(number) ? number : missing;
}

function resultsError(name: string, message: string, found?: string): LabError {
  return new LabError({
    code: 'input',
    message: found === undefined ? `${message}.` : `${message}; it has ${found}.`,
    tip: 'Write it as BOP does: scene_id,im_id,obj_id,score,R,t,time with R nine numbers row by row and t in millimetres.',
    where: name,
  });
}
