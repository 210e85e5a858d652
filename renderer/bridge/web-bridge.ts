// The bridge over a web socket to the loopback server. Connects again by itself after a lost connection or a sleeping
// laptop; calls under way when it is lost are rejected, nothing is sent twice.

import { decodeFrame, type Frame } from '../../src/protocol/frames.ts';
import type { HostAnswers, HostCallKind, HostMessage } from '../../src/protocol/host-calls.ts';
import { LabError } from '../../src/protocol/lab-error.ts';
import { SCHEMA_VERSION } from '../../src/protocol/run.ts';
import type { Bridge, CallOptions, ConnectionState, HostFile, HostNews } from './bridge.ts';

const FIRST_WAIT_MILLISECONDS = 250;
const LONGEST_WAIT_MILLISECONDS = 5000;

const TOKEN = 'descent-lab-token';

interface Pending {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: LabError) => void;
  readonly onProgress: CallOptions['onProgress'];
}

export function createWebBridge(address: URL): Bridge {
  const given = address.searchParams.get('token') ?? undefined;
  let token = given ?? localStorage.getItem(TOKEN) ?? '';
  /** The other one: a window that was open when the lab was started anew learns the new one from a newer window. */
  const tryOtherToken = (): void => {
    const stored = localStorage.getItem(TOKEN);
    token = (token === stored ? given : stored) ?? token;
  };
  const pending = new Map<number, Pending>();
  const newsListeners = new Set<(news: HostNews) => void>();
  const connectionListeners = new Set<(state: ConnectionState) => void>();
  let calls = 0;
  let state: ConnectionState = 'connecting';
  let socket: WebSocket;
  let wait = FIRST_WAIT_MILLISECONDS;

  const setState = (next: ConnectionState): void => {
    if (next === state) return;
    state = next;
    for (const listener of connectionListeners) listener(next);
  };
  const tell = (news: HostNews): void => {
    for (const listener of newsListeners) listener(news);
  };
  const take = (call: number): Pending | undefined => {
    const entry = pending.get(call);
    pending.delete(call);
    return entry;
  };

  const receive = (message: HostMessage): void => {
    switch (message.kind) {
      case 'welcome':
        // A host of another version was started in the place of ours: its page fits it.
        if (message.schema !== SCHEMA_VERSION) location.reload();
        wait = FIRST_WAIT_MILLISECONDS;
        // Kept for links, which go without it: only this server's pages can read it.
        localStorage.setItem(TOKEN, token);
        setState('open');
        break;
      case 'answer':
        take(message.call)?.resolve(message.answer as never);
        break;
      case 'refusal':
        take(message.call)?.reject(new LabError(message.error));
        break;
      case 'underway':
        pending.get(message.call)?.onProgress?.(message.done, message.total);
        break;
      case 'gathered':
        message.messages.forEach(tell);
        break;
      default:
        tell(message);
    }
  };
  const receiveFrame = ({ header, data }: Frame): void => {
    if (header.kind === 'view') take(header.call)?.resolve({ header, data } as never);
    else tell({ kind: 'trace', run: header.run, seq: header.seq, rows: data.rows.values as Float64Array });
  };

  const connect = (): void => {
    const url = new URL('/socket', address);
    url.protocol = 'ws:';
    url.search = new URLSearchParams({ token }).toString();
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') receive(JSON.parse(data) as HostMessage);
      else receiveFrame(decodeFrame(new Uint8Array(data as ArrayBuffer)));
    };
    let opened = false;
    socket.onopen = () => {
      opened = true;
    };
    socket.onclose = () => {
      if (opened) setState('lost');
      else {
        void whyClosed(address, token).then(setState);
        tryOtherToken();
      }
      for (const { reject } of pending.values()) reject(connectionLost());
      pending.clear();
      setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS);
    };
  };
  connect();
  addEventListener('online', () => {
    wait = FIRST_WAIT_MILLISECONDS;
  });

  const send = <Answer>(kind: HostCallKind, request: object, { signal, onProgress }: CallOptions): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(cancelled('What was asked for'));
      if (socket.readyState !== WebSocket.OPEN) return reject(connectionLost());
      const call = calls++;
      pending.set(call, { resolve: resolve as Pending['resolve'], reject, onProgress });
      socket.send(JSON.stringify({ call, kind, arguments: request }));
      signal?.addEventListener('abort', () => {
        if (!pending.has(call) || socket.readyState !== WebSocket.OPEN) return;
        socket.send(JSON.stringify({ call: calls++, kind: 'cancel', arguments: { call } }));
      });
    });

  return {
    get connection() {
      return state;
    },
    call: (kind, request, options = {}) => send<HostAnswers[typeof kind]>(kind, request, options),
    frame: (kind, request, options = {}) => send<Frame | undefined>(kind, request, options),
    async upload(files, { folder, ...options } = {}) {
      const group = files.length > 1 ? { group: crypto.randomUUID(), ...(folder === undefined ? {} : { folder }) } : {};
      const total = files.reduce((sum, { size }) => sum + size, 0);
      let before = 0;
      let input = '';
      for (const file of files) {
        input = await put(uploadUrl(address, token, file.name, group), file, {
          ...options,
          onProgress: done => options.onProgress?.(before + done, total),
        });
        before += file.size;
      }
      return input;
    },
    url(file) {
      const url = new URL(pathOf(file), address);
      if (file.of === 'thumbnail') url.searchParams.set('version', String(file.version));
      url.searchParams.set('token', token);
      return url.href;
    },
    onNews(listener) {
      newsListeners.add(listener);
      return () => newsListeners.delete(listener);
    },
    onConnection(listener) {
      connectionListeners.add(listener);
      return () => connectionListeners.delete(listener);
    },
  };
}

/** A socket that is not let in does not say why; the same address does, asked plainly. */
async function whyClosed(address: URL, token: string): Promise<ConnectionState> {
  const known = new URL('/socket', address);
  known.search = new URLSearchParams({ token }).toString();
  const status = await fetch(known, { method: 'HEAD' }).then(
    answer => answer.status,
    () => undefined,
  );
  return status === 403 ? 'refused' : 'lost';
}

function pathOf(file: HostFile): string {
  const part = encodeURIComponent;
  if (file.of === 'thumbnail') return `/runs/${part(file.run)}/thumbnail.png`;
  if (file.of === 'sample') return `/samples/${part(file.fit)}/${part(file.sample)}.png`;
  return `/runs/${part(file.run)}/exports/${file.name.split('/').map(part).join('/')}`;
}

function uploadUrl(address: URL, token: string, name: string, group: Readonly<Record<string, string>>): URL {
  const url = new URL('/uploads', address);
  url.search = new URLSearchParams({ token, name, ...group }).toString();
  return url;
}

/** One file to the host; XMLHttpRequest, since fetch tells nothing of an upload's progress. */
function put(url: URL, file: File, { signal, onProgress }: CallOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    // Between two files of a group nothing listens.
    if (signal?.aborted === true) return reject(cancelled('The upload'));
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded, file.size);
    request.onload = () => {
      const answer = request.response as { input?: string; error?: ConstructorParameters<typeof LabError>[0] } | null;
      if (request.status === 200 && answer?.input !== undefined) resolve(answer.input);
      else reject(answer?.error === undefined ? uploadFailed(file) : new LabError(answer.error));
    };
    request.onerror = () => reject(uploadFailed(file));
    request.onabort = () => reject(cancelled('The upload'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function cancelled(what: string): LabError {
  return new LabError({ code: 'state', message: `${what} was cancelled.` });
}

function uploadFailed(file: File): LabError {
  return new LabError({
    code: 'input',
    message: `${file.name} could not be handed to the lab.`,
    where: file.name,
    tip: 'The file may have changed or vanished while it was read, or the lab was stopped. Drop it again.',
  });
}

function connectionLost(): LabError {
  return new LabError({
    code: 'state',
    message: 'The connection to the lab is lost.',
    where: 'connection',
    tip: 'The window connects again by itself. If it does not, start the lab again: runs wait at their last checkpoint.',
  });
}
