// The files of the window's page, found by listing them: a request is looked up among these names and never becomes a path.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.csv': 'text/csv; charset=utf-8',
  '.webm': 'video/webm',
  '.mp4': 'video/mp4',
};

export interface PageFiles {
  /** Path on the disk of `/NAME`; undefined for what is no file of the page. */
  find(pathname: string): string | undefined;
}

/** `folder`: dist/renderer. A rebuilt page is noticed. */
export function createPageFiles(folder: string): PageFiles {
  let files = list(folder);
  return {
    find(pathname) {
      const name = pathname === '/' ? '/index.html' : pathname;
      if (!files.has(name)) files = list(folder);
      return files.get(name);
    },
  };
}

/** dist/renderer, seen from a bundle in dist or from the sources. */
export function pageFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const built = join(here, 'renderer');
  return existsSync(built) ? built : join(here, '../../dist/renderer');
}

function list(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(
    entry => entry.isFile() && extname(entry.name) in contentTypes,
  );
  return new Map(
    names.map(entry => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length).replaceAll('\\', '/'), path];
    }),
  );
}
