// PSNR on real pictures, a volume and videos with 30 % (videos: 20 %) of their entries, through the command line as a user
// runs it, beside TNN-ADMM and linear interpolation on the same masks. Data that is not there is skipped with a message.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reducedPicture } from './reduced-picture.ts';

const data = process.argv[2] ?? '../shared/data';
/** Only cases whose name holds this. */
const wanted = process.argv[3] ?? '';
const work = mkdtempSync(join(tmpdir(), 'descent-lab-bench-'));

interface Case {
  readonly name: string;
  readonly file: string;
  /** Reduced by this factor first, by area. */
  readonly reduce?: number;
  readonly args: readonly string[];
}

const photo = ['--set', 'preset=photo'];
const cases: Case[] = [
  { name: 'chelsea 300x451', file: 'img_open/chelsea.png', args: [] },
  { name: 'astronaut 256x256', file: 'img_open/astronaut.png', reduce: 2, args: [] },
  { name: 'kodim23 256x384', file: 'img_kodak/kodim23.png', reduce: 2, args: [] },
  { name: 'chelsea, photo', file: 'img_open/chelsea.png', args: photo },
  { name: 'astronaut, photo', file: 'img_open/astronaut.png', reduce: 2, args: photo },
  { name: 'kodim23, photo', file: 'img_kodak/kodim23.png', reduce: 2, args: photo },
  { name: 'Colin27 90x108x90', file: 'mri_volumes/colin27_2mm_90x108x90.npy', args: [] },
  { name: 'suzie_gray p=.2', file: 'vid_classic/suzie_gray.npy', args: ['--set', 'sampling=0.2'] },
  { name: 'news_rgb p=.2', file: 'vid_classic/news_rgb.npy', args: ['--set', 'sampling=0.2'] },
  { name: 'bus_gray p=.2', file: 'vid_classic/bus_gray.npy', args: ['--set', 'sampling=0.2'] },
];

interface Result {
  readonly iterations: number;
  readonly members: readonly { psnr: number; interpolationPsnr: number; seconds: number }[];
}

function run(input: string, args: readonly string[], seed: number): Result {
  const out = join(work, 'run');
  rmSync(out, { recursive: true, force: true });
  const command = ['dist/cli.js', 'fit', 'tubal', input, ...args, '--seed', String(seed), '--out', out];
  execFileSync(process.execPath, command, { stdio: 'pipe' });
  return JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Result;
}

console.log('                     ours: PSNR dB by seed                          TNN-ADMM         interpolation');
console.log('case                 0      1      2      iterations  seconds       PSNR dB  seconds   PSNR dB');
try {
  for (const { name, file, reduce, args } of cases.filter(each => each.name.includes(wanted))) {
    const source = join(data, file);
    if (!existsSync(source)) {
      console.log(`${name.padEnd(20)} skipped: ${file} is not there`);
      continue;
    }
    const input = reduce === undefined ? source : await reducedPicture(source, reduce, work);
    const runs = [0, 1, 2].map(seed => run(input, args, seed));
    const mean = (pick: (result: Result) => number) => runs.reduce((sum, result) => sum + pick(result), 0) / 3;
    const shared = args.filter((_, i) => !['preset=photo'].includes(args[i]) && args[i + 1] !== 'preset=photo');
    const [convex] = run(input, [...shared, '--set', 'method=tnn-admm'], 0).members;
    const cells = [
      ...runs.map(({ members }) => members[0].psnr.toFixed(2)),
      mean(({ iterations }) => iterations)
        .toFixed(0)
        .padStart(8),
      mean(({ members }) => members[0].seconds)
        .toFixed(1)
        .padStart(10),
      convex.psnr.toFixed(2).padStart(14),
      convex.seconds.toFixed(1).padStart(8),
      runs[0].members[0].interpolationPsnr.toFixed(2).padStart(9),
    ];
    console.log(`${name.padEnd(20)} ${cells.join('  ')}`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
