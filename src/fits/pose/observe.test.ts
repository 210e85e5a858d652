// Which of several instances of an object is looked at, on a scene with two of them.
import { describe, expect, it } from 'vitest';
import { boundingBoxCentre } from '../../geometry/mesh-report.ts';
import { observeObject, observeViews } from './observe.ts';
import { makeSampleScene } from './sample-scene.ts';

describe('of two instances of an object', () => {
  const one = makeSampleScene({ frames: 1, seed: 1, width: 160 });
  const [frame] = one.scene.frames;
  const { objectId } = frame.instances[0];
  // The second object is taken for another of the first kind.
  const instances = frame.instances.map((each, i) => (i === 1 ? { ...each, objectId } : each));
  const two = { ...one, scene: { ...one.scene, frames: [{ ...frame, instances }] } };
  const [{ masks }] = two.pixels;

  it.each([0, 1])('number %d is looked at where the pose is nearest to its mask, in runs and batches', place => {
    const near = instances[place].camFromObject!;
    const object = observeObject(two, 0, objectId, near);
    expect(object.observation.mask).toBe(masks[place]);
    expect(object.truth).toBe(near);
    const views = [{ frame: two.scene.frames[0], pixels: two.pixels[0] }];
    const centre = boundingBoxCentre(object.model.mesh);
    const [seen] = observeViews(views, { objectId, camFromObject: near }, centre, () => undefined);
    expect(seen.mask).toBe(masks[place]);
  });

  it('the first is looked at where nothing is known of the pose', () => {
    expect(observeObject(two, 0, objectId).observation.mask).toBe(masks[0]);
  });
});
