// COLMAP's text form: cameras.txt, images.txt (two lines per image) and points3D.txt. Pure, any process.
import { rigid } from '../geometry/rigid.ts';
import { quatWxyzFromRotation, rotationFromQuatWxyz } from '../geometry/rotation.ts';
import { pathError } from './camera-path.ts';
import { type ColmapFiles, type ColmapReconstruction, colmapModels, colmapTip } from './colmap.ts';

export function encodeColmapText({ cameras, images, points }: ColmapReconstruction): ColmapFiles {
  const text = (head: readonly string[], lines: readonly string[]) =>
    new TextEncoder().encode(`${[...head.map(line => `# ${line}`), ...lines].join('\n')}\n`);
  return {
    'cameras.txt': text(
      ['CAMERA_ID MODEL WIDTH HEIGHT PARAMS[]'],
      cameras.map(({ id, model, width, height, parameters }) => [id, model, width, height, ...parameters].join(' ')),
    ),
    'images.txt': text(
      ['IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME', 'POINTS2D[] as X Y POINT3D_ID'],
      images.flatMap(({ id, camFromWorld: { rotation, translation }, cameraId, name, keyPoints, pointIds }) => [
        [id, ...quatWxyzFromRotation(rotation), ...translation, cameraId, name].join(' '),
        Array.from(pointIds, (point, i) => `${keyPoints[2 * i]} ${keyPoints[2 * i + 1]} ${point}`).join(' '),
      ]),
    ),
    'points3D.txt': text(
      ['POINT3D_ID X Y Z R G B ERROR TRACK[] as IMAGE_ID POINT2D_IDX'],
      points.map(({ id, position, colour, error, track }) =>
        [id, ...Array.from(position), ...Array.from(colour), error, ...track].join(' '),
      ),
    ),
  };
}

/** Throws a LabError of code 'input' with `where` = `name` and the file that names the line. */
export function decodeColmapText(files: ColmapFiles, name: string): ColmapReconstruction {
  const linesOf = (file: string) => {
    const bytes = files[file];
    if (bytes === undefined) throw pathError(name, `${file} is missing.`, colmapTip);
    const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
    return lines.map((words, index) => ({ words: words.trim(), line: index + 1 }));
  };
  const said = (file: string) => linesOf(file).filter(({ words }) => words !== '' && !words.startsWith('#'));
  const numbers = (words: readonly string[], file: string, line: number): number[] => {
    const values = words.map(Number);
    if (values.every(Number.isFinite)) return values;
    throw pathError(`${name}, ${file}`, `Line ${line} holds words where numbers should be.`, colmapTip);
  };

  const cameras = said('cameras.txt').map(({ words, line }) => {
    const [id, model, ...rest] = words.split(/\s+/);
    const known = colmapModels.find(each => each.name === model);
    const [cameraId, width, height, ...parameters] = numbers([id, ...rest], 'cameras.txt', line);
    if (known === undefined || parameters.length !== known.parameters) {
      throw pathError(
        `${name}, cameras.txt`,
        `Line ${line} has the camera model ${model} with ${parameters.length} parameters; the lab reads ${colmapModels.map(each => each.name).join(', ')}.`,
        colmapTip,
      );
    }
    return { id: cameraId, model: known.name, width, height, parameters };
  });

  // An image without key points has an empty second line, so empty lines count here.
  const rows = linesOf('images.txt').filter(({ words }) => !words.startsWith('#'));
  while (rows.length > 0 && rows[0].words === '') rows.shift();
  const images: ColmapReconstruction['images'][number][] = [];
  for (let i = 0; i < rows.length && rows[i].words !== ''; i += 2) {
    const { words, line } = rows[i];
    const fields = words.split(/\s+/);
    const [id, w, x, y, z, tx, ty, tz, cameraId] = numbers(fields.slice(0, 9), 'images.txt', line);
    if (fields.length < 10) {
      throw pathError(`${name}, images.txt`, `Line ${line} has ${fields.length} fields; 10 are needed.`, colmapTip);
    }
    const second = rows[i + 1]?.words ?? '';
    const values = second === '' ? [] : numbers(second.split(/\s+/), 'images.txt', line + 1);
    const count = Math.floor(values.length / 3);
    images.push({
      id,
      camFromWorld: rigid(rotationFromQuatWxyz([w, x, y, z]), Float64Array.of(tx, ty, tz)),
      cameraId,
      name: fields.slice(9).join(' '),
      keyPoints: Float64Array.from({ length: 2 * count }, (_, k) => values[3 * (k >> 1) + (k & 1)]),
      pointIds: Float64Array.from({ length: count }, (_, k) => values[3 * k + 2]),
    });
  }

  const points = said('points3D.txt').map(({ words, line }) => {
    const [id, x, y, z, r, g, b, error, ...track] = numbers(words.split(/\s+/), 'points3D.txt', line);
    return { id, position: [x, y, z], colour: [r, g, b], error, track: Uint32Array.from(track) };
  });
  return { cameras, images, points };
}
