// Sets of photographs from far apart, as they are found, are told from videos before anything is fitted. Needs the development
// data beside the project.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from './lab.ts';
import { labHere } from './lab-here.ts';

vi.mock('../src/host/engine-client.ts', () => import('./engine-here.ts'));

const folder = temporaryFolder();
afterAll(() => folder.dispose());

describe.each(['sfm_herzjesu_p8', 'sfm_temple_sparse_ring'])('the photographs %s', name => {
  const images = join('../shared/data', name, 'images');
  it.skipIf(!existsSync(images))('overlap too little (skipped where the data set is absent)', async () => {
    const out = join(folder.path, name);
    const { code, stderr } = await labHere('fit', 'flowmap', images, '--out', out);
    expect(code).toBe(3);
    expect(stderr).toMatch(/overlap too little/);
    expect(stderr).toMatch(/Try: .*COLMAP/);
    expect(existsSync(out)).toBe(false);
  });
});
