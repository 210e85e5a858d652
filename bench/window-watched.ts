// What it costs a fit to be watched with every panel open: iterations per second of the same run with a window that shows
// all panels at once and with none, in turns; and which processes took how much of the processor. Arguments: rounds, and
// `profile` to see where the page's own time goes.

import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { RunSummary } from '../src/protocol/host-calls.ts';
import { openWindow } from '../test/window.ts';
import { median, openStage, printTable } from './shared/window-stage.ts';

const rounds = Number(process.argv[2] ?? 8);
const profiled = process.argv.includes('profile');
/** So many that beginning and end of a run weigh little: about a quarter of a minute. */
const ITERATIONS = 16000;
const TICKS_PER_SECOND = 100;
const SETTLE_MILLISECONDS = 2000;

/** What a process was when it was first seen: one that has ended has no command any more. */
const kinds = new Map<string, string>();

/** Seconds of the processor by kind of process, of all that descend from this one. */
function processorSeconds(): Record<string, number> {
  const parents = new Map<number, { readonly parent: number; readonly seconds: number; readonly kind: string }>();
  for (const name of readdirSync('/proc').filter(entry => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
      if (!kinds.has(name) && command !== '') kinds.set(name, kindOf(command));
      parents.set(Number(name), { parent: Number(fields[1]), seconds, kind: kinds.get(name) ?? 'ended' });
    } catch {
      // It has ended meanwhile.
    }
  }
  const sums: Record<string, number> = {};
  for (const [pid, { seconds, kind }] of parents) {
    let up: number | undefined = pid;
    while (up !== undefined && up !== process.pid) up = parents.get(up)?.parent;
    if (up === process.pid && pid !== process.pid) sums[kind] = (sums[kind] ?? 0) + seconds;
  }
  return sums;
}

function kindOf(command: string): string {
  if (command.includes('engine.js')) return 'engine';
  if (command.includes('cli.js')) return 'host';
  if (command.includes('--type=renderer')) return 'page';
  if (command.includes('--type=gpu-process')) return 'graphics';
  return 'browser';
}

const stage = await openStage();
try {
  const caller = await openWindow(new URL(stage.lab.address));
  const grid = [
    ['library', 'images', 'scene', 'members'],
    ['compare', 'traces', 'spectrum', 'steer'],
    ['settings', 'input', 'export', 'problems'],
  ] as const;
  let page: Page | undefined;

  const once = async (watched: boolean) => {
    const { run } = await caller.call('start', {
      fit: 'tubal',
      input: 'sample:plaid',
      settings: { iterations: String(ITERATIONS), validation: '0' },
      race: {},
      members: 1,
      seed: 0,
      first: 'pause',
    });
    await caller.until(message =>
      message.kind === 'entry' && message.run === run && message.entry?.state === 'ready' ? true : undefined,
    );
    if (watched) {
      page = await stage.open({ fragment: `#run=${run}&at=now`, width: 1920, height: 1080, grid });
      await page.locator('[data-panel="scene"] canvas').first().waitFor();
      const panels = await page
        .locator('[data-panel]')
        .evaluateAll(all => all.filter(each => each.checkVisibility()).length);
      if (panels !== grid.flat().length) throw new Error(`Only ${panels} panels can be seen.`);
      // What opening a window costs is not what watching costs.
      await page.waitForTimeout(SETTLE_MILLISECONDS);
    }
    const session = profiled && page !== undefined ? await page.context().newCDPSession(page) : undefined;
    await session?.send('Profiler.enable');
    await session?.send('Profiler.start');
    const before = processorSeconds();
    await caller.call('go', { run });
    await caller.until(message =>
      message.kind === 'entry' && message.run === run && message.entry?.state === 'finished' ? true : undefined,
    );
    const after = processorSeconds();
    if (session !== undefined) printProfile((await session.send('Profiler.stop')).profile);
    const summary = JSON.parse(readFileSync(`${stage.lab.library}/${run}/summary.json`, 'utf8')) as RunSummary;
    await page?.context().close();
    page = undefined;
    const spent = Object.fromEntries(Object.entries(after).map(([kind, all]) => [kind, all - (before[kind] ?? 0)]));
    return { perSecond: ITERATIONS / summary.seconds, spent };
  };

  await once(false);
  const shown = ['engine', 'host', 'page', 'graphics', 'browser'];
  const table: (string | number)[][] = [['', 'it/s', 'ratio', ...shown.map(kind => `${kind}, CPU s`)]];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await once(false);
    const seen = await once(true);
    ratios.push(seen.perSecond / alone.perSecond);
    for (const [what, { perSecond, spent }, ratio] of [
      ['alone', alone, ''],
      ['watched', seen, ratios[round].toFixed(3)],
    ] as const)
      table.push([what, perSecond.toFixed(1), ratio, ...shown.map(kind => (spent[kind] ?? 0).toFixed(2))]);
  }
  printTable(table);
  console.log(`Median ratio ${median(ratios).toFixed(3)}; aim: above 0.95.`);
  caller.close();
} finally {
  await stage.dispose();
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
}

/** The functions of the page that took most time themselves. */
function printProfile(profile: { nodes: ProfileNode[]; samples?: number[]; timeDeltas?: number[] }): void {
  const own = new Map<number, number>();
  for (const [at, node] of (profile.samples ?? []).entries())
    own.set(node, (own.get(node) ?? 0) + (profile.timeDeltas?.[at] ?? 0) / 1000);
  const named = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    const place = url === '' ? '' : ` ${url.split('/').at(-1)?.split('?')[0]}:${lineNumber + 1}:${columnNumber + 1}`;
    const name = `${functionName === '' ? '(anonymous)' : functionName}${place}`;
    named.set(name, (named.get(name) ?? 0) + (own.get(id) ?? 0));
  }
  const top = [...named].sort((a, b) => b[1] - a[1]).slice(0, 25);
  printTable([['of the page', 'own ms'], ...top.map(([name, milliseconds]) => [name, milliseconds.toFixed(0)])]);
}
