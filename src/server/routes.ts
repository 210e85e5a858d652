// What the loopback server answers over HTTP, after the guard let it in: the page, pictures of samples and runs, downloads,
// uploads. Everything else is a 404.

import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basename, extname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LabHost } from '../host/lab-host.ts';
import { asLabError, type LabErrorCode, type LabErrorDetails } from '../protocol/lab-error.ts';
import { contentTypes, type PageFiles } from './page-files.ts';

export interface Route {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

const statuses: Partial<Record<LabErrorCode, number>> = { setting: 400, input: 413, store: 507 };
/** How long a sender who was refused may go on, so that the answer reaches it. */
const DRAIN_MILLISECONDS = 1000;
/** Files of a run besides its exports. */
const RECORDS = ['trace.csv', 'recipe.json'];

export async function answerRoute(host: LabHost, page: PageFiles, route: Route): Promise<void> {
  const { request, response, url } = route;
  const parts = decodedParts(url.pathname);
  const [first, ...rest] = parts ?? [];
  if (request.method === 'PUT' || request.method === 'POST') {
    if (first === 'uploads' && rest.length === 0) return takeUpload(host, route);
    return sayPlainly(response, 405, 'Nothing can be sent to this address.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return sayPlainly(response, 405, 'This server takes GET, PUT and POST.');
  const file = page.find(url.pathname);
  if (file !== undefined) return sendFile(route, file, 'show');
  if (first === 'runs') {
    const [run = '', ...inRun] = rest;
    const name = inRun.at(-1) ?? '';
    if (inRun.length === 1 && name === 'thumbnail.png') {
      const picture = host.runFile(run, name);
      if (picture !== undefined) return sendFile(route, picture, 'show');
      // Of a run that was deleted while a list still showed it: nothing went wrong.
      response.writeHead(204).end();
      return;
    }
    if (inRun.length === 1 && RECORDS.includes(name)) return sendFile(route, host.runFile(run, name), 'download');
    if (inRun[0] === 'exports' && inRun.length > 1) {
      const record = inRun.length === 2 && RECORDS.includes(name) ? host.runFile(run, name) : undefined;
      return sendFile(route, host.runFile(run, ...inRun) ?? record, 'download');
    }
  }
  if (first === 'samples' && rest.length === 2 && rest[1].endsWith('.png')) {
    const png = await host.samplePicture(rest[0], rest[1].slice(0, -4));
    if (png?.length === 0) {
      response.writeHead(204).end();
      return;
    }
    if (png !== undefined) {
      response.writeHead(200, { 'Content-Type': 'image/png', 'Content-Length': png.length });
      response.end(request.method === 'HEAD' ? undefined : png);
      return;
    }
  }
  sayPlainly(response, 404, 'There is nothing at this address.');
}

export function sayPlainly(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(`${sentence}\n`);
}

/** The parts of a path; undefined where one cannot be decoded. */
function decodedParts(pathname: string): string[] | undefined {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

async function sendFile(
  { request, response }: Route,
  path: string | undefined,
  use: 'show' | 'download',
): Promise<void> {
  const entry = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (path === undefined || entry?.isFile() !== true) return sayPlainly(response, 404, 'There is no such file.');
  response.writeHead(200, {
    'Content-Type': contentTypes[extname(path)] ?? 'application/octet-stream',
    'Content-Length': entry.size,
    ...(use === 'show'
      ? {}
      : { 'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(path))}` }),
  });
  if (request.method === 'HEAD') response.end();
  // A run may still be appending to it: not a byte more than was announced.
  else if (entry.size === 0) response.end();
  else await pipeline(createReadStream(path, { end: entry.size - 1 }), response);
}

async function takeUpload(host: LabHost, { request, response, url }: Route): Promise<void> {
  const length = request.headers['content-length'];
  try {
    const input = await host.upload({
      name: url.searchParams.get('name') ?? '',
      group: url.searchParams.get('group') ?? undefined,
      folder: url.searchParams.get('folder') ?? undefined,
      bytes: length === undefined ? undefined : Number(length),
      content: request.iterator({ destroyOnReturn: false }),
    });
    sendJson(response, 200, { input });
  } catch (thrown) {
    const error = asLabError(thrown).toDetails();
    response.setHeader('Connection', 'close');
    sendJson(response, statuses[error.code] ?? 500, { error });
    request.resume();
    setTimeout(() => request.destroy(), DRAIN_MILLISECONDS).unref();
  }
}

function sendJson(
  response: ServerResponse,
  status: number,
  answer: { input: string } | { error: LabErrorDetails },
): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer));
}
