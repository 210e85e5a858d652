// The commands of the laboratory, each a function from its arguments to an exit code.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withFrameChoice } from '../formats/frame-choice.ts';
import { branchRun } from '../store/branch-run.ts';
import {
  assignment,
  driveOptions,
  driveSettings,
  type FrameOptions,
  fail,
  frameChoice,
  frameOptions,
  parse,
  plannedEvent,
  unitOf,
  usage,
  whole,
} from './arguments.ts';
import { drive } from './drive.ts';
import { printCameraErrors } from './evaluate-cameras.ts';
import { film } from './film.ts';
import { flow } from './flow.ts';
import { helpOf } from './help.ts';
import { isPoseBatch, refineTable, resumeTable } from './pose-batch.ts';
import { evaluate, starts } from './pose-tables.ts';
import { reportComparison, reportFit, reportRun, reportRuns, reportSamples, type Style } from './reports.ts';
import { MOST_PORT, serve } from './serve.ts';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

/** Files beside the input of a fit. */
const companionOptions = { mesh: text, depth: text, camera: text, start: text, truth: text, network: text } as const;
/** Settings with an option of their own. */
const settingOptions = { frame: text, object: text, label: text, 'unit-mm': text, mode: text, focal: text } as const;
const settingOfOption = {
  frame: 'frame',
  object: 'object',
  label: 'label',
  'unit-mm': 'unitMillimetres',
  mode: 'method',
  focal: 'focal',
} as const;

type Command = (args: string[]) => Promise<number>;

export const commands: Record<string, Command> = {
  help: async args => print(helpOf(args)),

  start: args => commands.serve(args),

  serve: async args => {
    const options = { port: text, library: text, root: list, 'no-open': flag };
    const { values } = parse('serve', args, options, 0);
    const port = whole(values.port, 'port', 0);
    if (port !== undefined && port > MOST_PORT) throw usage(`--port ${port}: give a number up to ${MOST_PORT}.`);
    return serve({
      port,
      library: resolve(values.library ?? 'runs'),
      roots: (values.root ?? []).map(root => resolve(root)),
      browser: values['no-open'] === true ? 'leave' : 'open',
    });
  },

  fit: async args => {
    const { values, positionals } = parse(
      'fit',
      args,
      {
        ...driveOptions,
        ...companionOptions,
        ...settingOptions,
        starts: text,
        out: text,
        mask: text,
        masks: text,
        set: list,
        at: list,
        race: list,
        optimizer: text,
        schedule: text,
        device: text,
        seed: text,
        iterations: text,
        members: text,
        ...frameOptions,
      },
      2,
    );
    const [fit, input] = positionals;
    if (fit === undefined || input === undefined) throw usage('fit needs a fit and an input: fit tubal INPUT.');
    if (values.device !== undefined && values.device !== 'cpu')
      throw usage(`There is no device "${values.device}"; this version has cpu.`);
    const settings = Object.fromEntries((values.set ?? []).map(text => assignment(text, '--set')));
    for (const name of ['iterations', 'optimizer', 'schedule'] as const) {
      const value = values[name];
      if (value !== undefined) settings[name] = value;
    }
    for (const [option, name] of Object.entries(settingOfOption)) {
      const value = values[option as keyof typeof settingOfOption];
      if (value !== undefined) settings[name] = value;
    }
    unitOf(values['unit-mm']);
    if (values.starts !== undefined) return refineTable(fit, resolve(input), resolve(values.starts), values);
    const race = (values.race ?? []).map(text => {
      const [name, list] = assignment(text, '--race');
      return [name, list.split(',').map(value => value.trim())] as const;
    });
    const members = whole(values.members, 'members', 1);
    if (race.length > 0 && members !== undefined && members !== race[0][1].length)
      throw usage(`--members ${members} does not fit the race of ${race[0][1].length} values.`);
    if (values.mask !== undefined && values.masks !== undefined)
      throw usage('--mask and --masks are the same option; give one picture, or a folder with one for each frame.');
    const mask = values.mask ?? values.masks;
    return drive(
      {
        kind: 'start',
        request: {
          fit,
          input: inputOf(input, values),
          mask: mask === undefined || mask === 'alpha' ? mask : resolve(mask),
          companions: companionsOf(values),
          settings,
          race: Object.fromEntries(race),
          seed: whole(values.seed, 'seed', 0) ?? 0,
          members,
          planned: (values.at ?? []).map(plannedEvent),
          out: resolve(values.out ?? freshFolder(fit)),
          ...driveSettings(values),
        },
      },
      values,
    );
  },

  resume: async args => {
    const { values, positionals } = parse('resume', args, { ...driveOptions, 'from-start': flag }, 1);
    const folder = resolve(positionals[0] ?? fail('resume needs a run folder.'));
    if (isPoseBatch(folder)) return resumeTable(folder, values);
    const from = values['from-start'] === true ? 'start' : 'checkpoint';
    return drive({ kind: 'resume', folder, from, ...driveSettings(values) }, values);
  },

  replay: async args => {
    const { values, positionals } = parse('replay', args, { ...driveOptions, out: text }, 1);
    const folder = resolve(positionals[0] ?? fail('replay needs a run folder.'));
    const out = resolve(values.out ?? freshFolder('replay'));
    return drive({ kind: 'replay', folder, out, ...driveSettings(values) }, values);
  },

  branch: async args => {
    const { values, positionals } = parse('branch', args, { ...driveOptions, out: text, at: list }, 1);
    const parent = resolve(positionals[0] ?? fail('branch needs a run folder.'));
    const changes = (values.at ?? []).map(plannedEvent);
    const [first] = changes;
    if (first === undefined || changes.some(({ iteration }) => iteration !== first.iteration))
      throw usage('branch needs one iteration: --at 200:learningRate=0.5, repeated for more changes at it.');
    const out = resolve(values.out ?? freshFolder('branch'));
    branchRun(
      parent,
      out,
      first.iteration,
      Object.fromEntries(changes.map(({ path, value }) => [path, Number(value)])),
    );
    return drive({ kind: 'resume', folder: out, ...driveSettings(values) }, values);
  },

  export: async args => {
    const options = { format: text, member: text, threads: text, json: flag };
    const { values, positionals } = parse('export', args, options, 1);
    const folder = resolve(positionals[0] ?? fail('export needs a run folder.'));
    const { format } = values;
    if (format !== 'npy' && format !== 'npz' && format !== 'png')
      throw usage(`--format ${format ?? ''}: choose npy, npz or png. The trace is ${join(folder, 'trace.csv')}.`);
    const threads = whole(values.threads, 'threads', 1);
    return drive({ kind: 'export', folder, format, threads, member: whole(values.member, 'member', 0) }, values);
  },

  film: async args => {
    const options = { views: text, format: text, fps: text, width: text, out: text, json: flag };
    const { values, positionals } = parse('film', args, options, 1);
    return film(resolve(positionals[0] ?? fail('film needs a run folder.')), values);
  },

  evaluate: async args => {
    const { values, positionals } = parse(
      'evaluate',
      args,
      { 'unit-mm': text, symmetries: text, out: text, json: flag },
      3,
    );
    const [fit, scene, poses] = positionals;
    if (fit === 'cameras' && scene !== undefined && poses !== undefined)
      return printCameraErrors(resolve(scene), resolve(poses), styleOf(values));
    if (fit !== 'pose' || scene === undefined || poses === undefined)
      throw usage(
        'evaluate needs a scene and a table, or two paths of cameras: evaluate pose SCENE POSES.csv, evaluate cameras RUN_OR_FILE TRUTH.',
      );
    return evaluate(resolve(scene), resolve(poses), values);
  },

  starts: async args => {
    const { values, positionals } = parse(
      'starts',
      args,
      { 'unit-mm': text, shell: list, seed: text, 'per-case': text, visible: text, out: text },
      1,
    );
    return starts(resolve(positionals[0] ?? fail('starts needs a scene.')), values);
  },

  flow: async args => {
    const options = { out: text, preset: text, confidence: text, picture: text, threads: text, json: flag };
    const { values, positionals } = parse('flow', args, options, 2);
    const [first, second] = positionals;
    if (first === undefined || second === undefined)
      throw usage('flow needs two pictures: flow A.png B.png --out flow.flo.');
    return flow(first, second, values);
  },

  runs: async args => {
    const { values, positionals } = parse('runs', args, { json: flag }, 1);
    return print(reportRuns(positionals[0] ?? 'runs', styleOf(values)));
  },

  show: async args => {
    const { values, positionals } = parse('show', args, { json: flag }, 1);
    return print(reportRun(positionals[0] ?? fail('show needs a run folder.'), styleOf(values)));
  },

  compare: async args => {
    const { values, positionals } = parse('compare', args, { json: flag }, Infinity);
    if (positionals.length < 2) throw usage('compare needs two run folders or more.');
    return print(reportComparison(positionals, styleOf(values)));
  },

  samples: async args => {
    const { values } = parse('samples', args, { json: flag }, 0);
    return print(await reportSamples(styleOf(values)));
  },

  describe: async args => {
    const { values, positionals } = parse('describe', args, { json: flag }, 1);
    return print(await reportFit(positionals[0] ?? 'tubal', styleOf(values)));
  },
};

/** The input as an engine takes it, with the frames that the options choose. */
function inputOf(input: string, options: FrameOptions): string {
  const choice = frameChoice(options);
  if (!input.startsWith('sample:'))
    return choice === undefined ? resolve(input) : withFrameChoice(resolve(input), choice);
  if (choice === undefined) return input;
  throw usage('A sample has no frames to choose: leave --frames, --max-frames, --max-side and --pick out.');
}

function print(output: string): number {
  process.stdout.write(output);
  return 0;
}

function companionsOf(values: Partial<Record<keyof typeof companionOptions, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(companionOptions).flatMap(id => {
      const file = values[id as keyof typeof companionOptions];
      return file === undefined ? [] : [[id, resolve(file)]];
    }),
  );
}

function styleOf({ json }: { readonly json?: boolean | undefined }): Style {
  return json === true ? 'json' : 'text';
}

function freshFolder(name: string): string {
  for (let n = 1; ; n++) {
    const folder = join('runs', `${name}-${n}`);
    if (!existsSync(folder)) return folder;
  }
}
