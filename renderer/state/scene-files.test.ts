import { describe, expect, it } from 'vitest';
import { sortSceneFiles } from './scene-files.ts';

const text = (name: string, content: string) => new File([content], name);
/** The first bytes of a PNG: bits per sample, and 0 grey, 2 colour, 3 palette. */
const png = (name: string, bits: number, colour: number) => {
  const bytes = new Uint8Array(40);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  bytes.set([bits, colour], 24);
  return new File([bytes], name);
};
const photo = png('can.png', 8, 2);
const mesh = text('can.ply', 'ply\nformat ascii 1.0\n');

describe('files that are handed over together', () => {
  it('are told apart by their endings and by what is in them', async () => {
    const files = [
      text('calibration.yaml', 'camera_matrix:\n  data: [600, 0, 320, 0, 600, 240, 0, 0, 1]\n'),
      text('found.txt', '1 0 0 0\n0 1 0 0\n0 0 1 500\n0 0 0 1\n'),
      ...[png('a.png', 16, 0), png('b.png', 8, 0), photo, mesh],
      text('depth.json', '{"scale": 0.1}'),
      text('README.txt', 'Photographed on a Tuesday.'),
    ];
    expect(await sortSceneFiles(files, 'wanted')).toEqual({
      photo: 'can.png',
      mask: 'b.png',
      companions: { mesh: 'can.ply', depth: 'a.png', camera: 'calibration.yaml', start: 'found.txt' },
    });
  });

  it('are what their names say, whatever their pixels are', async () => {
    const sorted = await sortSceneFiles([photo, png('can-mask.png', 8, 2), png('can_depth.png', 8, 2)], 'wanted');
    expect(sorted).toEqual({ photo: 'can.png', mask: 'can-mask.png', companions: { depth: 'can_depth.png' } });
  });

  it('have a grey picture for a mask only beside a photo', async () => {
    const grey = png('x.png', 8, 0);
    expect(await sortSceneFiles([grey, mesh], 'wanted')).toMatchObject({ photo: 'x.png', mask: undefined });
    expect(await sortSceneFiles([grey], 'given')).toMatchObject({ photo: undefined, mask: 'x.png' });
  });

  it('have textures that are no photo', async () => {
    const files = [
      text('can.obj', 'mtllib can.mtl\nv 0 0 0\n'),
      text('can.mtl', 'newmtl label\nmap_Kd skin.png\n'),
      ...[png('skin.png', 8, 2), photo],
    ];
    expect(await sortSceneFiles(files, 'wanted')).toMatchObject({ photo: 'can.png', companions: { mesh: 'can.obj' } });
  });

  it('are refused where two could be the same, by name', async () => {
    const refused = sortSceneFiles([photo, mesh, text('box.stl', 'solid box')], 'wanted');
    await expect(refused).rejects.toThrow('2 of the files could be the mesh: can.ply, box.stl.');
  });
});
