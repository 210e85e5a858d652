// What it costs a fit to be watched, seen from its engine alone: iterations per second with a client that always asks for
// the next picture, heat map and trace, over those without, in turns. An optional argument names a picture.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../src/host/engine-client.ts';
import type { EngineCommand } from '../src/protocol/messages.ts';

const input = process.argv[2] ?? 'sample:plaid';
const rounds = 4;
const folder = mkdtempSync(join(tmpdir(), 'descent-lab-bench-'));
const views = ['recovered', 'slices'];

interface Outcome {
  readonly perSecond: number;
  readonly pictures: number;
}

function run(name: string, watched: 'yes' | 'no'): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let pictures = 0;
    const pull = (ask: number): EngineCommand => ({
      kind: 'view',
      ask,
      view: views[ask % views.length],
      member: 0,
      frame: undefined,
      mostPixels: undefined,
    });
    const engine = startEngine(event => {
      if (event.kind === 'state' && event.state === 'running' && watched === 'yes')
        views.forEach((_, v) => {
          engine.send(pull(v));
        });
      if (event.kind === 'view') {
        if (event.ask % views.length === 0) pictures++;
        // A window asks anew at most thirty times a second.
        setTimeout(() => engine.send(pull(event.ask)), 33);
      }
      if (event.kind === 'error' && event.of === 'start') reject(new Error(event.error.message));
      if (event.kind !== 'finished') return;
      const { iterations, seconds } = event.summary;
      engine.dispose();
      resolve({ perSecond: iterations / seconds, pictures: pictures / seconds });
    });
    engine.send({
      kind: 'start',
      request: {
        fit: 'tubal',
        input,
        mask: undefined,
        settings: { iterations: '500', validation: '0' },
        race: {},
        members: 1,
        seed: 0,
        planned: [],
        out: join(folder, name),
        threads: undefined,
        checkpointSeconds: 5,
        leaveAfter: undefined,
        watched,
      },
    });
  });
}

const ratios: number[] = [];
for (let round = 0; round < rounds; round++) {
  const alone = await run(`alone-${round}`, 'no');
  const seen = await run(`watched-${round}`, 'yes');
  ratios.push(seen.perSecond / alone.perSecond);
  console.log(
    `alone ${alone.perSecond.toFixed(1)} it/s, watched ${seen.perSecond.toFixed(1)} it/s with ${seen.pictures.toFixed(1)} pictures/s: ratio ${ratios[round].toFixed(3)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(`median ratio ${((ratios[rounds / 2 - 1] + ratios[rounds / 2]) / 2).toFixed(3)} (1 would be free)`);
rmSync(folder, { recursive: true });
