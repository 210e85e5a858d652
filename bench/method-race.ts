// Methods on the same mask: final PSNR, milliseconds per iteration, and the time until the PSNR first comes within
// 0.1 dB of the final one (of the kept iterate). PSNR is looked at outside the clock.

import { existsSync } from 'node:fs';
import { resolveMembers } from '../src/engine/fits.ts';
import { createRun } from '../src/engine/run.ts';
import { findFit } from '../src/fits/registry.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { openInput } from '../src/host/open-input.ts';

const data = process.argv[2] ?? '../shared/data';
const LOOK_EVERY = 10;
/** The quality alone: singular values are only looked at later in a history. */
const beginning = { iterations: [0], loss: [0], validation: [0] };
const methods: [string, Record<string, string>][] = [
  ['GD', {}],
  ['preset fast', { preset: 'fast' }],
  ['preset photo', { preset: 'photo' }],
  ['PrecGD', { method: 'prec-gd' }],
  ['ScaledGD(lambda)', { method: 'scaled-gd' }],
  ['TNN-ADMM', { method: 'tnn-admm' }],
  ['linear interpolation', { method: 'linear-interpolation' }],
];
const inputs: [string, string, Record<string, string>][] = [
  ['chelsea 300 x 451, p = 0.3', 'img_open/chelsea.png', {}],
  ['Colin27 90 x 108 x 90, p = 0.3', 'mri_volumes/colin27_2mm_90x108x90.npy', {}],
  ['news_rgb video 144 x 176 x (10 frames x 3), p = 0.2', 'vid_classic/news_rgb.npy', { sampling: '0.2' }],
];

const fit = findFit('tubal');
for (const [title, file, common] of inputs) {
  const path = `${data}/${file}`;
  if (!existsSync(path)) {
    console.log(`${title}: skipped, ${file} is not there`);
    continue;
  }
  const input = await openInput(fit, { input: path, settings: {} }, () => {});
  console.log(`\n${title}\nmethod                 PSNR dB  iterations  ms each  to 0.1 dB: iterations  seconds`);
  for (const [name, settings] of methods) {
    const device = await openNodeDevice({ threads: 2 });
    const members = resolveMembers(fit, { ...common, ...settings }, {}, 1);
    const problem = await fit.load(input.data, members, { device, seed: 0 });
    const sink = { log() {}, event() {}, trace() {} };
    const run = createRun({ problem, fit, members, seed: 0, sink, clock: () => performance.now() });
    const looks: { psnr: number; iteration: number; seconds: number }[] = [];
    const look = () => {
      const context = { iteration: run.iteration, hyper: {}, history: beginning, when: 'running' } as const;
      const { psnr } = problem.measure(0, context) as { psnr: number };
      looks.push({ psnr, iteration: run.iteration, seconds: run.members[0].seconds });
    };
    while (!run.done && run.diverged === undefined) {
      if (run.iteration % LOOK_EVERY === 0) look();
      run.step();
    }
    look();
    const last = looks[looks.length - 1];
    const first = looks.find(({ psnr }) => psnr >= last.psnr - 0.1) ?? last;
    const cells = [
      last.psnr.toFixed(2).padStart(7),
      String(last.iteration).padStart(11),
      ((1000 * last.seconds) / Math.max(1, last.iteration)).toFixed(2).padStart(8),
      String(first.iteration).padStart(22),
      first.seconds.toFixed(2).padStart(8),
    ];
    console.log(`${name.padEnd(22)} ${cells.join(' ')}`);
    problem.dispose();
    device.dispose();
  }
}
