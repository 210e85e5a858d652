// Entry of the engine's own process; bundled to dist/engine.js and started by engine-client.ts. Ctrl-C is for the
// host to handle: it asks for a pause.

import type { EngineCommand } from '../protocol/messages.ts';
import { createEngineService } from './engine-service.ts';

process.on('SIGINT', () => {});
const service = createEngineService(event => process.send?.(event));
process.on('message', (command: EngineCommand) => void service.handle(command));
// Without its host the engine has nobody to write for: stop at once, the last checkpoint stays.
process.on('disconnect', () => process.exit(0));
