// What the pose fit works on, whatever the files were: objects with meshes, frames with a camera, and where each object is
// known or believed to be. All lengths are millimetres, poses are camFromObject in OpenCV axes, the first pixel centre is
// (0.5, 0.5). Plain data, any process; `media/read-pose-scene.ts` fills it from disk.
import type { Camera } from '../geometry/camera.ts';
import type { Mesh } from '../geometry/mesh.ts';
import type { CamFromObject, WorldFromCam } from '../geometry/rigid.ts';
import type { Symmetries } from '../geometry/symmetry.ts';
import { LabError } from '../protocol/lab-error.ts';
import type { CsvValue } from './csv.ts';

/** Whether a file of this name makes its folder a scene. */
export function isSceneIndex(name: string): boolean {
  return name === 'scene.json' || name === 'scene_camera.json';
}

/** A scene as its index files describe it; pixels and meshes are named, not loaded. */
export interface PoseScene {
  readonly name: string;
  /** The scene_id of BOP files; undefined where the scene has no number of its own. */
  readonly sceneId: number | undefined;
  /** What the files' unit of length is, in words: 'metres'. */
  readonly unit: string;
  readonly objects: readonly SceneObject[];
  readonly frames: readonly SceneFrame[];
  /** What was assumed or left out, in sentences for the user. */
  readonly notes: readonly string[];
}

/** Symmetries are those that the scene states, in millimetres. */
export interface SceneObject extends Symmetries {
  readonly objectId: number;
  readonly name: string;
  /** Path below the scene's folder; undefined where there is a pose and a mask but no mesh. */
  readonly meshFile: string | undefined;
  /** Path below the scene's folder, where the scene names it; else the mesh does. */
  readonly textureFile: string | undefined;
  /** Texture coordinates count from here; undefined: as the mesh format has it. */
  readonly textureOrigin: 'bottom-left' | 'top-left' | undefined;
  readonly millimetresPerMeshUnit: number;
  /** As stated by the scene. */
  readonly diameterMillimetres: number | undefined;
}

export interface SceneFrame {
  /** The im_id of BOP files; the 0-based position in a `scene.json`. */
  readonly imageId: number;
  /** Paths below the scene's folder. */
  readonly imageFile: string;
  readonly depthFile: string | undefined;
  /** Millimetres per step of the 16-bit depth picture. */
  readonly millimetresPerDepthStep: number;
  /** A picture with a value per object; instances name theirs. */
  readonly labelFile: string | undefined;
  readonly camera: Camera;
  /** Where the cameras of several frames are known to stand, millimetres. */
  readonly worldFromCam: WorldFromCam | undefined;
  readonly instances: readonly SceneInstance[];
}

/**
 * Positions of `views` frames with a mask of an object at rest: `frame` first, then those after it, in turn, whose cameras
 * are known. Throws a LabError of code 'input' where there are fewer.
 */
export function viewsOfObject({ frames }: PoseScene, frame: number, objectId: number, views: number): number[] {
  const shows = (position: number): boolean => {
    const { instances, labelFile, worldFromCam } = frames[position];
    const isMasked = instances.some(
      each => each.objectId === objectId && (each.maskFile !== undefined || labelFile !== undefined),
    );
    return position !== frame && worldFromCam !== undefined && isMasked;
  };
  const further = frames.map((_, k) => (frame + 1 + k) % frames.length);
  const found = [frame, ...(frames[frame].worldFromCam === undefined ? [] : further.filter(shows))].slice(0, views);
  if (found.length === views) return found;
  throw new LabError({
    code: 'input',
    message: `Frame ${frame} and ${views - 1} more that show object ${objectId} from known cameras are not to be had.`,
    where: `frame ${frame}, object ${objectId}`,
    tip: 'Cameras are known where the scene gives cam_to_world (scene.json) or cam_R_w2c and cam_t_w2c (BOP). Lower views.',
  });
}

/** One object in one frame. */
export interface SceneInstance {
  readonly objectId: number;
  /** Its value in the frame's label file. */
  readonly label: number | undefined;
  /** A mask picture of its own, non-zero where it is visible. */
  readonly maskFile: string | undefined;
  /** Truth, where known. */
  readonly camFromObject: CamFromObject | undefined;
  /** The share of the object that is visible, 0 to 1, where stated. */
  readonly visibleShare: number | undefined;
}

/** A start or a result: one row of a BOP results file, millimetres. */
export interface ScenePose {
  /** This and the score are as the table has them: text where a number would not keep what is written. */
  readonly sceneId: CsvValue;
  readonly imageId: number;
  readonly objectId: number;
  readonly score: CsvValue;
  readonly camFromObject: CamFromObject;
  /** Seconds for the whole image; −1: not known. */
  readonly seconds: number;
}

/** A mesh in millimetres with its texture decoded. */
export interface PoseModel {
  readonly objectId: number;
  readonly name: string;
  readonly mesh: Mesh;
  readonly texture: TexturePixels | undefined;
  /** What was missing or left out, in sentences for the user. */
  readonly notes: readonly string[];
}

export interface TexturePixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], 0 to 1 */
  readonly values: Float32Array;
}

/** One frame with its pixels. */
export interface FramePixels {
  readonly camera: Camera;
  /** [height, width, 3], 0 to 1 */
  readonly image: Float32Array;
  /** [height, width], z-depth in millimetres, 0 where unknown */
  readonly depthMillimetres: Float32Array | undefined;
  /** By position in `SceneFrame.instances`: [height, width], 0 to 1; undefined where the frame has none for it. */
  readonly masks: readonly (Float32Array | undefined)[];
  /** [height, width], the label picture as stored, 0 background: other labels than an object's own may hide it. */
  readonly labels: Uint16Array | undefined;
}

/** A scene with everything in memory. */
export interface LoadedPoseScene {
  readonly scene: PoseScene;
  readonly models: ReadonlyMap<number, PoseModel>;
  /** By position in `scene.frames`. */
  readonly pixels: readonly FramePixels[];
}
