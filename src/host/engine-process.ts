// Entry of the engine's own process; bundled to dist/engine.js and started by engine-client.ts. Ctrl-C is for the
// host to handle: it asks for a pause.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Fit, fits } from '../engine/fits.ts';
import type { EngineCommand } from '../protocol/messages.ts';
import { openByteCache } from '../store/byte-cache.ts';
import { userFolder } from '../store/user-folder.ts';
import { createEngineService } from './engine-service.ts';

/** Flow of about twenty videos of 60 frames. */
const CACHE_BYTES = 2 ** 31;

process.on('SIGINT', () => {});
/** A host that is gone hears nothing more; `disconnect` says so. */
const unheard = () => {};
const service = createEngineService(
  event => process.send?.(event, undefined, undefined, unheard),
  [...fits, ...(await testFits())],
  openByteCache(join(userFolder(), 'cache'), CACHE_BYTES),
);
process.on('message', (command: EngineCommand) => void service.handle(command));
// Without its host the engine has nobody to write for: stop at once, the last checkpoint stays.
process.on('disconnect', () => process.exit(0));

/** Tests bring fits of their own: DESCENT_LAB_TEST_FITS names a bundled module that exports `fits`. */
async function testFits(): Promise<readonly Fit[]> {
  const file = process.env.DESCENT_LAB_TEST_FITS;
  if (file === undefined || file === '') return [];
  return ((await import(pathToFileURL(file).href)) as { readonly fits: readonly Fit[] }).fits;
}
