// Who may speak to the loopback server. Any page in any browser on this machine can reach its port, so every request has to
// know the token, name the server by its own address (a rebound host name does not), and come from its own page.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  /** Undefined: let in. Otherwise the sentence to refuse it with. */
  refusal(request: IncomingMessage, url: URL, kind: 'page' | 'read' | 'act'): string | undefined;
  /**
   * Set on a page's first load, so that its files and later visits need no token in the address. It opens the page and
   * nothing else: browsers send cookies to every port of this machine, and whoever listens there could use it here.
   */
  readonly cookie: string;
}

export function createGuard(token: string, port: number): Guard {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const cookieName = `descent-lab-${port}`;
  const isEqual = (text: string | null | undefined, secret: string) =>
    text !== undefined && text !== null && timingSafeEqual(digest(text), digest(secret));
  const ticket = createHmac('sha256', token).update('page').digest('base64url');
  return {
    cookie: `${cookieName}=${ticket}; HttpOnly; SameSite=Strict; Path=/`,
    refusal(request, url, kind) {
      const { host, origin } = request.headers;
      if (host === undefined || !hosts.includes(host)) return 'This server answers only to its own address.';
      if (origin === undefined ? kind === 'act' : origin !== `http://${host}`)
        return 'This request does not come from the page of Descent Lab.';
      if (isEqual(url.searchParams.get('token'), token)) return undefined;
      if (kind === 'page' && isEqual(cookieOf(request, cookieName), ticket)) return undefined;
      return 'This address needs the token that Descent Lab printed when it started.';
    },
  };
}

/** What was asked for; undefined for what is no path. Only the path and the query count: a host in it is not ours. */
export function urlOf({ url }: IncomingMessage): URL | undefined {
  if (url?.startsWith('/') !== true) return undefined;
  try {
    return new URL(`http://localhost${url}`);
  } catch {
    return undefined;
  }
}

/** Of equal length whatever was given, so that the comparison takes the same time. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim().split('='));
  return pairs.find(([key]) => key === name)?.[1];
}
