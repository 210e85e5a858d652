// Seconds of the camera stages on perfect tracks of a walk through a room: growth with the number of frames, with all six
// members, and the shares of descent and polish; threads against one.

import { cameraMethodSettings } from '../src/fits/flowmap/camera-method.ts';
import { searchCameras } from '../src/fits/flowmap/camera-search.ts';
import { roomArc } from '../src/fits/flowmap/track-fixtures.ts';
import { openNodeDevice } from '../src/host/node-device.ts';
import { observationsFromTracks } from '../src/ops/reproject/observations.ts';
import { createReprojector } from '../src/ops/reproject/reproject-cpu.ts';

console.log('frames  threads  tracks  observations  seconds  descent  polish  per frame');
for (const threads of [2, 1]) {
  const device = await openNodeDevice({ threads });
  for (const frames of threads === 1 ? [40] : [20, 40, 80, 160]) {
    // Two degrees from frame to frame; 200 points from every second one.
    const scene = roomArc({ frames, degrees: 2 * frames, points: 200, noise: 0.2, outliers: 0.05 });
    const observations = observationsFromTracks(scene.tracks, frames, scene.camera);
    const reprojector = createReprojector(device, observations);
    const began = performance.now();
    let polishFrom = began;
    searchCameras(reprojector, cameraMethodSettings, ({ pass, member }) => {
      if (pass === cameraMethodSettings.descents && member === 0) polishFrom = performance.now();
    });
    const seconds = (performance.now() - began) / 1000;
    const descent = (polishFrom - began) / 1000;
    reprojector.dispose();
    const cells = [
      String(threads).padStart(9),
      String(observations.tracks).padStart(8),
      String(observations.trackOf.length).padStart(14),
      seconds.toFixed(1).padStart(9),
      descent.toFixed(1).padStart(9),
      (seconds - descent).toFixed(1).padStart(8),
      `${((1000 * seconds) / frames).toFixed(0)} ms`.padStart(11),
    ];
    console.log(String(frames).padStart(6) + cells.join(''));
  }
  device.dispose();
}
