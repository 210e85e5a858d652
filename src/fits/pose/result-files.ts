// What a refinement came to as files for other tools: the pose both ways with its covariance, the members as a table, and
// the scene to look at in 3-D. Any process.

import { encodeBopResults } from '../../formats/bop-results.ts';
import { encodeCsv } from '../../formats/csv.ts';
import { encodeGlb, type GlbMeshNode } from '../../formats/glb.ts';
import { encodeJson } from '../../formats/json.ts';
import type { PoseModel } from '../../formats/pose-scene.ts';
import { encodePoseJson } from '../../formats/start-file.ts';
import type { Camera } from '../../geometry/camera.ts';
import { decimateMesh } from '../../geometry/decimate.ts';
import { boundingBoxCentre, meshDiameter } from '../../geometry/mesh-report.ts';
import { picturePlane } from '../../geometry/primitives.ts';
import { type CamFromObject, rigid, transformPoint } from '../../geometry/rigid.ts';
import { identityRotation, logSo3, radiansPerDegree } from '../../geometry/rotation.ts';
import { smallerTexture, type Texture } from '../../ops/rasterise/mesh-colours.ts';
import type { EncodePicture, ExportFile } from '../fit.ts';
import type { PoseCovariance } from './covariance.ts';
import type { PoseCluster } from './verdict.ts';

/** A member at the end of a run. */
export interface MemberResult {
  readonly member: number;
  readonly label: string;
  readonly learningRate: number;
  readonly loss: number;
  /** In the order of the problem's terms. */
  readonly terms: readonly number[];
  readonly camFromObject: CamFromObject;
}

export interface PoseResult {
  /** As files of the field number them. */
  readonly sceneId: number;
  readonly imageId: number;
  readonly model: PoseModel;
  readonly camera: Camera;
  /** [camera.height, camera.width, 3], 0 to 1 */
  readonly image: Float32Array;
  readonly camFromObject: CamFromObject;
  readonly covariance: PoseCovariance | undefined;
  /** Intersection over union of drawing and mask, 0 to 1. */
  readonly overlap: number;
  /** That the run took; undefined: not known. */
  readonly seconds: number | undefined;
  readonly termNames: readonly string[];
  readonly members: readonly MemberResult[];
  /** Best first. */
  readonly clusters: readonly PoseCluster[];
}

/** poses.csv (a row of a BOP results file), pose.json, covariance.json (where there is one), members.csv and scene.glb. */
export async function resultFiles(result: PoseResult, encodePicture: EncodePicture): Promise<ExportFile[]> {
  const { sceneId, imageId, model, camFromObject, covariance, overlap, seconds } = result;
  const { objectId } = model;
  const taken = seconds === undefined ? -1 : Number(seconds.toFixed(3));
  return [
    {
      name: 'poses.csv',
      bytes: encodeBopResults([{ sceneId, imageId, objectId, score: overlap, camFromObject, seconds: taken }]),
    },
    { name: 'pose.json', bytes: encodePoseJson(camFromObject, imageId, objectId) },
    ...(covariance === undefined ? [] : [{ name: 'covariance.json', bytes: covarianceJson(result, covariance) }]),
    { name: 'members.csv', bytes: membersCsv(result) },
    { name: 'scene.glb', bytes: await sceneGlb(result, encodePicture) },
  ];
}

function covarianceJson({ imageId, model, camFromObject }: PoseResult, covariance: PoseCovariance): Uint8Array {
  const centre = boundingBoxCentre(model.mesh);
  const { matrix, rotationDegrees, alongMillimetres, acrossMillimetres } = covariance;
  return encodeJson({
    im_id: imageId,
    obj_id: model.objectId,
    about: 'rotation vector about the centre of the object, then translation of that centre, both in camera axes',
    axes: 'OpenCV: x right, y down, z forward',
    order: ['rotation x', 'rotation y', 'rotation z', 'translation x', 'translation y', 'translation z'],
    units: ['degrees', 'degrees', 'degrees', 'millimetres', 'millimetres', 'millimetres'],
    centreInObject: [...centre],
    centreInCamera: [...transformPoint(camFromObject, centre)],
    covariance: [0, 1, 2, 3, 4, 5].map(row => [...matrix.subarray(6 * row, 6 * row + 6)]),
    standardDeviation: {
      rotationDegrees,
      alongViewingRayMillimetres: alongMillimetres,
      acrossViewingRayMillimetres: acrossMillimetres,
    },
  });
}

/** One row for each member: rotation vector in degrees and translation in millimetres of camFromObject. */
function membersCsv({ termNames, members, clusters }: PoseResult): Uint8Array {
  return encodeCsv({
    header: [
      ...['member', 'label', 'learning_rate', 'loss', ...termNames, 'cluster'],
      ...['rotation_x_deg', 'rotation_y_deg', 'rotation_z_deg', 'x_mm', 'y_mm', 'z_mm'],
    ],
    rows: members.map(({ member, label, learningRate, loss, terms, camFromObject }) => [
      member,
      label,
      learningRate,
      loss,
      ...terms,
      clusterOf(clusters, member),
      ...logSo3(camFromObject.rotation).map(value => value / radiansPerDegree),
      ...camFromObject.translation,
    ]),
  });
}

/** From 1, the best first; empty for what left alone. */
function clusterOf(clusters: readonly PoseCluster[], member: number): number | string {
  const at = clusters.findIndex(({ members }) => members.includes(member));
  return at < 0 ? '' : at + 1;
}

/** Viewers are slow with more. */
const mostTriangles = 100_000;
const longestSide = 2048;

/** The world of the file is the camera: the photo stands one diameter behind the object, as far as the camera sees it. */
async function sceneGlb(
  { model, camera, image, camFromObject }: PoseResult,
  encodePicture: EncodePicture,
): Promise<Uint8Array> {
  const { texture } = model;
  const { mesh } = await decimateMesh(model.mesh, mostTriangles, 'keep');
  const encode = (picture: Texture) => {
    const factor = Math.ceil(Math.max(picture.width, picture.height) / longestSide);
    return encodePicture({ ...(factor > 1 ? smallerTexture(picture, factor) : picture), channels: 3 });
  };
  const { width, height } = camera;
  const depth = transformPoint(camFromObject, boundingBoxCentre(mesh))[2] + meshDiameter(mesh);
  const photo: GlbMeshNode = {
    name: 'photo',
    worldFromNode: rigid(identityRotation(), new Float64Array(3)),
    mesh: picturePlane(camera, depth),
    texturePng: await encode({ width, height, values: image }),
    shading: 'unlit',
  };
  const object: GlbMeshNode = {
    name: model.name,
    worldFromNode: rigid(camFromObject.rotation, camFromObject.translation),
    mesh,
    texturePng: texture && (await encode(texture)),
    shading: 'lit',
  };
  return encodeGlb({
    name: model.name,
    metresPerUnit: 0.001,
    meshes: [photo, object],
    points: [],
    cameras: [{ name: 'camera', worldFromCam: rigid(identityRotation(), new Float64Array(3)), camera }],
  });
}
