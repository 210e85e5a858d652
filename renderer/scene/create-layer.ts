// The layer that shows a view: by the kind of the view and nothing else.

import { CameraFrusta } from './camera-frusta.ts';
import { DepthRelief } from './depth-relief.ts';
import { ObjectMesh } from './object-mesh.ts';
import { PictureStack } from './picture-stack.ts';
import { PointsLayer } from './point-cloud.ts';
import type { SceneLayer, SceneViewDescription } from './scene-layer.ts';

export function createLayer(view: SceneViewDescription): SceneLayer {
  switch (view.kind) {
    case 'image':
      return new PictureStack(view);
    case 'depth':
      return new DepthRelief(view);
    case 'points':
      return new PointsLayer();
    case 'cameras':
      return new CameraFrusta();
    case 'mesh':
      return new ObjectMesh();
  }
}
