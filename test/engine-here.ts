// Stands in for src/host/engine-client.ts where the engine's process is not the point: the engine runs in the test's own.
// A test file says `vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'))`.

import type { EngineClient } from '../src/host/engine-client.ts';
import { createEngineService } from '../src/host/engine-service.ts';
import type { EngineEvent } from '../src/protocol/messages.ts';

/** After these a program goes on; what the engine held is given back first, as by a process that ends. */
const last: ReadonlySet<EngineEvent['kind']> = new Set(['finished', 'left', 'exported']);

export function startEngine(onEvent: (event: EngineEvent) => void): EngineClient {
  let heard = true;
  let ends: EngineEvent[] = [];
  const tell = (event: EngineEvent): void => {
    if (heard) onEvent(event);
  };
  const service = createEngineService(event => {
    if (last.has(event.kind)) ends.push(event);
    else tell(event);
  });
  const end = (): void => {
    heard = false;
  };
  return {
    send(command) {
      void service.handle(command).then(() => {
        const told = ends;
        ends = [];
        told.forEach(tell);
      });
    },
    dispose: end,
    kill: end,
  };
}
