// The one way from the window to a host. Two carriers implement it, a web socket and (later) Electron's ports; nothing
// above this file can tell which one it has.

import type { Frame } from '../../src/protocol/frames.ts';
import type { HostAnswers, HostCall, HostCallKind, HostMessage } from '../../src/protocol/host-calls.ts';

/** refused: there is a lab at the address, but another one, which does not know this window. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What arrives unasked. */
export type HostNews =
  | Extract<HostMessage, { readonly kind: 'entry' | 'run' }>
  | { readonly kind: 'trace'; readonly run: string; readonly seq: number; readonly rows: Float64Array };

/** Where a picture or a file that the host serves can be loaded from. */
export type HostFile =
  | { readonly of: 'thumbnail'; readonly run: string; readonly version: number }
  | { readonly of: 'sample'; readonly fit: string; readonly sample: string }
  | { readonly of: 'export'; readonly run: string; readonly name: string };

export interface Bridge {
  readonly connection: ConnectionState;
  /** Rejects with a LabError: what the host refused, or that the connection was lost. */
  call<K extends Exclude<HostCallKind, 'view' | 'inputPicture'>>(
    kind: K,
    request: HostCall<K>,
    options?: CallOptions,
  ): Promise<HostAnswers[K]>;
  /** Resolves with undefined when a newer request for the same view took its place. */
  frame<K extends 'view' | 'inputPicture'>(
    kind: K,
    request: HostCall<K>,
    options?: CallOptions,
  ): Promise<Frame | undefined>;
  /** Hands files to the host; several make a folder of frames, called `folder`. Resolves with the input reference. */
  upload(files: readonly File[], options?: CallOptions & { readonly folder?: string }): Promise<string>;
  url(file: HostFile): string;
  onNews(listener: (news: HostNews) => void): () => void;
  onConnection(listener: (state: ConnectionState) => void): () => void;
}
