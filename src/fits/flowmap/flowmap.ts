// The fit `flowmap`: cameras, focal length and points of a hand-held video of a still scene, from point tracks (after Smith et
// al., arXiv 2404.15259, with tracks and explicit depths in place of networks). This file says what users can set; problem.ts
// does the work.

import type { Fit, SettingDescription } from '../fit.ts';
import { cameraHyper, cameraMethodSettings } from './camera-method.ts';
import { denseDepthBytes } from './dense-depth.ts';
import { loadCameras } from './problem.ts';
import { samples } from './sample-videos.ts';

function wholeSetting(
  name: string,
  title: string,
  value: number | undefined,
  [minimum, maximum]: readonly [number, number],
  group: string,
  help: string,
): SettingDescription {
  return {
    ...{ name, title, type: 'integer', default: value, minimum, maximum, live: 'fixed', group, level: 'basic', help },
  };
}

function rateSetting(name: string, title: string, value: number, help: string): SettingDescription {
  const range = { minimum: 0, maximum: 1, scale: 'log' } as const;
  return {
    name,
    title,
    type: 'number',
    default: value,
    ...range,
    live: 'live',
    group: 'Descent',
    level: 'basic',
    help,
  };
}

function weightSetting(name: string, title: string, value: number, help: string): SettingDescription {
  const range = { minimum: 0, maximum: 100 } as const;
  return { name, title, type: 'number', default: value, ...range, live: 'live', group: 'Loss', level: 'basic', help };
}

export const flowmap: Fit = {
  id: 'flowmap',
  title: 'Cameras from video',
  takes: 'a video, or a folder of frames: a still scene, filmed by a camera that moves through it',
  maxSide: 1920,
  exportContent:
    'world_from_cam: float32 [frame, 4, 4], OpenCV axes, frame 0 is the world; the scale is free, median depth 1 in all files. intrinsics: float32 [4], fx fy cx cy in pixels, first pixel centre at (0.5, 0.5).',
  exportFiles: [
    {
      name: 'poses.tum',
      content: 'TUM: time in seconds (or the number of the frame), camera to world, quaternion x y z w; OpenCV axes.',
    },
    {
      name: 'poses.kitti',
      content: 'KITTI: camera to world, 3 × 4 row by row; OpenCV axes (x right, y down, z forward).',
    },
    {
      name: 'transforms.json',
      content:
        'nerfstudio: camera to world in OpenGL axes (x right, y up, z back); focal lengths in pixels. Names the frames of a video file frame-NNNNN.png, NNNNN counted from 0 in the file; these pictures are not written.',
    },
    {
      name: 'colmap/',
      content:
        'COLMAP, text and binary: world to camera, quaternion w first, OpenCV axes; points with their tracks. Names of pictures as in transforms.json.',
    },
    {
      name: 'points.ply',
      content:
        'Points with colours, in the world of the cameras (that of frame 0, OpenCV axes): of dense depth, with its confidence, where there is some, else of the tracks.',
    },
    {
      name: 'depth/',
      content:
        '16-bit PNG of the size of each frame: z-depth, stored value × 0.001 median depths (depth.json says it for each); 0 is unknown.',
    },
    {
      name: 'depth.npz',
      content:
        'NumPy: depth and confidence (0 to 1), float32 [frame, height, width] as fitted; intrinsics fx fy cx cy of these maps; world_from_cam [frame, 4, 4].',
    },
    {
      name: 'scene.glb',
      content: 'glTF for viewers: cameras, points and photographs; y up, one metre for the median depth.',
    },
  ],
  companions: [
    {
      id: 'truth',
      title: 'True cameras',
      help: 'To compare with, never to fit: TUM, KITTI, transforms.json, scene.json, or a folder of COLMAP or of a run.',
      without: 'none',
    },
    {
      id: 'network',
      title: 'Depth network',
      help: 'Your own ONNX network that gives inverse depth, such as MiDaS or Depth Anything: dense depth starts from it. Needs the package onnxruntime-node.',
      without: 'none',
    },
  ],
  members: { usual: cameraMethodSettings.members, by: { setting: 'method', counts: { flow: 1 } } },
  settings: [
    {
      ...{ name: 'method', title: 'Method', type: 'choice', default: 'auto', choices: ['auto', 'flow'], live: 'fixed' },
      choiceTitles: { auto: 'Tracks, then depth', flow: 'Dense flow alone' },
      ...{ group: 'Descent', level: 'basic' },
      help: 'auto: cameras from point tracks, then dense depth. flow: the shape of the FlowMap paper, depth and focal length descended jointly, each motion the Procrustes alignment of depth along the flow; to see what flow alone can tell, not the accurate one.',
    },
    wholeSetting(
      'frames',
      'Frames at most',
      60,
      [3, 1000],
      'Video',
      'Of a longer video every so many frames are taken; time and memory grow with their number.',
    ),
    {
      name: 'focal',
      title: 'Focal length',
      type: 'number',
      default: undefined,
      minimum: 1,
      maximum: 1e6,
      unit: 'pixels',
      live: 'fixed',
      group: 'Video',
      level: 'basic',
      help: 'Where it is known, in pixels of the video; default: found with the cameras.',
    },
    wholeSetting(
      'descents',
      'Passes of descent',
      cameraMethodSettings.descents,
      [10, 10000],
      'Descent',
      'Passes of first-order descent before the polish, which takes at most 93 more; dense depth comes last.',
    ),
    wholeSetting(
      'observations',
      'Observations of a pass',
      cameraMethodSettings.observations,
      [100, 100000],
      'Descent',
      'Random sightings that a pass of the descent looks at.',
    ),
    rateSetting(
      'learningRate',
      'Camera rate',
      cameraHyper.learningRate,
      'Step of the motion from frame to frame: radians, and median depths. It falls to 2 % over the descent.',
    ),
    rateSetting(
      'depthRate',
      'Depth rate',
      cameraHyper.depthRate,
      'Step of the logarithm of each depth: of the points first, then of the grids of dense depth.',
    ),
    rateSetting('focalRate', 'Focal rate', cameraHyper.focalRate, 'Step of the logarithm of the focal length.'),
    {
      name: 'scaleFactor',
      title: 'Outlier scale',
      type: 'number',
      default: cameraHyper.scaleFactor,
      minimum: 0.1,
      maximum: 20,
      scale: 'log',
      live: 'live',
      group: 'Loss',
      level: 'basic',
      help: 'Factor on the Cauchy scale, which goes from 64 or 8 pixels to 1: residuals well above it count as outliers.',
    },
    wholeSetting(
      'depthDescents',
      'Passes of dense depth',
      cameraMethodSettings.depthDescents,
      [0, 10000],
      'Depth',
      'Passes of descent that give every pixel a depth, once the cameras are found; 0: only the points have one.',
    ),
    weightSetting(
      'smoothness',
      'Smoothness of depth',
      cameraHyper.smoothness,
      'Weight of the steps of log depth between neighbouring pixels that look alike.',
    ),
    weightSetting(
      'consistency',
      'Consistency of depth',
      cameraHyper.consistency,
      'Weight of the differences of log depth between frames, where the flow meets.',
    ),
    {
      name: 'longestGap',
      title: 'Longest flow',
      type: 'integer',
      default: cameraHyper.longestGap,
      minimum: 1,
      maximum: 8,
      unit: 'frames',
      live: 'live',
      group: 'Loss',
      level: 'basic',
      help: 'Flow between frames further apart has no part in the dense depth; it is measured over 1, 2, 4 and 8 frames.',
    },
    weightSetting(
      'networkWeight',
      'Pull of the depth network',
      cameraHyper.networkWeight,
      'Weight of the differences of log depth from what the depth network says, where one is given.',
    ),
  ],
  presets: {},
  optimizer: 'adam',
  optimizerNote: 'The fit moves its members itself: Adam, then Levenberg-Marquardt.',
  samples,
  figures: ['atePercent', 'residualPixels'],
  captions: {
    verdict: {
      sound:
        'Several members came to these cameras, or to the scene turned inside out, which explains less; nothing speaks against them.',
      'focal-not-observable': 'The video hardly tells the focal length: look at its range, and give it if you know it.',
      mirrored: 'The scene turned inside out explains the tracks as well: film from nearer, or with a wider lens.',
      disagreement:
        'No other member came to these cameras: compare the members, give the focal length, or more frames.',
      outliers: 'Many sightings fit no camera in a still scene: something large moves, or tracks are wrong.',
      behind: 'Many points lie behind a camera that saw them: do not trust these cameras.',
    },
  },
  bytes: ([frames = 1, height = 1, width = 1], [settings]) =>
    4 * frames * height * width + (64 << 20) + (settings?.depthDescents === 0 ? 0 : denseDepthBytes(frames)),
  load: loadCameras,
};
