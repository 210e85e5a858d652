// The layer that shows a view: by the kind of the view and nothing else.

import { CameraFrusta } from './camera-frusta.ts';
import { CameraPictures } from './camera-pictures.ts';
import { DepthRelief } from './depth-relief.ts';
import { ObjectMesh } from './object-mesh.ts';
import { ObjectPoses } from './object-poses.ts';
import { PictureStack } from './picture-stack.ts';
import { PointsLayer } from './point-cloud.ts';
import type { LayerRole, SceneLayer, SceneViewDescription } from './scene-layer.ts';

/**
 * `pictures`: what becomes of an image view, a stack of its own or the pictures of the cameras. `role` truth: another view
 * should come to equal this one, which is laid over it.
 */
export function createLayer(
  view: SceneViewDescription,
  pictures: 'stacked' | 'at-cameras',
  role: LayerRole = 'itself',
): SceneLayer {
  switch (view.kind) {
    case 'image':
      return pictures === 'stacked' ? new PictureStack(view) : new CameraPictures(view);
    case 'depth':
      return new DepthRelief(view);
    case 'points':
      return new PointsLayer();
    case 'cameras':
      return new CameraFrusta(role);
    case 'mesh':
      return new ObjectMesh(view);
    case 'poses':
      return new ObjectPoses(view);
  }
}
