// `film`: a film of a run, made by the engine's process. Ctrl-C leaves nothing half-made behind.

import { dirname, extname, join, resolve } from 'node:path';
import { startEngine } from '../host/engine-client.ts';
import { replayFormats } from '../protocol/host-calls.ts';
import type { ReplayRequest } from '../protocol/messages.ts';
import { checkSetting, type SettingDescription } from '../protocol/settings.ts';
import { createProgressPrinter, exitCodeOf, printError } from './output.ts';

export interface FilmArguments {
  readonly views?: string | undefined;
  readonly format?: string | undefined;
  readonly fps?: string | undefined;
  readonly width?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
}

const option = (name: string, rest: Partial<SettingDescription>): SettingDescription => ({
  name,
  title: name,
  type: 'integer',
  default: undefined,
  help: '',
  live: 'fixed',
  ...rest,
});
const formatOption = option('--format', { type: 'choice', choices: replayFormats });
const fpsOption = option('--fps', { minimum: 1, maximum: 60 });
const widthOption = option('--width', { minimum: 320, maximum: 3840 });
const BAR = 24;

export function film(folder: string, { json, ...values }: FilmArguments): Promise<number> {
  const request = requestOf(folder, values);
  return new Promise(done => {
    const printer = createProgressPrinter();
    const end = (code: number): void => {
      printer.end();
      process.off('SIGINT', onInterrupt);
      engine.dispose();
      done(code);
    };
    const onInterrupt = () => end(130);
    const engine = startEngine(event => {
      if (json === true) process.stdout.write(`${JSON.stringify(event)}\n`);
      if (event.kind === 'underway') {
        const filled = Math.round((BAR * event.done) / event.total);
        printer.status(`${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} picture ${event.done} of ${event.total}`);
      } else if (event.kind === 'error') {
        printer.end();
        if (json !== true) printError(event.error);
        end(exitCodeOf(event.error.code));
      } else if (event.kind === 'exported') {
        const [{ name }] = event.files;
        const path = request.out ?? join(event.folder, 'exports', request.format === 'png' ? dirname(name) : name);
        if (json !== true) printer.line(event.files.length === 1 ? path : `${path} (${event.files.length} pictures)`);
        end(0);
      }
    });
    process.on('SIGINT', onInterrupt);
    engine.send({ kind: 'export-replay', ...request });
  });
}

function requestOf(folder: string, { views, format, fps, width, out }: FilmArguments): ReplayRequest {
  const ending = replayFormats.find(each => extname(out ?? '') === `.${each}` && each !== 'png');
  return {
    folder,
    format: checkSetting(formatOption, format ?? ending ?? 'webm') as ReplayRequest['format'],
    views: views
      ?.split(',')
      .map(view => view.trim())
      .filter(view => view !== ''),
    framesPerSecond: Number(checkSetting(fpsOption, fps ?? '10')),
    width: Number(checkSetting(widthOption, width ?? '1280')),
    out: out === undefined ? undefined : resolve(out),
  };
}
