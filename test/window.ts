// A window without a browser, for tests of the hosts: a web socket that calls and listens, and the loopback server in the
// test's own process or in one of its own.

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { startEngine } from '../src/host/engine-client.ts';
import { createLabHost, type LabHost, type LabHostOptions } from '../src/host/lab-host.ts';
import { decodeFrame, type Frame } from '../src/protocol/frames.ts';
import type { HostAnswers, HostCall, HostCallKind, HostMessage, RunNews } from '../src/protocol/host-calls.ts';
import { LabError, type LabErrorDetails } from '../src/protocol/lab-error.ts';
import { startLabServer } from '../src/server/lab-server.ts';
import { startLab } from './lab.ts';

export interface TestServer {
  readonly address: URL;
  readonly host: LabHost;
  dispose(): Promise<void>;
}

export async function serveHere(
  library: string,
  options: Partial<LabHostOptions> & { page?: string } = {},
): Promise<TestServer> {
  const { page, ...more } = options;
  const host = createLabHost({ library, roots: [], startEngine, uploadBytes: 1 << 20, ...more });
  const server = await startLabServer(host, { port: 0, ...(page === undefined ? {} : { page }) });
  return {
    address: new URL(server.address),
    host,
    async dispose() {
      await host.dispose();
      await server.close();
    },
  };
}

/** `lab serve` as a process, on any free port unless one is given; resolves once it has printed its address. */
export function serveApart(library: string, ...args: string[]) {
  return served('--library', library, '--port', '0', ...args);
}

/** As serveApart, with nothing but the arguments given. */
export async function served(...args: string[]) {
  const { child, result } = startLab(['serve', '--no-open', ...args]);
  const address = await new Promise<URL>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', data => {
      text += data;
      const [, found] = /Descent Lab is at (\S+)\n/.exec(text) ?? [];
      if (found !== undefined) resolve(new URL(found));
    });
    void result.then(({ stderr }) => reject(new Error(`serve ended: ${stderr}`)));
  });
  return { address, child, result };
}

export interface TestWindow {
  readonly socket: WebSocket;
  readonly messages: HostMessage[];
  /** Trace frames by run: every row once, as the windows' stores keep them. */
  traceOf(run: string): number[][];
  newsOf(run: string): { readonly seq: number; readonly event: RunNews }[];
  call<K extends HostCallKind>(kind: K, request: HostCall<K>): Promise<HostAnswers[K]>;
  /** The frame, or undefined where the host answered without one. */
  frame<K extends 'view' | 'inputPicture'>(kind: K, request: HostCall<K>): Promise<Frame | undefined>;
  /** Resolves with the first message, past or coming, for which `find` gives something. */
  until<T>(find: (message: HostMessage) => T | undefined): Promise<T>;
  /** News of a run of one kind, past or coming. */
  news<K extends RunNews['kind']>(
    run: string,
    kind: K,
    test?: (event: Extract<RunNews, { kind: K }>) => boolean,
  ): Promise<Extract<RunNews, { kind: K }>>;
  /** Number of the last call. */
  readonly calls: number;
  close(): void;
}

export async function openWindow(address: URL): Promise<TestWindow> {
  const url = new URL('/socket', address);
  url.protocol = 'ws:';
  url.search = address.search;
  const socket = new WebSocket(url, { origin: address.origin });
  socket.binaryType = 'arraybuffer';
  const messages: HostMessage[] = [];
  const traces = new Map<string, number[][]>();
  const pending = new Map<number, { resolve(answer: unknown): void; reject(error: LabError): void }>();
  const watchers = new Set<(message: HostMessage) => void>();
  let calls = 0;
  socket.on('message', (data: ArrayBuffer | Buffer, isBinary) => {
    if (isBinary) {
      const frame = decodeFrame(new Uint8Array(data as ArrayBuffer));
      if (frame.header.kind === 'view') pending.get(frame.header.call)?.resolve(frame);
      else addRows(frame, frame.header.run);
      return;
    }
    const message = JSON.parse(Buffer.from(data as ArrayBuffer).toString()) as HostMessage;
    messages.push(message);
    if (message.kind === 'answer') pending.get(message.call)?.resolve(message.answer);
    else if (message.kind === 'refusal') pending.get(message.call)?.reject(new LabError(message.error));
    for (const watcher of [...watchers]) watcher(message);
  });
  const addRows = ({ data: { rows } }: Frame, run: string): void => {
    const [count, columns] = rows.shape;
    const known = traces.get(run) ?? [];
    for (let r = 0; r < count; r++) {
      const row = [...rows.values.subarray(r * columns, (r + 1) * columns)];
      // As the window's trace store: what follows a row that comes again is replaced.
      const at = known.findIndex(other => other[1] === row[1] && other[0] >= row[0]);
      if (at >= 0) known.splice(at);
      known.push(row);
    }
    traces.set(run, known);
  };
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const send = (kind: HostCallKind, request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const call = calls++;
      pending.set(call, { resolve, reject });
      socket.send(JSON.stringify({ call, kind, arguments: request }));
    });
  const until = <T>(find: (message: HostMessage) => T | undefined): Promise<T> => {
    for (const message of messages) {
      const found = find(message);
      if (found !== undefined) return Promise.resolve(found);
    }
    return new Promise(resolve => {
      const watcher = (message: HostMessage): void => {
        const found = find(message);
        if (found === undefined) return;
        watchers.delete(watcher);
        resolve(found);
      };
      watchers.add(watcher);
    });
  };
  return {
    socket,
    messages,
    traceOf: run => traces.get(run) ?? [],
    newsOf: run => messages.flatMap(message => (message.kind === 'run' && message.run === run ? [message] : [])),
    call: (kind, request) => send(kind, request) as Promise<HostAnswers[typeof kind]>,
    frame: (kind, request) => send(kind, request) as Promise<Frame | undefined>,
    until,
    news: (run, kind, test = () => true) =>
      until(message =>
        message.kind === 'run' && message.run === run && message.event.kind === kind && test(message.event as never)
          ? (message.event as Extract<RunNews, { kind: typeof kind }>)
          : undefined,
      ),
    get calls() {
      return calls - 1;
    },
    close: () => socket.close(),
  };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request with exactly these headers and this path, which a browser or `fetch` would mend. */
export function rawRequest(
  address: URL,
  path: string,
  { method = 'GET', headers = {}, body }: RawRequest = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: address.port, path, method, headers, agent: false },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', chunk => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve({ status: 101, headers: {}, body: '' });
    });
    request.end(body);
  });
}

export interface UploadAnswer {
  readonly status: number;
  readonly input?: string;
  readonly error?: LabErrorDetails;
}

export async function upload(
  address: URL,
  name: string,
  body: Uint8Array,
  group?: string,
  folder?: string,
): Promise<UploadAnswer> {
  const query = new URLSearchParams({
    name,
    ...(group === undefined ? {} : { group }),
    ...(folder === undefined ? {} : { folder }),
  });
  const { status, body: text } = await rawRequest(address, `/uploads?${query}&${address.searchParams}`, {
    method: 'PUT',
    headers: { Origin: address.origin },
    body,
  });
  return { status, ...JSON.parse(text) };
}
