// Files that a window handed over: `<library>/.uploads/<id>/<name>`, or several with one id, a folder of frames that keeps
// its own name: `<library>/.uploads/<id>/<folder>/<name>`. They stay as long as a run was made from them. Node only.

import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LabError } from '../protocol/lab-error.ts';
import { makeFolder, storing } from './files.ts';

export interface Upload {
  /** File name; of a group also its path in the folder that they form, with slashes. */
  readonly name: string;
  /** Uploads of one group form a folder: frames, or a scene. */
  readonly group: string | undefined;
  /** What people call that folder; undefined: it has no name of its own. */
  readonly folder: string | undefined;
  /** As announced. */
  readonly bytes: number | undefined;
  readonly content: AsyncIterable<Uint8Array>;
}

export interface Uploads {
  readonly folder: string;
  /** Most bytes of a file, or of a group. */
  readonly mostBytes: number;
  /**
   * Writes a file; resolves with its input reference. Throws `setting` for a name that cannot be, `input` for what is too
   * large; then nothing stays on the disk.
   */
  receive(upload: Upload): Promise<string>;
  /**
   * The file of an upload `ID`, or its folder if there are several; of `ID/NAME` that file of it. Throws an `input` error for
   * one that is not there.
   */
  resolve(reference: string): string;
  /** Removes what no run was made from and is older than a day. */
  sweep(): void;
}

const KEPT_MILLISECONDS = 86400e3;
const groupName = /^[\w-]{1,64}$/;
const badName = /[/\\\p{Cc}]|^\.|^.{200,}$|^$/u;
/** A scene has its pictures in folders, and its models in others. */
const MOST_FOLDERS = 5;

/** Bytes of a group whose files arrive at this moment, those on the disk included. */
interface Filling {
  files: number;
  bytes: number;
}

/** `inputs` gives every path that a run was made from. */
export function openUploads(library: string, mostBytes: number, inputs: () => ReadonlySet<string>): Uploads {
  const folder = join(library, '.uploads');
  makeFolder(folder);
  const filling = new Map<string, Filling>();
  const sweep = (): void => {
    const used = [...inputs()];
    for (const id of readdirSync(folder)) {
      const path = join(folder, id);
      const isUsed = filling.has(id) || used.some(input => input === path || input.startsWith(join(path, '/')));
      if (!isUsed && statSync(path).mtimeMs < Date.now() - KEPT_MILLISECONDS)
        rmSync(path, { recursive: true, force: true });
    }
  };
  sweep();
  const bytesIn = (path: string) =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true, recursive: true })
          .filter(entry => entry.isFile())
          .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
      : 0;
  return {
    folder,
    mostBytes,
    async receive({ name, group, folder: called, bytes, content }) {
      const parts = group === undefined ? [name] : name.split('/');
      if (parts.length > MOST_FOLDERS || parts.some(part => badName.test(part))) throw unusable('name', name);
      if (called !== undefined && badName.test(called)) throw unusable('folder', called);
      if (group !== undefined && !groupName.test(group)) throw unusable('group', group);
      const id = group ?? randomBytes(9).toString('base64url');
      const path = join(folder, id);
      const filled = filling.get(id) ?? { files: 0, bytes: bytesIn(path) };
      if (bytes !== undefined && bytes > mostBytes - filled.bytes) throw tooLarge(name, mostBytes);
      const file = join(path, ...(called === undefined ? [] : [called]), ...parts);
      storing(path, () => makeFolder(dirname(file)));
      const part = `${file}.${randomBytes(6).toString('hex')}.part`;
      filling.set(id, filled);
      filled.files++;
      let arrived = 0;
      const take = (count: number): boolean => {
        arrived += count;
        filled.bytes += count;
        return filled.bytes <= mostBytes;
      };
      try {
        await pipeline(content, counting(take, name, mostBytes), createWriteStream(part));
        renameSync(part, file);
      } catch (thrown) {
        filled.bytes -= arrived;
        rmSync(part, { force: true });
        for (let each = dirname(file); each !== folder && readdirSync(each).length === 0; each = dirname(each))
          rmdirSync(each);
        throw thrown;
      } finally {
        if (--filled.files === 0) filling.delete(id);
      }
      return `upload:${id}`;
    },
    resolve(reference) {
      const [id, ...parts] = reference.split('/');
      const path = join(folder, id);
      const names =
        groupName.test(id) && existsSync(path) ? readdirSync(path).filter(each => !each.endsWith('.part')) : [];
      const whole = names.length === 1 ? join(path, names[0]) : path;
      // A folder of its own name has them, or the group itself.
      const found =
        parts.length === 0 ? whole : [whole, path].map(each => join(each, ...parts)).find(each => existsSync(each));
      if (names.length === 0 || parts.some(part => badName.test(part)) || found === undefined) {
        throw new LabError({
          code: 'input',
          message: 'This upload is not there any more.',
          where: `upload:${reference}`,
          tip: 'Drop the file once more.',
        });
      }
      return found;
    },
    sweep,
  };
}

function counting(take: (bytes: number) => boolean, name: string, mostBytes: number): Transform {
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      if (take(chunk.length)) done(undefined, chunk);
      else done(tooLarge(name, mostBytes));
    },
  });
}

function tooLarge(name: string, mostBytes: number): LabError {
  return new LabError({
    code: 'input',
    message: `The file is larger than the ${Math.floor(mostBytes / 2 ** 20)} MB the lab takes at once.`,
    where: name,
    tip: 'Start the lab with --root FOLDER and open the file from there, or use the command line.',
  });
}

function unusable(what: string, text: string): LabError {
  return new LabError({
    code: 'setting',
    message: `An upload cannot have the ${what} "${text.slice(0, 80)}".`,
    where: what,
    tip: 'Give the plain name of a file, without a folder.',
  });
}
