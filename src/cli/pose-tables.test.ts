import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { decodeCsv } from '../formats/csv.ts';
import { encodePly } from '../formats/ply.ts';
import { boxMesh } from '../geometry/primitives.ts';
import { commands } from './commands.ts';

/** In squares of 25 mm. */
const scene = {
  units: 'squares',
  objects: [{ obj_id: 1, name: 'board', mesh: 'board.ply' }],
  frames: [0, 1].map(() => ({
    file: 'none.png',
    width: 640,
    height: 480,
    K: [600, 0, 319.5, 0, 600, 239.5, 0, 0, 1],
    objects: [{ obj_id: 1, obj_to_cam: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 20] }],
  })),
};

describe('evaluate pose and starts', () => {
  let folder: string;
  let printed = '';
  let noted = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-cli-'));
    await writeFile(join(folder, 'scene.json'), JSON.stringify(scene));
    await writeFile(join(folder, 'board.ply'), encodePly(boxMesh(8, 6, 0.1)));
  });
  afterAll(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    printed = '';
    noted = '';
    vi.spyOn(process.stderr, 'write').mockImplementation(text => {
      noted += String(text);
      return true;
    });
    vi.spyOn(process.stdout, 'write').mockImplementation(text => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => vi.restoreAllMocks());
  const run = (text: string) => {
    const [name, ...args] = text.split(' ').map(word => word.replace('SCENE', folder));
    return commands[name](args);
  };

  it('starts of two shells come back from the evaluation as what they are', async () => {
    const table = join(folder, 'out', 'starts.csv');
    expect(await run(`starts SCENE --shell 10/4 --shell 1/1 --seed 3 --per-case 4 --unit-mm 25 --out ${table}`)).toBe(
      0,
    );
    expect(printed).toBe(`16 starts: ${table}\n`);
    const first = await readFile(table, 'utf8');
    expect(await run(`starts SCENE --shell 10/4 --shell 1/1 --seed 3 --per-case 4 --unit-mm 25 --out ${table}`)).toBe(
      0,
    );
    expect(await readFile(table, 'utf8')).toBe(first);
    printed = '';
    const errors = join(folder, 'errors.csv');
    expect(await run(`evaluate pose SCENE ${table} --unit-mm 25 --out ${errors}`)).toBe(0);
    expect(printed).toMatch(/^object +cases +ADD mean/);
    expect(noted).toBe(
      '2 objects have several rows in one image, such as image 0, object 1 with 8: each row is counted.\n',
    );
    // A board is a box: it looks the same in four poses.
    expect(printed).toMatch(/\n1 board +16 .*\n {2}by ADD-S +16 .*\nall +16 .*\nall, symmetric by ADD-S +16 /);
    const { header, rows } = decodeCsv(await readFile(errors), errors);
    expect(header.slice(0, 7)).toEqual([
      ...['scene_id', 'im_id', 'obj_id', 'add_mm', 'add_s_mm', 'rotation_deg', 'translation_mm'],
    ]);
    rows.forEach((row, i) => {
      expect(row[5]).toBeCloseTo(i < 8 ? 10 : 1, 6);
      expect(row[6]).toBeCloseTo(i < 8 ? 4 : 1, 6);
    });
    printed = '';
    await run(`evaluate pose SCENE ${table} --unit-mm 25 --json`);
    expect(JSON.parse(printed).all.cases).toBe(16);
  });

  it.each([
    ['starts SCENE --out a.csv', /--shell: write degrees\/millimetres/],
    ['starts SCENE --shell 40 --out a.csv', /--shell 40: write/],
    ['starts SCENE --shell 40/16', /--out: name the file/],
    ['starts SCENE --shell 40/16 --out a.csv --seed x --unit-mm 25', /--seed x: give a whole number/],
    ['starts SCENE --shell 40/16 --out a.csv --unit-mm 25 --per-case 0', /--per-case 0: give a whole number, 1 or/],
    ['starts SCENE --shell 40/16 --out a.csv --unit-mm 0', /--unit-mm 0: give millimetres/],
    ['starts SCENE --shell 40/16 --out a.csv', /in squares, so its lengths in millimetres are not known/],
    ['starts', /starts needs a scene/],
    ['evaluate tubal SCENE a.csv', /evaluate pose SCENE POSES.csv/],
    ['evaluate pose SCENE', /evaluate pose SCENE POSES.csv/],
    ['evaluate pose SCENE a.csv --symmetries some', /--symmetries some: choose use or ignore/],
  ])('%s is refused with what to do', async (text, message) => {
    await expect(async () => run(text)).rejects.toMatchObject({
      code: 'setting',
      message: expect.stringMatching(message),
      tip: expect.stringMatching(/./),
    });
  });
});
