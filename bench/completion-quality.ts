// PSNR on real pictures, a volume and a video, through the command line as a user runs it. Data that is not there is
// skipped with a message.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';

const data = process.argv[2] ?? '../shared/data';
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
  {
    name: 'suzie_gray p=.2',
    file: 'vid_classic/suzie_gray.npy',
    args: ['--set', 'sampling=0.2', '--set', 'layout=video'],
  },
];

console.log('case                 PSNR dB by seed        iterations  seconds');
try {
  for (const { name, file, reduce, args } of cases) {
    const source = join(data, file);
    if (!existsSync(source)) {
      console.log(`${name.padEnd(20)} skipped: ${file} is not there`);
      continue;
    }
    const input = reduce === undefined ? source : await reduced(source, reduce);
    const runs = [0, 1, 2].map(seed => {
      const out = join(work, 'run');
      rmSync(out, { recursive: true, force: true });
      execFileSync(
        process.execPath,
        ['dist/cli.js', 'fit', 'tubal', input, ...args, '--seed', String(seed), '--out', out],
        { stdio: 'pipe' },
      );
      return JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as {
        iterations: number;
        seconds: number;
        members: { psnr: number }[];
      };
    });
    const psnr = runs.map(({ members }) => members[0].psnr.toFixed(2)).join('  ');
    const mean = (pick: (run: (typeof runs)[number]) => number) =>
      runs.reduce((sum, run) => sum + pick(run), 0) / runs.length;
    console.log(
      `${name.padEnd(20)} ${psnr.padEnd(22)} ${mean(run => run.iterations)
        .toFixed(0)
        .padStart(8)} ${mean(run => run.seconds)
        .toFixed(1)
        .padStart(9)}`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function reduced(file: string, factor: number): Promise<string> {
  const { width, height } = await sharp(file).metadata();
  const out = join(work, `reduced-${width}.png`);
  await sharp(file)
    .resize(width / factor, height / factor, { kernel: 'linear', fastShrinkOnLoad: false })
    .toFile(out);
  return out;
}
