// The commands of the laboratory, each a function from its arguments to an exit code.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { startEngine } from '../host/engine-client.ts';
import type { FitDescription, RunSummary } from '../protocol/host-calls.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { DriveSettings, EngineCommand, EngineEvent } from '../protocol/messages.ts';
import type { RunEvent } from '../protocol/run.ts';
import { branchRun } from '../store/branch-run.ts';
import { film } from './film.ts';
import { createProgressPrinter, exitCodeOf, printError } from './output.ts';
import { evaluate, starts } from './pose-tables.ts';
import { serve } from './serve.ts';

type Command = (args: string[]) => Promise<number>;

const help = `Descent Lab: see and steer a vision model while gradient descent fits it.

  npm start                                      the lab in a browser
  npm run lab -- serve                           the same: prints the address, and opens it where there is a browser
      --no-open  --port N  --library DIR (default: runs/)
      --root DIR                                 a folder whose files may be opened by their path; repeat for more
  npm run --silent lab -- fit tubal INPUT …      fill in the missing entries of a picture, folder, .npy or .npz
      --mask FILE (or alpha: the picture's own transparency)  --set key=value  --optimizer ID  --schedule ID  --threads N  --seed N  --iterations N
      --at 200:learningRate=0.5                  a change at an iteration; repeat for more
      --race method=gd,prec-gd,tnn-admm          members that differ in a setting; --members N for equal ones
      --out DIR                                  the run folder  --checkpoint-seconds N  --json
      --leave-after N                            N iterations, then a checkpoint (also with resume)
      --pace N                                   at most N iterations per second; changes no result
  npm run --silent lab -- resume RUN             go on from the last checkpoint
  npm run --silent lab -- replay RUN --out DIR   the same run again, bit for bit
  npm run --silent lab -- branch RUN --at 200:learningRate=0.5
                                                 a run that equals RUN up to there, and goes on with the change
  npm run --silent lab -- export RUN --format F  the result so far as npy, npz or png
  npm run --silent lab -- film RUN               its pictures over the trace, as a film: --format webm, mp4 or png
      --views recovered,observed  --fps 10  --width 1280  --out FILE or DIR
  npm run --silent lab -- evaluate pose SCENE POSES.csv
                                                 errors of poses (BOP results format) against the truth of a scene
      --unit-mm X                                millimetres per mesh unit, where the scene names no unit
      --symmetries ignore  --out FILE  --json    FILE gets the errors of each row
  npm run --silent lab -- starts SCENE --shell 40/16 --out FILE
                                                 starts 40° and 16 mm from the truth; repeat for more shells
      --seed N  --per-case 3  --visible 0.1      objects of which less is visible are left out
  npm run --silent lab -- runs [FOLDER]          the runs of a folder (default: runs/)
  npm run --silent lab -- show RUN               recipe, events and result of a run
  npm run --silent lab -- compare RUN RUN …      results side by side
  npm run --silent lab -- samples                inputs made by the program, and what they teach
  npm run --silent lab -- describe tubal         every setting, optimizer and preset

While a fit runs on a terminal, type learningRate=0.5 and Enter to turn it, or pause, step, step 20, go, pace 20, stop.
Ctrl-C checkpoints and leaves.
`;

const common = {
  out: { type: 'string' },
  threads: { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  'checkpoint-seconds': { type: 'string' },
  'leave-after': { type: 'string' },
  pace: { type: 'string' },
} as const;

export const commands: Record<string, Command> = {
  help: async () => {
    process.stdout.write(help);
    return 0;
  },

  start: args => commands.serve(args),

  serve: async args => {
    const { values, positionals } = parse(args, {
      port: { type: 'string' },
      library: { type: 'string' },
      root: { type: 'string', multiple: true },
      'no-open': { type: 'boolean' },
    });
    if (positionals.length > 0) throw usage(`serve takes no ${positionals[0]}.`);
    const port = whole(values.port, 'port', 0) ?? 0;
    if (port > 65535) throw usage(`--port ${port}: give a number up to 65535.`);
    return serve({
      port,
      library: resolve(values.library ?? 'runs'),
      roots: (values.root ?? []).map(root => resolve(root)),
      browser: values['no-open'] === true ? 'leave' : 'open',
    });
  },

  fit: async args => {
    const { values, positionals } = parse(args, {
      ...common,
      mask: { type: 'string' },
      set: { type: 'string', multiple: true },
      at: { type: 'string', multiple: true },
      race: { type: 'string', multiple: true },
      optimizer: { type: 'string' },
      schedule: { type: 'string' },
      device: { type: 'string' },
      seed: { type: 'string' },
      iterations: { type: 'string' },
      members: { type: 'string' },
    });
    const [fit, input] = positionals;
    if (fit === undefined || input === undefined) throw usage('fit needs a fit and an input: fit tubal INPUT.');
    if (values.device !== undefined && values.device !== 'cpu')
      throw usage(`There is no device "${values.device}"; this version has cpu.`);
    const settings = Object.fromEntries((values.set ?? []).map(text => assignment(text, '--set')));
    for (const name of ['iterations', 'optimizer', 'schedule'] as const) {
      const value = values[name];
      if (value !== undefined) settings[name] = value;
    }
    const race = (values.race ?? []).map(text => {
      const [name, list] = assignment(text, '--race');
      return [name, list.split(',').map(value => value.trim())] as const;
    });
    const members = whole(values.members, 'members', 1);
    if (race.length > 0 && members !== undefined && members !== race[0][1].length)
      throw usage(`--members ${members} does not fit the race of ${race[0][1].length} values.`);
    return drive(
      {
        kind: 'start',
        request: {
          fit,
          input: input.startsWith('sample:') ? input : resolve(input),
          mask: values.mask === undefined || values.mask === 'alpha' ? values.mask : resolve(values.mask),
          settings,
          race: Object.fromEntries(race),
          seed: whole(values.seed, 'seed', 0) ?? 0,
          members: members ?? 1,
          planned: (values.at ?? []).map(plannedEvent),
          out: resolve(values.out ?? freshFolder(fit)),
          ...driveSettings(values),
        },
      },
      values,
    );
  },

  resume: async args => {
    const { values, positionals } = parse(args, common);
    const folder = resolve(positionals[0] ?? fail('resume needs a run folder.'));
    return drive({ kind: 'resume', folder, ...driveSettings(values) }, values);
  },

  replay: async args => {
    const { values, positionals } = parse(args, common);
    const folder = resolve(positionals[0] ?? fail('replay needs a run folder.'));
    const out = resolve(values.out ?? freshFolder('replay'));
    return drive({ kind: 'replay', folder, out, ...driveSettings(values) }, values);
  },

  branch: async args => {
    const { values, positionals } = parse(args, { ...common, at: { type: 'string', multiple: true } });
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
    const { values, positionals } = parse(args, {
      format: { type: 'string' },
      threads: common.threads,
      json: common.json,
    });
    const folder = resolve(positionals[0] ?? fail('export needs a run folder.'));
    const { format } = values;
    if (format !== 'npy' && format !== 'npz' && format !== 'png')
      throw usage(`--format ${format ?? ''}: choose npy, npz or png. The trace is ${join(folder, 'trace.csv')}.`);
    return drive({ kind: 'export', folder, format, threads: whole(values.threads, 'threads', 1) }, values);
  },

  film: async args => {
    const text = { type: 'string' } as const;
    const { values, positionals } = parse(args, {
      views: text,
      format: text,
      fps: text,
      width: text,
      out: text,
      json: common.json,
    });
    return film(resolve(positionals[0] ?? fail('film needs a run folder.')), values);
  },

  evaluate: async args => {
    const { values, positionals } = parse(args, {
      'unit-mm': { type: 'string' },
      symmetries: { type: 'string' },
      out: common.out,
      json: common.json,
    });
    const [fit, scene, poses] = positionals;
    if (fit !== 'pose' || scene === undefined || poses === undefined)
      throw usage('evaluate needs a fit, a scene and a table: evaluate pose SCENE POSES.csv.');
    return evaluate(resolve(scene), resolve(poses), values);
  },

  starts: async args => {
    const { values, positionals } = parse(args, {
      'unit-mm': { type: 'string' },
      shell: { type: 'string', multiple: true },
      seed: { type: 'string' },
      'per-case': { type: 'string' },
      visible: { type: 'string' },
      out: common.out,
    });
    return starts(resolve(positionals[0] ?? fail('starts needs a scene.')), values);
  },

  runs: async args => {
    const { positionals } = parse(args, {});
    const library = positionals[0] ?? 'runs';
    const names = existsSync(library)
      ? readdirSync(library).filter(name => existsSync(join(library, name, 'recipe.json')))
      : [];
    if (names.length === 0) process.stdout.write(`No runs in ${library}\n`);
    for (const name of names.sort()) process.stdout.write(`${name.padEnd(28)} ${oneLine(join(library, name))}\n`);
    return 0;
  },

  show: async args => {
    const { positionals } = parse(args, {});
    const folder = positionals[0] ?? fail('show needs a run folder.');
    process.stdout.write(
      `${JSON.stringify({ recipe: readJson(folder, 'recipe.json'), summary: readJson(folder, 'summary.json') }, undefined, 2)}\n`,
    );
    const events = existsSync(join(folder, 'events.jsonl')) ? readFileSync(join(folder, 'events.jsonl'), 'utf8') : '';
    process.stdout.write(`events:\n${events}`);
    return 0;
  },

  compare: async args => {
    const { positionals } = parse(args, {});
    if (positionals.length < 2) throw usage('compare needs two run folders or more.');
    for (const folder of positionals) {
      readJson(folder, 'recipe.json');
      process.stdout.write(`${folder.padEnd(36)} ${oneLine(folder)}\n`);
    }
    return 0;
  },

  samples: async () => {
    const { samples } = await describeFit('tubal');
    for (const { id, title, teaches } of samples)
      process.stdout.write(`sample:${id.padEnd(12)} ${title}\n    ${teaches}\n`);
    return 0;
  },

  describe: async args => {
    const { positionals, values } = parse(args, { json: { type: 'boolean' } });
    const description = await describeFit(positionals[0] ?? 'tubal');
    if (values.json === true) {
      process.stdout.write(`${JSON.stringify(description, undefined, 2)}\n`);
      return 0;
    }
    process.stdout.write(`${description.title}\n\nSettings (--set name=value):\n`);
    for (const setting of description.settings) {
      const range = setting.choices?.join(' | ') ?? `${setting.minimum} to ${setting.maximum}`;
      process.stdout.write(
        `  ${setting.name}  ${setting.type}, ${range}, default ${setting.default ?? 'from the input'}, ${setting.live}\n      ${setting.help}\n`,
      );
    }
    process.stdout.write(
      `\nPresets: ${Object.keys(description.presets).join(', ')}\nOptimizers: ${description.optimizers.map(({ id }) => id).join(', ')}\nSchedules: ${description.schedules.map(({ id }) => id).join(', ')}\n`,
    );
    return 0;
  },
};

/** Runs one fit to its end, shows it, passes on changes typed by the user, and pauses on Ctrl-C. */
function drive(
  command: EngineCommand,
  options: { readonly json?: boolean | undefined; readonly control?: boolean | undefined },
): Promise<number> {
  return new Promise(done => {
    const printer = createProgressPrinter();
    const json = options.json === true;
    let lines: ReturnType<typeof createInterface> | undefined;
    const end = (code: number): void => {
      printer.end();
      lines?.close();
      process.off('SIGINT', onInterrupt);
      engine.dispose();
      done(code);
    };
    const onInterrupt = () => engine.send({ kind: 'leave' });
    const engine = startEngine(event => {
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      if (event.kind === 'error') {
        printer.end();
        if (!json) printError(event.error);
        if (typed.has(event.of)) return;
        end(event.of === 'leave' ? 130 : exitCodeOf(event.error.code));
      } else if (event.kind === 'finished') {
        printer.end();
        if (!json) printSummary(event.summary, event.folder);
        end(0);
      } else if (event.kind === 'exported') {
        for (const { name } of event.files) if (!json) printer.line(join(event.folder, 'exports', name));
        end(0);
      } else if (event.kind === 'left') {
        if (!json)
          printer.line(`Left at iteration ${event.iteration}. Go on with: npm run lab -- resume ${event.folder}`);
        end(130);
      } else if (!json) showEvent(event, printer);
    });
    process.on('SIGINT', onInterrupt);
    if (process.stdin.isTTY || options.control === true) {
      lines = createInterface({ input: process.stdin });
      lines.on('line', text => {
        if (text.trim() === '') return;
        try {
          engine.send(typedCommand(text.trim()));
        } catch (thrown) {
          printError(thrown as LabError);
        }
      });
    }
    engine.send(command);
  });
}

/** Commands that a user types while a run goes on: one that is refused does not end it. */
const typed: ReadonlySet<EngineCommand['kind']> = new Set(['change', 'pause', 'go', 'pace', 'stop']);

/** What a user may type while a fit runs. */
function typedCommand(text: string): EngineCommand {
  const [word, count] = text.split(/\s+/);
  if (word === 'pause') return { kind: 'pause' };
  if (word === 'go') return { kind: 'go', iterations: undefined };
  if (word === 'stop') return { kind: 'stop' };
  if (word === 'pace') return { kind: 'pace', perSecond: perSecond(count) };
  if (word === 'step') return { kind: 'go', iterations: whole(count, 'step', 1) ?? 1 };
  const [path, value] = assignment(text, 'change');
  return { kind: 'change', path, value: Number(value) };
}

function showEvent(event: EngineEvent, printer: ReturnType<typeof createProgressPrinter>): void {
  if (event.kind === 'progress') printer.show(event.progress);
  else if (event.kind === 'note') printer.line(event.text);
  else if (event.kind === 'reading') printer.status(`Reading frame ${event.done} of ${event.total}`);
  else if (event.kind === 'state' && event.state === 'paused') printer.line(`Paused at iteration ${event.iteration}`);
  else if (event.kind === 'event')
    printer.line(`iteration ${event.event.iteration}: ${event.event.path} = ${event.event.value}`);
  else if (event.kind === 'ready') {
    const { title, threads, kernels } = event.problem.summary;
    printer.line(`${title}, ${threads} threads (${kernels})`);
  }
}

function printSummary(summary: RunSummary, folder: string): void {
  for (const member of summary.members) process.stdout.write(`${member.label}: ${describeResult(member)}\n`);
  process.stdout.write(
    `${summary.iterations} iterations in ${summary.seconds.toFixed(1)} s\nResult: ${join(folder, 'exports')}\n`,
  );
}

interface Result {
  readonly label: string;
  readonly reason: string;
  readonly iterations: number;
  readonly seconds: number;
  readonly bestIteration?: number;
  readonly psnr?: number;
  readonly ssim?: number;
  readonly interpolationPsnr?: number;
  readonly testError?: number;
}

function describeResult(result: Result): string {
  const { reason, iterations, seconds, bestIteration, psnr, ssim, interpolationPsnr, testError } = result;
  const parts = [`${reason}, kept iteration ${bestIteration ?? iterations - 1}, ${seconds.toFixed(1)} s`];
  if (psnr !== undefined) parts.push(`PSNR ${psnr.toFixed(2)} dB`);
  if (ssim !== undefined) parts.push(`SSIM ${ssim.toFixed(3)}`);
  if (interpolationPsnr !== undefined) parts.push(`(linear interpolation ${interpolationPsnr.toFixed(2)} dB)`);
  if (testError !== undefined) parts.push(`test error ${testError.toExponential(1)}`);
  return parts.join(', ').replace(', (', ' (');
}

function describeFit(fit: string): Promise<FitDescription> {
  return new Promise((resolveAnswer, reject) => {
    const engine = startEngine(event => {
      engine.dispose();
      if (event.kind === 'description') resolveAnswer(event.fits[0]);
      else if (event.kind === 'error') reject(new LabError(event.error));
    });
    engine.send({ kind: 'describe', fit });
  });
}

function oneLine(folder: string): string {
  const recipe = readJson(folder, 'recipe.json') as { fit: string; input: string; seed: number };
  const summary = readJson(folder, 'summary.json') as { members: Result[] } | undefined;
  const result = summary?.members.map(member => `${member.label}: ${describeResult(member)}`) ?? ['not finished'];
  return `${recipe.fit} seed ${recipe.seed}  ${recipe.input}\n    ${result.join('\n    ')}`;
}

function readJson(folder: string, name: string): unknown {
  const file = join(folder, name);
  if (!existsSync(file)) {
    if (name === 'summary.json') return undefined;
    throw new LabError({
      code: 'store',
      message: `This is not a run folder: it has no ${name}.`,
      where: folder,
      tip: 'Give the folder that --out named.',
    });
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

function freshFolder(name: string): string {
  for (let n = 1; ; n++) {
    const folder = join('runs', `${name}-${n}`);
    if (!existsSync(folder)) return folder;
  }
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (thrown) {
    throw usage((thrown as Error).message);
  }
}

function usage(message: string): LabError {
  return new LabError({ code: 'setting', message, where: 'command line', tip: 'Run `npm run lab -- help`.' });
}

function fail(message: string): never {
  throw usage(message);
}

function assignment(text: string, where: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw usage(`${where} ${text}: write it as name=value.`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

function plannedEvent(text: string): RunEvent {
  const [, iteration, rest] =
    /^(\d+):(.+)$/.exec(text) ?? fail(`--at ${text}: write it as iteration:name=value, such as 200:learningRate=0.5.`);
  const [path, value] = assignment(rest, '--at');
  return { iteration: Number(iteration), path, value: Number(value), source: 'user' };
}

function whole(text: string | undefined, name: string, minimum: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= minimum && text.trim() !== '') return value;
  throw usage(`--${name} ${text}: give a whole number, ${minimum} or more.`);
}

/** Iterations per second; undefined: full speed. */
function perSecond(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value > 0 && value < Infinity) return value;
  throw usage(`pace ${text}: give iterations per second, above 0.`);
}

function driveSettings(values: {
  readonly threads?: string | undefined;
  readonly 'checkpoint-seconds'?: string | undefined;
  readonly 'leave-after'?: string | undefined;
  readonly pace?: string | undefined;
}): DriveSettings {
  const text = values['checkpoint-seconds'];
  const checkpointSeconds = text === undefined ? 5 : Number(text);
  if (!(checkpointSeconds > 0)) throw usage(`--checkpoint-seconds ${text}: give a number above 0.`);
  return {
    checkpointSeconds,
    threads: whole(values.threads, 'threads', 1),
    leaveAfter: whole(values['leave-after'], 'leave-after', 1),
    pace: perSecond(values.pace),
  };
}
