// A model on the device at the two sizes that refinement draws, and in which poses it looks the same.
import type { CpuDevice } from '../../devices/cpu/cpu-device.ts';
import type { PoseModel } from '../../formats/pose-scene.ts';
import { decimateMesh } from '../../geometry/decimate.ts';
import type { Mesh } from '../../geometry/mesh.ts';
import { findSymmetries, type Symmetries } from '../../geometry/symmetry.ts';
import { meshColours } from '../../ops/rasterise/mesh-colours.ts';
import { uploadMesh } from '../../ops/rasterise/pose-cpu.ts';
import { prepareMesh } from '../../ops/rasterise/render-mesh.ts';
import type { PoseMeshes } from './pose-target.ts';

const reducedTriangles = 3000;
/** More are not seen at the sizes that are drawn. */
const mostTriangles = 200_000;

/** Enough triangles to tell symmetries within a hundredth of the diameter. */
export async function symmetriesOf(mesh: Mesh): Promise<Symmetries> {
  return findSymmetries((await decimateMesh(mesh, reducedTriangles)).mesh);
}

/** The caller disposes both. Throws a LabError of code 'input' for a mesh without area. */
export async function uploadPoseMeshes(
  device: CpuDevice,
  { mesh, name, texture }: Pick<PoseModel, 'mesh' | 'name' | 'texture'>,
): Promise<PoseMeshes> {
  const shown = (await decimateMesh(mesh, mostTriangles, 'keep')).mesh;
  const full = prepareMesh(shown, name);
  const reduced = prepareMesh((await decimateMesh(mesh, reducedTriangles)).mesh, name, full);
  return {
    full: uploadMesh(device, full, meshColours(shown, full, texture)),
    reduced: uploadMesh(device, reduced),
  };
}
