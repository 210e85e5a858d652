import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decimateMesh } from '../../geometry/decimate.ts';
import { scaleMesh } from '../../geometry/mesh.ts';
import { reportMesh } from '../../geometry/mesh-report.ts';
import { boxMesh } from '../../geometry/primitives.ts';
import { type CamFromObject, compose, flipCameraAxes, invert, rigid, scaleTranslation } from '../../geometry/rigid.ts';
import { expSo3, transposed } from '../../geometry/rotation.ts';
import { readPoseFrame, readPoseModel, readPoseScene } from '../../media/read-pose-scene.ts';
import { photograph } from './photograph.ts';
import { reportUnits, type UnitsInput, unitsFacts, unitsWarnings } from './units-report.ts';

const camera = { width: 320, height: 240, fx: 300, fy: 300, cx: 160, cy: 120 };
const mesh = boxMesh(100, 120, 80);
const start: CamFromObject = rigid(expSo3([0.4, 0.3, 0.1]), Float64Array.of(20, -10, 600));
const seen = photograph(camera, [{ mesh, camFromObject: start }], { samples: 1 });
const good: UnitsInput = {
  camera,
  mesh,
  meshReport: reportMesh(mesh),
  start,
  mask: Float32Array.from(seen.owner, owner => (owner === 0 ? 1 : 0)),
  depthMillimetres: seen.depthMillimetres,
};
const scaled = (factor: number): Partial<UnitsInput> => ({
  mesh: scaleMesh(mesh, factor),
  meshReport: reportMesh(scaleMesh(mesh, factor)),
});
const warningsOf = (change: Partial<UnitsInput>) =>
  reportUnits({ ...good, ...change }).warnings.map(({ subject, message, tip }) => `${subject}: ${message} ${tip}`);
const only = (change: Partial<UnitsInput>): string => {
  const warnings = warningsOf(change);
  expect(warnings.length, warnings.join('\n')).toBe(1);
  return warnings[0];
};

describe('report before a pose is fitted', () => {
  it('states sizes and distances, and has nothing to say about a good input', () => {
    const report = reportUnits(good);
    expect(report.warnings).toEqual([]);
    expect(report.diameterMillimetres).toBeCloseTo(Math.hypot(100, 120, 80), 4);
    expect(report.distanceMillimetres).toBeCloseTo(600, 9);
    expect(report.overlapWithMask).toBeGreaterThan(0.9);
    // Its near side is half a diameter before the middle at most.
    expect(report.depthMillimetres).toBeGreaterThan(600 - report.diameterMillimetres / 2);
    expect(report.depthMillimetres).toBeLessThan(600);
    // A face of 100 × 120 mm at 560 mm, seen straight on, has 53.6 × 64.3 pixels.
    const straight = reportUnits({ ...good, start: rigid(expSo3([0, 0, 0]), Float64Array.of(0, 0, 600)) });
    expect(straight.projectedWidth).toBeCloseTo((300 * 100) / 560, 9);
    expect(straight.projectedHeight).toBeCloseTo((300 * 120) / 560, 9);
    expect(straight.shareOfImage).toBeCloseTo((300 * 300 * 100 * 120) / 560 / 560 / 320 / 240, 9);
  });

  it('is told in words with units', () => {
    const straight = { ...good, start: rigid(expSo3([0, 0, 0]), Float64Array.of(0, 0, 600)) } as UnitsInput;
    const facts = unitsFacts(reportUnits(straight));
    expect(facts).toMatchObject({
      Diameter: '175 mm',
      'Distance at the start': '600 mm',
      'Size in the image': '53.6 × 64.3 pixels',
      'Share of the image': '4.48 %',
    });
    expect(Object.keys(unitsFacts(reportUnits({ ...straight, mask: undefined })))).not.toContain('Mask');
    const [warning] = unitsWarnings(reportUnits({ ...good, mask: new Float32Array(320 * 240) }));
    expect(warning).toBe('The mask is empty. Give a mask whose pixels of the object are not zero.');
  });

  it.each([
    [1e-3, '10³ too small'],
    [0.1, '10¹ too small'],
    [10, '10¹ too large'],
  ])('a mesh in another unit (× %d) is named, by mask and depth', (factor, words) => {
    const warnings = warningsOf(scaled(factor));
    expect(warnings.filter(text => text.startsWith('unit:'))).toEqual([
      expect.stringContaining(`The mesh is ${words}`),
    ]);
  });

  it('a mesh 1,000 times too large reaches behind the camera, and its unit is still named', () => {
    expect(warningsOf(scaled(1000)).join('\n')).toMatch(/The mesh is 10³ too large/);
  });

  it('a mesh that is a single point is not called too small', () => {
    const point = { ...mesh, positions: new Float32Array(mesh.positions.length) };
    const words = warningsOf({ mesh: point, meshReport: reportMesh(point) }).join('\n');
    expect(words).toMatch(/None of the 12 triangles of the mesh has an area/);
    expect(words).not.toMatch(/too small|too large|: 0 mm/);
  });

  it('a start in metres and a start in tenths of millimetres are named', () => {
    expect(warningsOf({ start: scaleTranslation(start, 10) }).join('\n')).toMatch(/The start pose is 10¹ too large/);
    const metres = warningsOf({ start: scaleTranslation(start, 1e-3) }).join('\n');
    expect(metres).toMatch(/The start pose is 10³ too small: poses are in millimetres/);
  });

  it.each([
    [1000, 'too large'],
    [0.1, 'too small'],
  ])('a depth scale that is off (× %d) is named', (factor, words) => {
    const depthMillimetres = seen.depthMillimetres.map(z => z * factor);
    expect(only({ depthMillimetres })).toMatch(new RegExp(`unit: .*The depth is 10. ${words}: check its scale`));
  });

  it('without depth two units that disagree are shown, without a guess which', () => {
    const warnings = warningsOf({ ...scaled(0.01), depthMillimetres: undefined });
    expect(warnings.join('\n')).toMatch(
      /unit: The object is .* by the size of mesh and mask, 600 mm by the start pose/,
    );
  });

  it('a start behind the camera: OpenGL axes and inverted poses are told apart', () => {
    expect(only({ start: compose(flipCameraAxes, start) })).toMatch(/600 mm behind the camera.*OpenGL axes/);
    const unseen = { mask: undefined, depthMillimetres: undefined };
    expect(only({ ...unseen, start: compose(flipCameraAxes, start) })).toMatch(/behind the camera.*OpenGL axes/);
    const aside: CamFromObject = rigid(expSo3([0.4, 0.3, 0.1]), Float64Array.of(900, 0, 600));
    const inverted = invert(aside);
    const back = rigid<'cam', 'object'>(inverted.rotation, inverted.translation);
    expect(warningsOf({ start: back }).join('\n')).toMatch(/behind the camera.*invert the matrix/);
    const straddling = rigid<'cam', 'object'>(start.rotation, Float64Array.of(0, 0, 30));
    expect(warningsOf({ start: straddling }).join('\n')).toMatch(/Part of the object is behind the camera/);
  });

  it.each<[string, (pose: CamFromObject) => CamFromObject, RegExp]>([
    ['OpenGL axes', pose => compose(flipCameraAxes, pose), /OpenGL axes.*Negate the second and third row/],
    [
      'an inverse',
      pose => rigid(invert(pose).rotation, invert(pose).translation),
      /from camera to object.*Invert the matrix/,
    ],
    [
      'a transposed rotation',
      ({ rotation, translation }) => rigid(transposed(rotation), translation),
      /Transpose the nine/,
    ],
    ['metres', pose => scaleTranslation(pose, 1e-3), /in metres.*Multiply the translation by 1,000/],
    ['centimetres', pose => scaleTranslation(pose, 0.1), /in centimetres.*Multiply the translation by 10\./],
    [
      'OpenGL axes and metres',
      pose => scaleTranslation(compose(flipCameraAxes, pose), 1e-3),
      /OpenGL axes.*in metres.*Negate the second and third row of the matrix, then multiply the translation by 1,000/,
    ],
  ])('%s: the mask tells, without depth too', (_, confuse, words) => {
    // A long bar, whose silhouette tells its turn.
    const bar = boxMesh(30, 220, 40);
    const pose: CamFromObject = rigid(expSo3([0.3, 0.5, 0.9]), Float64Array.of(60, -30, 600));
    const { owner } = photograph(camera, [{ mesh: bar, camFromObject: pose }], { samples: 1 });
    const mask = Float32Array.from(owner, one => (one === 0 ? 1 : 0));
    const barInput = { mesh: bar, meshReport: reportMesh(bar), mask, depthMillimetres: undefined };
    expect(warningsOf({ ...barInput, start: pose })).toEqual([]);
    const rough = rigid<'cam', 'object'>(expSo3([0.3, 0.7, 1.2]), Float64Array.of(75, -20, 620));
    expect(warningsOf({ ...barInput, start: rough })).toEqual([]);
    expect(warningsOf({ ...barInput, start: confuse(pose) }).filter(text => text.startsWith('start:'))).toEqual([
      expect.stringMatching(words),
    ]);
  });

  it('a start outside the image, or beside the mask', () => {
    const shifted = (x: number) => rigid<'cam', 'object'>(start.rotation, Float64Array.of(x, 0, 600));
    expect(only({ start: shifted(2000) })).toMatch(/outside the image/);
    expect(only({ start: shifted(-220) })).toMatch(/do not overlap/);
  });

  it('objects that are too small or too large for the image', () => {
    const far = rigid<'cam', 'object'>(start.rotation, Float64Array.of(0, 0, 2900));
    expect(only({ start: far, mask: undefined, depthMillimetres: undefined })).toMatch(/size: .*less than 1 %/);
    const near = rigid<'cam', 'object'>(start.rotation, Float64Array.of(0, 0, 120));
    expect(only({ start: near, mask: undefined, depthMillimetres: undefined })).toMatch(/times as large as the image/);
  });

  it('an empty mask, a label that is not there, a mask without depth', () => {
    const mask = new Float32Array(320 * 240);
    expect(only({ mask })).toMatch(/mask: The mask is empty/);
    const values = Uint16Array.from(mask, (_, i) => [0, 21, 8][i % 3]);
    expect(only({ mask, labels: { wanted: 7, values } })).toMatch(/no pixel of value 7; it has 8, 21/);
    expect(only({ depthMillimetres: new Float32Array(320 * 240) })).toMatch(/depth: The depth image is empty/);
    const aside = Float32Array.from(good.mask!, value => (value > 0.5 ? 0 : 900));
    expect(only({ depthMillimetres: aside })).toMatch(/Inside the mask no depth is known/);
  });

  it.each([
    ['inverted', good.mask!.map(value => 1 - value), /mask: The mask covers 94.7 % of the image .* looks inverted/],
    ['all white', good.mask!.map(() => 1), /mask: The mask covers the whole image/],
    ['one pixel', good.mask!.map((_, i) => (i === 120 * 320 + 150 ? 1 : 0)), /mask: The mask has a single pixel/],
  ])('a mask that is %s is named, and nothing is concluded from its size', (_, mask, words) => {
    expect(only({ mask })).toMatch(words);
  });

  it('a mesh in a far too large unit: that alone, and no advice about the start', () => {
    expect(only(scaled(1e6))).toMatch(/unit: .*The mesh is 10⁶ too large/);
  });

  it('a camera matrix for another image size, or with focal lengths in millimetres', () => {
    const double = { ...camera, cx: 320, cy: 240 };
    expect(warningsOf({ camera: double }).join('\n')).toMatch(/camera: .*looks like one for 640 × 480 pixels/);
    expect(warningsOf({ camera: { ...camera, fx: 4.2, fy: 4.2 } }).join('\n')).toMatch(/camera: The camera sees 177°/);
  });

  it('a huge, open or partly degenerate mesh, and what its reader noted', () => {
    const { meshReport } = good;
    expect(only({ meshReport: { ...meshReport, triangles: 1e6 } })).toMatch(/1,000,000 triangles.*thins it out/);
    expect(only({ meshReport: { ...meshReport, degenerateTriangles: 4 } })).toMatch(/4 of 12 triangles have no area/);
    expect(only({ meshReport: { ...meshReport, degenerateTriangles: 12 } })).toMatch(/None of the 12 triangles/);
    expect(only({ meshReport: { ...meshReport, closed: false } })).toMatch(/holes or open borders/);
    expect(only({ meshReport: { ...meshReport, consistentlyOriented: false } })).toMatch(/do not agree/);
    expect(only({ notes: ['The texture can.png is missing.'] })).toMatch(/mesh: The texture can.png is missing/);
  });
});

const data = ['../shared/data', '/work/shared/data'].find(path => existsSync(path));

describe.skipIf(data === undefined)('development sets (skipped where ../shared/data is absent)', () => {
  it.each([
    ['obj_ycbv', undefined],
    ['obj_lmo', undefined],
    ['obj_hope_scene2', undefined],
    ['obj_chessboard_opencv', 25],
  ])('%s: no unit is doubted at the true poses, and each is when the mesh is in another one', async (name, unit) => {
    const { scene, folder } = await readPoseScene(join(data!, name), unit);
    const models = new Map<number, { mesh: UnitsInput['mesh']; meshReport: UnitsInput['meshReport'] }>();
    for (const object of scene.objects) {
      if (object.meshFile === undefined) continue;
      const { mesh: full } = await readPoseModel(folder, object);
      models.set(object.objectId, { mesh: (await decimateMesh(full, 1000)).mesh, meshReport: reportMesh(full) });
    }
    for (const frame of scene.frames.slice(0, 2)) {
      const { camera, masks, depthMillimetres } = await readPoseFrame(folder, frame);
      frame.instances.forEach(({ objectId, camFromObject }, i) => {
        const model = models.get(objectId);
        if (model === undefined) return;
        const input: UnitsInput = { ...model, camera, start: camFromObject!, mask: masks[i], depthMillimetres };
        const label = `${name} image ${frame.imageId} object ${objectId}`;
        const { warnings, overlapWithMask } = reportUnits(input);
        expect(
          warnings.filter(({ subject }) => ['unit', 'start', 'mask', 'depth'].includes(subject)),
          label,
        ).toEqual([]);
        expect(overlapWithMask, label).toBeGreaterThan(0);
        for (const factor of [1e-3, 0.1, 10]) {
          const { diameter } = model.meshReport;
          const meshReport = { ...model.meshReport, diameter: factor * diameter };
          const wrong = reportUnits({ ...input, mesh: scaleMesh(model.mesh, factor), meshReport });
          expect(
            wrong.warnings.some(({ subject }) => subject === 'unit'),
            `${label}, × ${factor}`,
          ).toBe(true);
        }
      });
    }
  });
});
