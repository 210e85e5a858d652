// The loopback host: the laboratory for a browser on the same machine. Listens on 127.0.0.1 only and lets in nobody
// without the token of its address.

import { randomBytes } from 'node:crypto';
import { createServer, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { LabHost } from '../host/lab-host.ts';
import { LabError } from '../protocol/lab-error.ts';
import { createGuard, urlOf } from './guard.ts';
import { createPageFiles, pageFolder } from './page-files.ts';
import { answerRoute, sayPlainly } from './routes.ts';
import { carrySession } from './socket-carrier.ts';

export interface LabServer {
  /** With the token. */
  readonly address: string;
  readonly port: number;
  /** Closes every connection; the host is the caller's to dispose of. */
  close(): Promise<void>;
}

export interface LabServerOptions {
  /** 0: any that is free. */
  readonly port: number;
  /** Tried in turn where `port` is in use. */
  readonly otherPorts?: readonly number[];
  /** Of the built page. */
  readonly page?: string;
}

const MOST_MESSAGE_BYTES = 1 << 20;

/** Throws a `setting` error where every port is in use. */
export async function startLabServer(host: LabHost, options: LabServerOptions): Promise<LabServer> {
  const page = createPageFiles(options.page ?? pageFolder());
  const token = randomBytes(32).toString('base64url');
  const server = createServer({ requestTimeout: 0 });
  const port = await listen(server, [options.port, ...(options.otherPorts ?? [])]);
  const guard = createGuard(token, port);
  const headers = securityHeaders(port);

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const url = urlOf(request);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const kind = !reads ? 'act' : url !== undefined && page.find(url.pathname) !== undefined ? 'page' : 'read';
    const refusal = url === undefined ? 'This is no path.' : guard.refusal(request, url, kind);
    if (url === undefined || refusal !== undefined) {
      response.setHeader('Connection', 'close');
      sayPlainly(response, url === undefined ? 400 : 403, refusal ?? '');
      return;
    }
    response.setHeader('Set-Cookie', guard.cookie);
    answerRoute(host, page, { request, response, url }).catch(thrown => {
      if (response.headersSent) response.destroy();
      else sayPlainly(response, 500, `Descent Lab could not answer: ${(thrown as Error).message}`);
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES, perMessageDeflate: false });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const url = urlOf(request);
    const isIn = url !== undefined && guard.refusal(request, url, 'act') === undefined;
    if (!isIn || url.pathname !== '/socket') {
      const status = isIn ? 404 : 403;
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, webSocket => carrySession(host, webSocket));
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  return {
    address: `http://127.0.0.1:${port}/?token=${token}`,
    port,
    async close() {
      for (const client of sockets.clients) client.terminate();
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** On the first of these ports that is free; resolves with it. */
async function listen(server: Server, [first, ...others]: readonly number[]): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(first, '127.0.0.1', () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  } catch (thrown) {
    const error = thrown as NodeJS.ErrnoException;
    if (error.code !== 'EADDRINUSE' || others.length === 0) throw cannotListen(error, first);
    return listen(server, others);
  }
  return (server.address() as AddressInfo).port;
}

function securityHeaders(port: number): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "font-src 'self' data:",
    "worker-src 'self' blob:",
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  };
}

function cannotListen({ code, message }: NodeJS.ErrnoException, port: number): LabError {
  return new LabError({
    code: 'setting',
    message: code === 'EADDRINUSE' ? `Port ${port} is in use.` : `Port ${port} cannot be opened (${message}).`,
    where: '--port',
    tip: 'Choose another --port, or leave it out: then a free one is taken.',
  });
}
