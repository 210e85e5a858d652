// A web socket as the carrier of a session: limits what a window may send, and notices when it is gone.

import { WebSocket } from 'ws';
import type { LabHost } from '../host/lab-host.ts';

/** A window that draws thirty times a second in a dozen panels sends 400. */
const MESSAGES_PER_SECOND = 1000;
const MOST_AT_ONCE = 2000;
const PING_MILLISECONDS = 15e3;
/** Codes of RFC 6455. */
const UNSUPPORTED = 1003;
const POLICY = 1008;

export function carrySession(host: LabHost, socket: WebSocket): void {
  let allowance = MOST_AT_ONCE;
  let last = performance.now();
  let alive = true;
  const refuse = (reason: string, code = POLICY): void => {
    socket.close(code, reason);
    // What it still sends is not read; it has a second to close on its side.
    socket.removeAllListeners('message');
    setTimeout(() => socket.terminate(), 1000).unref();
  };
  const send = (data: string | Uint8Array): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(data);
  };
  const session = host.connect({
    json: message => send(JSON.stringify(message)),
    frame: bytes => send(bytes),
    buffered: () => socket.bufferedAmount,
    refuse,
  });
  // ws closes the socket itself after an error, such as a message above the limit.
  socket.on('error', () => {});
  if (session === undefined) return;
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, PING_MILLISECONDS).unref();
  socket.on('pong', () => {
    alive = true;
  });
  socket.on('message', (data, isBinary) => {
    alive = true;
    const now = performance.now();
    allowance = Math.min(MOST_AT_ONCE, allowance + ((now - last) * MESSAGES_PER_SECOND) / 1000);
    last = now;
    if (--allowance < 0) refuse('Too many messages.');
    else if (isBinary) refuse('Calls are text.', UNSUPPORTED);
    else session.receive(data.toString());
  });
  socket.on('close', () => {
    clearInterval(heartbeat);
    session.close();
  });
}
