import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canCullBackFaces, reportMesh } from '../../geometry/mesh-report.ts';
import { median } from '../../geometry/pose-metrics.ts';
import { compose, invert, rigid, transformPoint, transformPoints } from '../../geometry/rigid.ts';
import { rotationAbout } from '../../geometry/rotation.ts';
import { loadPoseScene } from '../../media/read-pose-scene.ts';
import { writeBopScene } from '../../media/write-bop-scene.ts';
import { photograph } from './photograph.ts';
import { makeSampleScene, onlyObject, sharedSampleScene } from './sample-scene.ts';

const seed = 6;
const loaded = makeSampleScene({ frames: 3, seed, width: 160 });
const { scene, models, pixels } = loaded;

/** `toEqual` takes seconds for a picture. */
const isSame = (a: Float32Array | undefined, b: Float32Array | undefined) =>
  a !== undefined && a.length === b?.length && a.every((value, i) => value === b[i]);

describe('sample scene', () => {
  it('has a can, a box, a bowl and a screw that can be drawn with an inside', () => {
    expect([...models.values()].map(({ name }) => name)).toEqual(['can', 'box', 'bowl', 'screw']);
    for (const { mesh, name } of models.values()) {
      const report = reportMesh(mesh);
      expect(canCullBackFaces(report), name).toBe(true);
      expect(report.degenerateTriangles, name).toBe(0);
    }
  });

  it('shows every object in every frame, some of them partly hidden', () => {
    const shares = scene.frames.flatMap(({ instances }) => instances.map(({ visibleShare }) => visibleShare!));
    expect(Math.min(...shares)).toBeGreaterThan(0.5);
    expect(Math.min(...shares)).toBeLessThan(0.9);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  });

  it('has exact truth: drawn at it, an object covers its mask, and its depth is the measured one within the noise', () => {
    scene.frames.forEach((frame, f) => {
      frame.instances.forEach(({ objectId, camFromObject }, i) => {
        const label = `frame ${f}, object ${objectId}`;
        const { mesh } = models.get(objectId)!;
        const { owner, depthMillimetres } = photograph(frame.camera, [{ mesh, camFromObject: camFromObject! }], {
          samples: 1,
        });
        const errors: number[] = [];
        let [visible, known] = [0, 0];
        pixels[f].masks[i]!.forEach((mask, k) => {
          if (mask === 0) return;
          visible++;
          expect(owner[k], label).toBe(0);
          const measured = pixels[f].depthMillimetres![k];
          if (measured === 0) return;
          known++;
          errors.push(measured - depthMillimetres[k]);
        });
        expect(visible, label).toBeGreaterThan(50);
        expect(known / visible, label).toBeGreaterThan(0.3);
        // The noise is 2.5e-6 z², below 1.3 mm here; the median of dozens is well below a millimetre.
        expect(Math.abs(median(errors)), label).toBeLessThan(0.6);
        expect(Math.max(...errors.map(Math.abs)), label).toBeLessThan(8);
        expect(
          errors.some(error => Math.abs(error) > 0.1),
          label,
        ).toBe(true);
      });
    });
  });

  it('stands still while the camera moves, on the table, and the camera is level', () => {
    const worlds = scene.frames.map(({ worldFromCam, instances }) =>
      instances.map(({ camFromObject }) => compose(worldFromCam!, camFromObject!)),
    );
    worlds[0].forEach((first, i) => {
      for (const other of worlds) {
        first.translation.forEach((value, k) => {
          expect(other[i].translation[k]).toBeCloseTo(value, 9);
        });
        first.rotation.forEach((value, k) => {
          expect(other[i].rotation[k]).toBeCloseTo(value, 12);
        });
      }
      const heights = transformPoints(first, models.get(i + 1)!.mesh.positions).filter((_, k) => k % 3 === 2);
      expect(heights.reduce((least, z) => Math.min(least, z))).toBeCloseTo(0, 4);
    });
    for (const { worldFromCam } of scene.frames) {
      const camFromWorld = invert(worldFromCam!);
      const [table, above] = [0, 100].map(z => transformPoint(camFromWorld, [0, 0, z]));
      // y runs down, so what is higher has a smaller y, and x does not change.
      expect(above[1]).toBeLessThan(table[1]);
      expect(above[0]).toBeCloseTo(table[0], 9);
      expect(table[2]).toBeGreaterThan(300);
    }
  });

  it('knows that a bowl looks the same however it is turned: its depth does not change, a box does', () => {
    const [{ camera, instances }] = scene.frames;
    const change = (objectId: number) => {
      const { camFromObject } = instances[objectId - 1];
      const { mesh } = models.get(objectId)!;
      const turn = rigid<'object', 'object'>(rotationAbout([0, 0, 1], Math.PI / 3), new Float64Array(3));
      const [before, after] = [camFromObject!, compose(camFromObject!, turn)].map(
        pose => photograph(camera, [{ mesh, camFromObject: pose }], { samples: 1 }).depthMillimetres,
      );
      return before.reduce((most, z, k) => Math.max(most, z > 0 && after[k] > 0 ? Math.abs(z - after[k]) : 0), 0);
    };
    expect(scene.objects[2].symmetryAxes.length).toBe(1);
    expect(change(3)).toBeLessThan(0.01);
    expect(scene.objects[1].symmetryAxes.length).toBe(0);
    expect(change(2)).toBeGreaterThan(5);
  });

  it('follows from its seed, and lets one object be picked', () => {
    const again = makeSampleScene({ frames: 3, seed, width: 160 });
    again.pixels.forEach(({ image, depthMillimetres }, f) => {
      expect(isSame(image, pixels[f].image)).toBe(true);
      expect(isSame(depthMillimetres, pixels[f].depthMillimetres)).toBe(true);
    });
    const other = makeSampleScene({ frames: 1, seed: seed + 1, width: 160 });
    expect(isSame(other.pixels[0].image, pixels[0].image)).toBe(false);
    const screw = onlyObject(loaded, 4);
    expect([...screw.models.keys()]).toEqual([4]);
    expect(screw.pixels[1].masks.length).toBe(1);
    expect(screw.pixels[1].masks[0]).toBe(pixels[1].masks[3]);
    expect(screw.scene.frames[1].instances).toEqual([scene.frames[1].instances[3]]);
    expect(screw.pixels[1].image).toBe(pixels[1].image);
  });

  it('is kept for who asks again, the two used last', () => {
    // Without pictures, which take the time.
    const shared = (width: number) => sharedSampleScene({ frames: 0, seed, width });
    const [first, second] = [shared(40), shared(80)];
    expect(second).not.toBe(first);
    expect(shared(40)).toBe(first);
    shared(120);
    expect(shared(40)).toBe(first);
    expect(shared(80)).not.toBe(second);
  });

  it('comes back from a BOP folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-sample-'));
    try {
      await writeBopScene(join(folder, '000001'), loaded);
      const read = await loadPoseScene(join(folder, '000001'));
      pixels.forEach(({ image, depthMillimetres, masks }, f) => {
        expect(isSame(read.pixels[f].image, image)).toBe(true);
        expect(isSame(read.pixels[f].depthMillimetres, depthMillimetres)).toBe(true);
        masks.forEach((mask, i) => {
          expect(isSame(read.pixels[f].masks[i], mask)).toBe(true);
        });
      });
      read.scene.frames.forEach((frame, f) => {
        frame.instances.forEach(({ camFromObject }, i) => {
          const { rotation, translation } = scene.frames[f].instances[i].camFromObject!;
          expect(camFromObject!.translation).toEqual(translation);
          rotation.forEach((value, k) => {
            expect(camFromObject!.rotation[k]).toBeCloseTo(value, 12);
          });
        });
        expect(frame.camera).toEqual(scene.frames[f].camera);
      });
      for (const [id, model] of models) {
        const other = read.models.get(id)!;
        expect(isSame(other.mesh.positions, model.mesh.positions)).toBe(true);
        if (model.texture === undefined) expect(other.texture).toBeUndefined();
        else expect(isSame(other.texture?.values, model.texture.values)).toBe(true);
      }
      expect(read.scene.objects[2].symmetryAxes).toEqual(scene.objects[2].symmetryAxes);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
