// Pose runs over the command line: a scene on disk and a single picture become runs that replay, and a table of starts
// becomes a table of poses, also after a kill.

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeSampleScene } from '../src/fits/pose/sample-scene.ts';
import { decodeNpy } from '../src/formats/npy.ts';
import type { LoadedPoseScene } from '../src/formats/pose-scene.ts';
import { encodePoseJson } from '../src/formats/start-file.ts';
import { writeBopScene } from '../src/media/write-bop-scene.ts';
import { lab, startLab, temporaryFolder } from './lab.ts';
import { openWindow, serveHere, upload } from './window.ts';

const folder = temporaryFolder();
afterAll(() => folder.dispose());
const at = (...parts: string[]) => join(folder.path, ...parts);
const text = (...parts: string[]) => readFileSync(at(...parts), 'utf8');
const quick = ['--members', '4', '--threads', '1'];

let sample: LoadedPoseScene;
beforeAll(async () => {
  sample = makeSampleScene({ frames: 1, seed: 1, width: 320 });
  await writeBopScene(at('000007'), sample);
});

/** Rows of a BOP results file by the words of its specification: commas between columns, spaces inside R and t. */
function bopRows(csv: string) {
  const [header, ...lines] = csv.trim().split('\n');
  expect(header).toBe('scene_id,im_id,obj_id,score,R,t,time');
  return lines.map(line => {
    const [scene, image, object, score, r, t, time] = line.split(',');
    return {
      ids: [scene, image, object].map(Number),
      score,
      r: r.split(' ').map(Number),
      t: t.split(' ').map(Number),
      time,
    };
  });
}

describe('a scene on disk', () => {
  it('becomes a run that keeps its files, its start and its pose, and replays bit for bit', async () => {
    const away = ['--set', 'startTurn=20', '--set', 'startShift=8', '--mode', 'descent', '--iterations', '5'];
    const scene = at('000007');
    const result = await lab('fit', 'pose', scene, '--object', '2', ...away, ...quick, '--out', at('run'));
    expect(result.code, result.stderr).toBe(0);
    const recipe = JSON.parse(text('run', 'recipe.json'));
    const names = recipe.files.map(({ path }: { path: string }) => path.slice(scene.length + 1));
    expect(names).toEqual(expect.arrayContaining(['models/obj_000002.ply', 'rgb/000000.png', 'scene_camera.json']));
    const truth = sample.scene.frames[0].instances.find(({ objectId }) => objectId === 2)!.camFromObject!;
    expect(recipe.derived[0].startZ).toBeCloseTo(truth.translation[2], 6);
    const [row] = bopRows(text('run', 'exports', 'poses.csv'));
    expect(row.ids).toEqual([7, 0, 2]);
    const { data } = decodeNpy(readFileSync(at('run', 'exports', 'cam_from_object.npy')), 'pose');
    const matrix = [0, 3, 6].flatMap((r, k) => [...row.r.slice(r, r + 3), row.t[k]]);
    matrix.forEach((value, i) => {
      expect(value).toBeCloseTo(Number(data[i]), 3);
    });
    const again = await lab('replay', at('run'), '--threads', '2', '--out', at('again'));
    expect(again.code, again.stderr).toBe(0);
    for (const file of ['trace.csv', 'events.jsonl']) expect(text('again', file)).toBe(text('run', file));
    const { time, ...pose } = row;
    const [{ time: other, ...replayed }] = bopRows(text('again', 'exports', 'poses.csv'));
    expect(replayed).toEqual(pose);
    // What a run took is known, and no two take the same.
    for (const seconds of [time, other]) expect(Number(seconds)).toBeGreaterThan(0);
    expect(Number(pose.score)).toBeGreaterThan(0.5);
  });

  it('may be a single picture with its files, whose hashes are kept too', async () => {
    const truth = sample.scene.frames[0].instances.find(({ objectId }) => objectId === 2)!;
    writeFileSync(at('start.json'), encodePoseJson(truth.camFromObject!, 0, 2));
    const position = sample.scene.frames[0].instances.filter(each => each.camFromObject).indexOf(truth);
    const { code, stderr } = await lab(
      ...['fit', 'pose', at('000007', 'rgb', '000000.png'), '--mesh', at('000007', 'models', 'obj_000002.ply')],
      ...['--mask', at('000007', 'mask_visib', `000000_00000${position}.png`)],
      ...['--camera', at('000007', 'scene_camera.json'), '--depth', at('000007', 'depth', '000000.png')],
      ...['--start', at('start.json'), '--unit-mm', '1', '--mode', 'descent', '--iterations', '3', ...quick],
      ...['--out', at('single')],
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Start: a pose that was given/);
    const recipe = JSON.parse(text('single', 'recipe.json'));
    expect(recipe.companions).toMatchObject({ start: at('start.json') });
    expect(recipe.files.map(({ path }: { path: string }) => path)).toContain(at('start.json'));
    writeFileSync(
      at('start.json'),
      encodePoseJson({ ...truth.camFromObject!, translation: new Float64Array(3) }, 0, 2),
    );
    const replay = await lab('replay', at('single'), '--out', at('never'));
    expect(replay.code).toBe(3);
    expect(replay.stderr).toMatch(/its content changed[\s\S]*start\.json/);
  });

  it('is refused what does not fit it', async () => {
    const [mesh, sampled, table] = await Promise.all([
      lab('fit', 'tubal', 'sample:plaid', '--mesh', at('x.ply'), '--out', at('never')),
      lab('fit', 'pose', 'sample:box', '--start', at('start.json'), '--out', at('never')),
      lab('fit', 'pose', at('000007'), '--starts', at('x.csv'), '--mask', 'x.png', '--out', at('never')),
    ]);
    expect(mesh.stderr).toMatch(/tubal takes no mesh file/);
    expect(sampled.stderr).toMatch(/sample has files of its own/);
    expect(table.stderr).toMatch(/--mask does not go with --starts/);
    expect([mesh.code, sampled.code, table.code]).toEqual([2, 3, 2]);
    expect(existsSync(at('never'))).toBe(false);
  });
});

describe('a scene that is dropped on a window', () => {
  it('is looked at and run like one on disk', async () => {
    const server = await serveHere(at('library'), {});
    const window = await openWindow(server.address);
    try {
      for (const name of readdirSync(at('000007'), { recursive: true, encoding: 'utf8' })) {
        if (!statSync(at('000007', name)).isFile()) continue;
        const path = name.split(sep).join('/');
        const sent = await upload(server.address, path, readFileSync(at('000007', name)), 'dropped', '000007');
        expect(sent, path).toMatchObject({ status: 200, input: 'upload:dropped' });
      }
      const named = { fit: 'pose', input: 'upload:dropped', settings: { object: '2', startZ: '700' } };
      const report = await window.call('inspect', named);
      expect(report).toMatchObject({ kind: 'scene', name: '000007', derived: { startZ: 700 } });
      expect(report.facts).toMatchObject({
        Object: '2 object 2, of 1, 2, 3, 4',
        Start: 'set by the user',
        Size: '320 × 240',
      });
      const shown = await window.frame('inputPicture', { ...named, frame: 0 });
      expect(shown?.data.values.shape).toEqual([1, 240, 320, 3]);
      const settings = { object: '2', method: 'descent', iterations: '2' };
      const start = { fit: 'pose', input: 'upload:dropped', settings, race: {}, seed: 0, first: 'run' } as const;
      const { run } = await window.call('start', start);
      await window.call('open', { run });
      const { summary } = await window.news(run, 'finished');
      expect(summary.members.length).toBe(32);
      expect(bopRows(text('library', run, 'exports', 'poses.csv'))[0].ids).toEqual([7, 0, 2]);
    } finally {
      window.close();
      await server.dispose();
    }
  });
});

describe('a table of starts', () => {
  const bad = [
    ['77,5,2,0.125,1 0 0 0 1 0 0 0 1,0 0 500,-1', /no image 5/],
    ['77,0,9,0.5,1 0 0 0 1 0 0 0 1,0 0 500,-1', /no object 9/],
    ['77,0,2,0.25,1 0 0 0 1 0 0 0 1,0 0 -500,-1', /behind the camera/],
  ] as const;
  const command = (): string[] => [
    ...['fit', 'pose', at('000007'), '--starts', at('starts.csv'), ...quick, '--out', at('batch')],
  ];

  it('is refined row by row in its order, goes on after a kill, and names what failed', async () => {
    const shells = ['--shell', '10/4', '--per-case', '2'];
    const made = await lab('starts', at('000007'), ...shells, '--out', at('starts.csv'));
    expect(made.code, made.stderr).toBe(0);
    const [header, ...good] = text('starts.csv').trim().split('\n');
    const rows = [bad[0][0], ...good.slice(0, 3), bad[1][0], ...good.slice(3), bad[2][0]];
    writeFileSync(at('starts.csv'), `${[header, ...rows].join('\n')}\n`);

    const first = startLab(command());
    const finished = () => (existsSync(at('batch', 'rows.jsonl')) ? text('batch', 'rows.jsonl') : '');
    while (finished().split('\n').length < 3 && first.child.exitCode === null) await delay(10);
    process.kill(-first.child.pid!, 'SIGKILL');
    await first.result;
    const before = finished().split('\n').slice(0, -1);
    expect(existsSync(at('batch', 'exports'))).toBe(false);

    const other = await lab(...command(), '--seed', '5');
    expect(other.code).toBe(4);
    expect(other.stderr).toMatch(/another batch: its seed is 0, not 5/);
    const second = await lab('resume', at('batch'), '--threads', '2');
    expect(second.code, second.stderr).toBe(3);
    expect(second.stderr).toMatch('3 of 11 rows name another scene_id than 7, such as row 2 with 77');
    const lines = finished().split('\n').slice(0, -1);
    expect(lines.slice(0, before.length)).toEqual(before);
    expect(lines.map(line => JSON.parse(line).row).sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));

    const starts = bopRows(text('starts.csv'));
    const poses = bopRows(text('batch', 'exports', 'poses.csv'));
    expect(poses.map(({ ids, score }) => [...ids, Number(score)])).toEqual(
      starts.map(({ ids, score }) => [...ids, Number(score)]),
    );
    const report = text('batch', 'exports', 'report.csv').trim().split('\r\n');
    for (const [row, message] of bad) {
      const place = rows.indexOf(row);
      expect(report[place + 1]).toMatch(message);
      expect(report[place + 1]).toMatch(/The row names scene 77, not 7\./);
      expect(poses[place].t).toEqual(starts[place].t);
    }
    // Two rows of an image count its seconds alike.
    expect(new Set(poses.filter(({ ids }) => ids[0] === 7).map(({ time }) => time)).size).toBe(1);
    const last = second.stdout.trim().split('\n').at(-1)!;
    expect(last).toMatch(/^11 rows: .*, 3 failed and kept their start$/);
    const counts = [...last.split(': ')[1].matchAll(/\d+/g)].map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(11);
    // Of the rows that failed one is for an object of the scene: it counts with its start.
    const { stdout } = await lab('evaluate', 'pose', at('000007'), at('batch', 'exports', 'poses.csv'), '--json');
    expect(JSON.parse(stdout).all).toMatchObject({ cases: 9 });
    expect(JSON.parse(stdout).all.medianAdd).toBeLessThan(3);

    const third = await lab(...command());
    expect(third.code, third.stderr).toBe(3);
    expect(finished().split('\n').slice(0, -1)).toEqual(lines);

    writeFileSync(at('one.csv'), `${header}\n${good[0]}\n`);
    const scene = ['fit', 'pose', at('000007'), '--starts', at('one.csv')];
    const whole = await lab(...scene, ...quick, '--out', at('whole'));
    expect(whole.code, whole.stderr).toBe(0);
    expect(whole.stdout).toMatch(/\n1 row: 1 [a-z]+\n$/);
  });
});
