// The handle by which a user takes an object in the scene and moves or turns it about its middle: three's TransformControls,
// with poses as the protocol has them (worldFromObject, OpenCV axes) going in and out.

import { type Camera, type Group, Matrix4, Object3D, Vector3 } from 'three';
import { TransformControls } from 'three/examples/jsm/controls/TransformControls.js';
import { nudgedPose } from './nudged-pose.ts';

export interface HandleEvents {
  /** While it is dragged. */
  onMove(pose: Matrix4): void;
  /** The hand lets go. */
  onDrop(before: Matrix4, after: Matrix4): void;
  onDragging(dragging: boolean): void;
  /** It has to be drawn again. */
  onChange(): void;
}

export interface HandleSteps {
  /** In the unit of the scene. */
  readonly shift: number;
  readonly degrees: number;
}

export class PoseHandle {
  readonly #controls: TransformControls;
  readonly #handle = new Object3D();
  readonly #world: Group;
  /** Of the object, in its own axes: what it turns about. */
  readonly #centre: Vector3;
  readonly #events: HandleEvents;
  #before: Matrix4 | undefined;
  #tool: 'move' | 'turn' = 'move';
  #eye: 'through' | 'free' = 'free';

  /** `world` holds what is in the axes of the data. */
  constructor(camera: Camera, canvas: HTMLCanvasElement, world: Group, centre: Vector3, events: HandleEvents) {
    this.#world = world;
    this.#centre = centre;
    this.#events = events;
    this.#controls = new TransformControls(camera, canvas);
    this.#controls.addEventListener('change', () => events.onChange());
    this.#controls.addEventListener('objectChange', () => events.onMove(this.pose));
    this.#controls.addEventListener('dragging-changed', ({ value }) => {
      if (value === true) this.#before = this.pose;
      events.onDragging(value === true);
    });
    this.#controls.addEventListener('mouseUp', () => {
      const before = this.#before;
      this.#before = undefined;
      if (before !== undefined && !before.equals(this.pose)) events.onDrop(before, this.pose);
    });
    world.add(this.#handle);
    this.#controls.attach(this.#handle);
  }

  /** What is drawn of it; stands in the axes of three. */
  get object(): Object3D {
    return this.#controls.getHelper();
  }

  get pose(): Matrix4 {
    this.#handle.updateMatrix();
    return this.#handle.matrix.clone().multiply(new Matrix4().makeTranslation(this.#centre.clone().negate()));
  }

  set pose(pose: Matrix4) {
    const placed = pose.clone().multiply(new Matrix4().makeTranslation(this.#centre));
    placed.decompose(this.#handle.position, this.#handle.quaternion, this.#handle.scale);
    this.#handle.updateMatrixWorld();
    this.#events.onChange();
  }

  /** What the object is moved and turned about, in the axes of three. */
  get middle(): Vector3 {
    return this.#handle.getWorldPosition(new Vector3());
  }

  get dragging(): boolean {
    return this.#controls.dragging;
  }

  /** The pointer is on it: a press would take it. */
  get hovered(): boolean {
    return this.#controls.axis !== null;
  }

  /** Shifts go along the axes of the world, turns about those of the object. */
  setTool(tool: 'move' | 'turn'): void {
    this.#tool = tool;
    this.#controls.setMode(tool === 'move' ? 'translate' : 'rotate');
    this.#controls.setSpace(tool === 'move' ? 'world' : 'local');
    this.#hideDepth();
  }

  /** through: seen along the third axis, whose arrow and planes would cover the square that moves in the picture. */
  setEye(eye: 'through' | 'free'): void {
    this.#eye = eye;
    this.#hideDepth();
  }

  #hideDepth(): void {
    this.#controls.showZ = this.#tool === 'turn' || this.#eye === 'free';
  }

  /** undefined: it moves freely. */
  setSteps(steps: HandleSteps | undefined): void {
    this.#controls.setTranslationSnap(steps === undefined ? null : steps.shift);
    this.#controls.setRotationSnap(steps === undefined ? null : (steps.degrees * Math.PI) / 180);
  }

  /** Where a key takes the object by one step of the tool in use, as seen by a camera; undefined: the key is for others. */
  nudged(key: string, worldFromCam: Matrix4, { shift, degrees }: HandleSteps): Matrix4 | undefined {
    return nudgedPose(this.pose, worldFromCam, this.#centre, { tool: this.#tool, key, shift, degrees });
  }

  /** Gives up a drag: the object goes back to where it was taken. */
  cancel(): void {
    const before = this.#before;
    if (!this.#controls.dragging || before === undefined) return;
    this.#before = undefined;
    this.#controls.pointerUp(null);
    this.pose = before;
    this.#events.onMove(before);
  }

  dispose(): void {
    this.#controls.detach();
    this.#controls.dispose();
    this.#world.remove(this.#handle);
  }
}
