// The 3-D scene, outside React: owns the canvas, the WebGL context, the camera and one layer for each view it is told to
// show, and takes their data directly. Draws when something changed and at no other time.

import {
  Box3,
  ColorManagement,
  DirectionalLight,
  Group,
  HemisphereLight,
  LinearSRGBColorSpace,
  Matrix4,
  PerspectiveCamera,
  type Quaternion,
  Ray,
  Scene,
  Vector3,
  WebGLRenderer,
} from 'three';
import { OrbitControls } from 'three/examples/jsm/controls/OrbitControls.js';
import { realValues, type ViewData } from '../../src/protocol/views.ts';
import { AxesGizmo } from './axes-gizmo.ts';
import { createLayer } from './create-layer.ts';
import { type Intrinsics, lensOf } from './frustum.ts';
import { poseOf } from './object-mesh.ts';
import { rigid, threeCameraPose, threeFromOpenCv } from './open-cv.ts';
import { PictureStack } from './picture-stack.ts';
import { PoseHandle } from './pose-handle.ts';
import { publishCensus, sceneCensus } from './scene-census.ts';
import type { SceneEye } from './scene-eye.ts';
import { SceneGrid, spaceGrid, stackGrid } from './scene-grid.ts';
import type { Picked, SceneColours, SceneLayer, SceneLegend, SceneState, SceneViewDescription } from './scene-layer.ts';
import { firstLook, type SceneLook } from './scene-look.ts';
import { drawRatio, fitDistance } from './view-fit.ts';
import { graphics } from './webgl.ts';

// Colours are shown as the data has them; three would take them for linear light.
ColorManagement.enabled = false;

export interface SceneEvents {
  /** A picture of the stack was clicked. */
  onFrame(frame: number): void;
  /** The pose of a member was clicked. */
  onMember(member: number): void;
  /** The scene is seen through this camera, or (undefined) from outside again. */
  onThrough(camera: number | undefined): void;
  /** What is under the pointer, in words; empty for nothing. */
  onHover(text: string): void;
  /** What a step of the grid is; empty for no grid. */
  onGrid(text: string): void;
  /** What colours mean that layers are drawn in; those of others are their own. */
  onLegends(legends: readonly SceneLegend[]): void;
  /** The browser took the graphics context away, or gave it back. */
  onContext(state: 'lost' | 'restored'): void;
}

/** How an object that the user holds is moved, and who hears of it. */
export interface Holding {
  readonly onMove: (pose: Matrix4) => void;
  readonly onDrop: (before: Matrix4, after: Matrix4) => void;
  /** A key without Ctrl or Alt, with nothing being dragged; whether it is used up. */
  readonly onKey: (key: string, size: 'step' | 'leap') => boolean;
  /** Escape, with nothing being dragged. */
  readonly onEscape: () => void;
}

export type Side = 'front' | 'top' | 'side';

const FIELD_OF_VIEW = 45;
const CLICK_PIXELS = 4;
const SHARP_MILLISECONDS = 200;
/** Longer than from one state of a running fit to the next. */
const SHARP_DATA_MILLISECONDS = 1500;
const FLIGHT_MILLISECONDS = 350;
const TURN = Math.PI / 36;
const NEARER = 0.88;

/** Towards the camera, in the axes of three. */
const sides: Readonly<Record<Side, readonly [number, number, number]>> = {
  front: [0, 0, 1],
  // A hair off the pole, where "up" would be undefined.
  top: [0, 1, 0.0001],
  side: [1, 0, 0],
};

export class SceneView {
  readonly canvas = document.createElement('canvas');
  readonly #container: HTMLElement;
  readonly #events: SceneEvents;
  readonly #renderer: WebGLRenderer;
  readonly #camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.01, 100);
  readonly #controls: OrbitControls;
  readonly #scene = new Scene();
  /** What is below it is in the axes of the data. */
  readonly #world = new Group();
  readonly #grid = new SceneGrid();
  readonly #gizmo: AxesGizmo;
  readonly #layers = new Map<string, { readonly view: SceneViewDescription; readonly layer: SceneLayer }>();
  readonly #aborted = new AbortController();
  readonly #resizes: ResizeObserver;
  readonly #software = graphics() === 'software';

  #look: SceneLook = firstLook;
  #colours: SceneColours = { background: 0xffffff, grid: 0xcccccc, line: 0x555555, accent: 0x228be6, truth: 0x087f5b };
  #frame = 0;
  #truths: ReadonlySet<string> = new Set();
  /** Those that the scene can be seen through. */
  #cameras: ViewData | undefined;
  readonly #meshes = new Map<string, ViewData>();
  readonly #poses = new Map<string, ViewData>();
  #held: { readonly view: string; pose: Matrix4; readonly handle: PoseHandle; readonly holding: Holding } | undefined;
  readonly #waiting = new Map<() => void, string>();
  #reach = 0.1;
  #legends: readonly SceneLegend[] = [];
  readonly #box = new Box3();
  #extent = 1;
  /** The user has moved the camera: from now on it moves for nothing else. */
  #touched = false;
  #through: number | undefined;
  /** On the way into a camera: from where. */
  #flight:
    | {
        readonly began: number;
        readonly position: Vector3;
        readonly quaternion: Quaternion;
        readonly fieldOfView: number;
      }
    | undefined;
  /** Camera to look through as soon as there are that many. */
  #awaited: number | undefined;
  #outside: { readonly position: Vector3; readonly target: Vector3 } | undefined;
  #mode: 'stacked' | 'at-cameras' = 'stacked';
  #visible = true;
  #lost = false;
  #moving = false;
  /** When data came last. */
  #newest = -Infinity;
  #scheduled: number | undefined;
  #sharpen: ReturnType<typeof setTimeout> | undefined;
  #pressed: { readonly x: number; readonly y: number } | undefined;
  #size = { width: 0, height: 0 };
  #hover = '';
  #gridLabel = '';

  constructor(container: HTMLElement, events: SceneEvents) {
    this.#container = container;
    this.#events = events;
    this.#renderer = new WebGLRenderer({
      canvas: this.canvas,
      // Four samples for each pixel are too dear for a processor.
      antialias: !this.#software,
      powerPreference: 'low-power',
    });
    this.#renderer.outputColorSpace = LinearSRGBColorSpace;
    sceneCensus.alive++;
    sceneCensus.made++;
    publishCensus();

    this.#world.matrixAutoUpdate = false;
    this.#world.matrix.copy(threeFromOpenCv);
    this.#world.add(this.#grid.object);
    const lamp = new DirectionalLight(0xffffff, 2);
    lamp.position.set(0.4, 0.6, 1);
    this.#camera.add(lamp);
    this.#scene.add(this.#world, this.#camera, new HemisphereLight(0xffffff, 0x808080, 1.4));

    this.canvas.className = 'scene-canvas';
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'application');
    this.canvas.setAttribute('aria-label', '3-D scene');
    this.canvas.setAttribute('aria-roledescription', '3-D view');
    this.#gizmo = new AxesGizmo(axis => this.look(({ x: 'side', y: 'top', z: 'front' } as const)[axis]));
    container.append(this.canvas, this.#gizmo.element);

    this.#controls = new OrbitControls(this.#camera, this.canvas);
    this.#controls.zoomToCursor = true;
    this.#controls.addEventListener('start', () => {
      this.#touched = true;
      this.#stayHere();
    });
    this.#controls.addEventListener('change', () => this.#moved());
    this.#listen();
    this.#resizes = new ResizeObserver(() => this.#resize());
    this.#resizes.observe(container);
    this.#resize();
  }

  /**
   * Declares what is shown; layers of views that are no longer among them are let go. `truths`: ids of those that others
   * should come to equal.
   */
  setViews(views: readonly SceneViewDescription[], truths: ReadonlySet<string>): void {
    const pictures = views.some(({ kind }) => kind === 'image') && views.every(({ kind }) => kind === 'image');
    const mode = pictures ? 'stacked' : 'at-cameras';
    for (const [id, { view, layer }] of this.#layers)
      if (mode !== this.#mode || !views.includes(view)) this.#drop(id, layer);
    // Another space: a camera that was placed in the one before sees nothing of it.
    if (mode !== this.#mode) this.#touched = false;
    this.#mode = mode;
    this.#truths = truths;
    for (const view of views) {
      if (!this.#layers.has(view.id)) this.#addLayer(view);
    }
    if (!views.some(({ kind, id }) => kind === 'cameras' && !truths.has(id))) {
      this.#cameras = undefined;
      this.leaveCamera();
    }
    this.#arrange();
  }

  setFrame(id: string, data: ViewData): void {
    const shown = this.#layers.get(id);
    if (shown === undefined) return;
    const isSeenThrough = shown.view.kind === 'cameras' && !this.#truths.has(id);
    if (isSeenThrough) this.#cameras = data;
    if (shown.view.kind === 'poses') this.#poses.set(id, data);
    if (shown.view.kind === 'mesh') this.#meshes.set(id, data);
    shown.layer.update(data, this.#state());
    this.#arrange();
    for (const [callback, view] of this.#waiting) {
      if (this.poseOf(view) === undefined) continue;
      this.#waiting.delete(callback);
      callback();
    }
    // A processor that draws has a fit to run too: what is soon replaced is drawn coarsely.
    const now = performance.now();
    if (this.#software && now - this.#newest < SHARP_DATA_MILLISECONDS) this.#moved(SHARP_DATA_MILLISECONDS);
    this.#newest = now;
    if (!isSeenThrough) return;
    if (this.#through !== undefined) this.#placeAtCamera(this.#through);
    if (this.#awaited !== undefined) this.lookThrough(this.#awaited);
  }

  /** A view has nothing to show at present: in an iteration before its stage. */
  clear(id: string): void {
    const shown = this.#layers.get(id);
    if (shown === undefined) return;
    this.#drop(id, shown.layer);
    this.#addLayer(shown.view);
    if (shown.view.kind === 'cameras' && !this.#truths.has(id)) this.#cameras = undefined;
    this.#arrange();
  }

  setLook(look: SceneLook, colours: SceneColours): void {
    const shape = look.arrangement !== this.#look.arrangement || look.channels !== this.#look.channels;
    this.#look = look;
    this.#colours = colours;
    this.#renderer.setClearColor(colours.background);
    this.#arrange();
    if (shape && this.#touched) this.fit();
  }

  setCursorFrame(frame: number): void {
    if (frame === this.#frame) return;
    this.#frame = frame;
    this.#arrange();
    if (this.#through !== undefined && frame < this.cameraCount) this.lookThrough(frame);
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    if (visible) this.#resize();
    else this.#cancel();
  }

  /** worldFromObject of a mesh as it is drawn; undefined: it is not there yet. */
  poseOf(view: string): Matrix4 | undefined {
    const shown = this.#layers.get(view)?.view;
    const data = this.#meshes.get(view);
    return shown?.kind === 'mesh' && data !== undefined ? poseOf(shown, data, this.#state()) : undefined;
  }

  /** Calls back once a mesh is in its place, at once where it is; calls off what it returns. */
  whenPosed(view: string, callback: () => void): () => void {
    if (this.poseOf(view) !== undefined) callback();
    else this.#waiting.set(callback, view);
    return () => this.#waiting.delete(callback);
  }

  /** Longest side of a mesh. */
  sizeOf(view: string): number {
    const data = this.#meshes.get(view);
    if (data === undefined) return 0;
    const size = new Box3().setFromArray(realValues(data, 'positions')).getSize(new Vector3());
    return Math.max(size.x, size.y, size.z);
  }

  /** Puts a handle on a mesh, which stands from now on where it is held and not where the run has it. */
  hold(view: string, pose: Matrix4, holding: Holding): void {
    this.release();
    const data = this.#meshes.get(view);
    if (data === undefined) return;
    const centre = new Box3().setFromArray(realValues(data, 'positions')).getCenter(new Vector3());
    // The handle is to hear of a press before the camera does.
    this.#controls.disconnect();
    const handle = new PoseHandle(this.#camera, this.canvas, this.#world, centre, {
      onMove: moved => {
        this.moveHeld(moved);
        holding.onMove(moved);
      },
      onDrop: holding.onDrop,
      onDragging: dragging => {
        this.#controls.enabled = !dragging;
        this.#setHover(undefined);
      },
      onChange: () => this.#moved(),
    });
    this.#controls.connect(this.canvas);
    this.#scene.add(handle.object);
    this.#held = { view, pose, handle, holding };
    handle.setEye(this.#through === undefined ? 'free' : 'through');
    handle.pose = pose;
    this.#arrange();
  }

  /** Undefined: nothing is held. */
  get handle(): PoseHandle | undefined {
    return this.#held?.handle;
  }

  /** Puts what is held somewhere else, as undo does. */
  moveHeld(pose: Matrix4): void {
    const held = this.#held;
    if (held === undefined) return;
    held.pose = pose;
    if (!held.handle.dragging) held.handle.pose = pose;
    this.#arrange();
  }

  release(): void {
    if (this.#held === undefined) return;
    const { handle } = this.#held;
    this.#held = undefined;
    this.#scene.remove(handle.object);
    handle.dispose();
    this.#controls.enabled = true;
    this.#arrange();
  }

  /** Brings everything into the picture, from where the camera looks. */
  fit(): void {
    this.leaveCamera();
    this.#place(this.#camera.position.clone().sub(this.#controls.target));
  }

  look(side: Side): void {
    this.leaveCamera();
    this.#touched = true;
    this.#place(new Vector3(...sides[side]));
  }

  /** As the scene opened, and following its size again. */
  reset(): void {
    this.leaveCamera();
    this.#touched = false;
    this.#place(this.#firstDirection());
  }

  /** Undefined: as the scene opens, and follows its size. */
  get eye(): SceneEye | undefined {
    if (this.#through !== undefined) return { kind: 'camera', camera: this.#through };
    if (!this.#touched) return undefined;
    return { kind: 'outside', position: this.#camera.position.toArray(), target: this.#controls.target.toArray() };
  }

  /** Sees the scene as `eye` did. */
  placeEye(eye: SceneEye): void {
    if (eye.kind === 'camera') {
      this.#awaited = eye.camera;
      this.lookThrough(eye.camera);
      return;
    }
    this.leaveCamera();
    this.#touched = true;
    this.#camera.position.fromArray(eye.position);
    this.#controls.target.fromArray(eye.target);
    this.#controls.update();
    this.invalidate();
  }

  /** Puts the eye where the camera `index` is. */
  lookThrough(index: number): void {
    if (index < 0 || index >= this.cameraCount) return;
    this.#awaited = undefined;
    this.#outside ??= { position: this.#camera.position.clone(), target: this.#controls.target.clone() };
    if (index === this.#through) return;
    this.#through = index;
    this.handle?.setEye('through');
    this.#setHover(undefined);
    this.#takeOff();
    this.#placeAtCamera(index);
    this.#arrange();
    this.#events.onThrough(index);
  }

  /** Through the camera of the current frame, or out of it again. */
  toggleThrough(): void {
    if (this.#through === undefined) this.lookThrough(Math.min(this.#frame, this.cameraCount - 1));
    else this.leaveCamera();
  }

  /** Pose of the first camera, worldFromCam; the world's own axes where there is none. */
  get firstCamera(): Matrix4 {
    return this.#cameras === undefined ? new Matrix4() : rigid(realValues(this.#cameras, 'worldFromCam'));
  }

  /** Back to where the eye was before it looked through a camera. */
  leaveCamera(): void {
    if (this.#through === undefined) return;
    const outside = this.#outside;
    this.#resetLens();
    if (outside !== undefined) {
      this.#camera.position.copy(outside.position);
      this.#controls.target.copy(outside.target);
    }
    this.#controls.update();
    this.invalidate();
  }

  /** The scene as it is, as a PNG. */
  async screenshot(): Promise<Blob> {
    this.#moving = false;
    this.#draw();
    return new Promise((resolve, reject) => {
      this.canvas.toBlob(
        blob => (blob === null ? reject(new Error('The browser could not make a PNG of the scene.')) : resolve(blob)),
        'image/png',
      );
    });
  }

  /** Asks for one drawing, with the next frame of the screen. */
  invalidate(): void {
    if (!this.#visible || this.#lost || this.#scheduled !== undefined) return;
    this.#scheduled = requestAnimationFrame(() => {
      this.#scheduled = undefined;
      this.#draw();
    });
  }

  dispose(): void {
    this.release();
    this.#cancel();
    clearTimeout(this.#sharpen);
    this.#aborted.abort();
    this.#resizes.disconnect();
    for (const [id, { layer }] of this.#layers) this.#drop(id, layer);
    this.#grid.dispose();
    this.#controls.dispose();
    sceneCensus.alive--;
    sceneCensus.geometries = this.#renderer.info.memory.geometries;
    sceneCensus.textures = this.#renderer.info.memory.textures;
    this.#renderer.dispose();
    this.#renderer.forceContextLoss();
    this.canvas.remove();
    this.#gizmo.element.remove();
  }

  #addLayer(view: SceneViewDescription): void {
    const layer = createLayer(view, this.#mode, this.#truths.has(view.id) ? 'truth' : 'itself');
    this.#layers.set(view.id, { view, layer });
    this.#world.add(layer.object);
  }

  #drop(id: string, layer: SceneLayer): void {
    this.#world.remove(layer.object);
    layer.dispose();
    this.#layers.delete(id);
    this.#meshes.delete(id);
    this.#poses.delete(id);
    if (this.#held?.view === id) this.release();
  }

  #state(): SceneState {
    return {
      look: this.#look,
      colours: this.#colours,
      frame: this.#frame,
      cameras: this.#cameras,
      poses: this.#poses,
      held: this.#held,
      through: this.#through,
      reach: this.#reach,
      extent: this.#extent,
    };
  }

  /** Everything in its place after data, look or cursor changed. */
  #arrange(): void {
    for (const { layer } of this.#layers.values()) layer.restyle(this.#state());
    this.#measure();
    const size = this.#box.getSize(new Vector3());
    const extent = Math.max(size.x, size.y, size.z) || 1;
    const reach = this.#single ? this.#farthest() : this.#look.frustumSize * extent;
    // The picture of a single camera need not follow every step of what stands before it.
    const isFar = Math.abs(reach - this.#reach) > (this.#single ? 0.02 * Math.abs(reach) : 0);
    if (extent !== this.#extent || isFar) {
      this.#extent = extent;
      this.#reach = reach;
      for (const { layer } of this.#layers.values()) layer.restyle(this.#state());
    }
    this.#arrangeGrid();
    const legends = [...this.#layers.values()].flatMap(({ layer }) => layer.legend ?? []);
    if (JSON.stringify(legends) !== JSON.stringify(this.#legends)) this.#events.onLegends(legends);
    this.#legends = legends;
    if (!this.#touched && this.#through === undefined) this.#place(this.#firstDirection());
    this.invalidate();
  }

  /** One camera and things before it: the scene is the things, and the camera's picture stands behind them. */
  get #single(): boolean {
    return this.cameraCount === 1 && !this.#box.isEmpty();
  }

  /** The box of what is shown; of a single camera only where there is nothing else. */
  #measure(): void {
    this.#box.makeEmpty();
    const layers = [...this.#layers.values()];
    for (const { view, layer } of layers) {
      // True cameras fit the others badly at first: the scene keeps its size while they come closer.
      if (this.#truths.has(view.id)) continue;
      if (view.kind !== 'cameras' || this.cameraCount !== 1) this.#box.union(layer.box);
    }
    if (this.#box.isEmpty()) for (const { layer } of layers) this.#box.union(layer.box);
  }

  /** How far in front of the single camera the last thing stands. */
  #farthest(): number {
    const camFromWorld = rigid(realValues(this.#cameras as ViewData, 'worldFromCam')).invert();
    const { max } = this.#box.clone().applyMatrix4(camFromWorld);
    return max.z > 0 ? 1.02 * max.z : this.#look.frustumSize * this.#extent;
  }

  #arrangeGrid(): void {
    const plan = this.#look.grid === 'hidden' || this.#box.isEmpty() ? undefined : this.#planGrid();
    this.#grid.show(plan, this.#colours.grid);
    const label = plan?.label ?? '';
    if (label === this.#gridLabel) return;
    this.#gridLabel = label;
    this.#events.onGrid(label);
  }

  #planGrid() {
    for (const { view, layer } of this.#layers.values()) {
      if (view.kind !== 'image') return spaceGrid(this.#box, this.#extent, view.unit);
      if (layer instanceof PictureStack && this.#look.arrangement === 'stack')
        return stackGrid(this.#box, view, layer.frames, layer.layout, layer.planesPerFrame);
    }
    return undefined;
  }

  /** From where a scene is seen at first. */
  #firstDirection(): Vector3 {
    // Not far from a single camera's own eye, so that its picture lies behind the things that are on it.
    if (this.#single) return new Vector3(0.35, 0.3, 1);
    if (this.#mode === 'at-cameras') return new Vector3(0.5, 0.45, 1);
    if (this.#look.arrangement === 'wall') return new Vector3(0, 0, 1);
    if (this.#look.arrangement === 'exploded') return new Vector3(-0.12, 0.1, 1);
    const flat = this.#box.max.z - this.#box.min.z < 0.05;
    return flat ? new Vector3(0.22, 0.16, 1) : new Vector3(0.85, 0.5, 1);
  }

  /** The camera in this direction, as far away as to see everything. */
  #place(direction: Vector3): void {
    if (this.#box.isEmpty()) return;
    const back = direction.lengthSq() > 0 ? direction.normalize() : new Vector3(0, 0, 1);
    const right = new Vector3(0, 1, 0).cross(back).normalize();
    const up = back.clone().cross(right);
    const box = this.#box.clone().applyMatrix4(threeFromOpenCv);
    // A single point or a plane has no size of its own to fit.
    const frusta = this.#cameras === undefined || this.#single ? 0 : this.#look.frustumSize;
    box.expandByScalar((0.02 + frusta) * this.#extent);
    const centre = box.getCenter(new Vector3());
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].flatMap(k => [
      (k & 1 ? box.max : box.min).x,
      (k & 2 ? box.max : box.min).y,
      (k & 4 ? box.max : box.min).z,
    ]);
    const tangent = Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
    const distance = fitDistance(
      corners,
      centre.toArray(),
      { right: right.toArray(), up: up.toArray(), back: back.toArray() },
      [tangent * this.#camera.aspect, tangent],
    );
    this.#controls.target.copy(centre);
    this.#camera.position.copy(centre).addScaledVector(back, 1.06 * distance);
    this.#controls.update();
    this.invalidate();
  }

  get cameraCount(): number {
    return this.#cameras?.worldFromCam.shape[0] ?? 0;
  }

  #placeAtCamera(index: number): void {
    const data = this.#cameras;
    if (data === undefined) return;
    const intrinsics = [...realValues(data, 'intrinsics').subarray(4 * index, 4 * index + 4)] as unknown as Intrinsics;
    const [width, height] = realValues(data, 'sizes').subarray(2 * index);
    const { fieldOfView, shift } = lensOf(intrinsics, width, height, this.#camera.aspect);
    const { aspect, position, quaternion } = this.#camera;
    threeCameraPose(rigid(realValues(data, 'worldFromCam'), index)).decompose(position, quaternion, new Vector3());
    this.#camera.fov = fieldOfView;
    const flown = this.#flown();
    if (flown < 1 && this.#flight !== undefined) {
      position.lerpVectors(this.#flight.position, position, flown);
      quaternion.slerpQuaternions(this.#flight.quaternion, quaternion, flown);
      this.#camera.fov += (1 - flown) * (this.#flight.fieldOfView - fieldOfView);
      requestAnimationFrame(() => this.#through === index && this.#placeAtCamera(index));
    }
    this.#camera.setViewOffset(aspect, 1, flown * shift[0] * aspect, flown * shift[1], aspect, 1);
    this.invalidate();
  }

  /** From here the eye flies to where it is placed next; at once where something is held, which the hand is on its way to. */
  #takeOff(): void {
    const { position, quaternion, fov } = this.#camera;
    const atOnce = this.#held !== undefined || matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#flight = atOnce
      ? undefined
      : { began: performance.now(), position: position.clone(), quaternion: quaternion.clone(), fieldOfView: fov };
  }

  /** Share of the flight that is behind, slow at both ends; 1 where there is none. */
  #flown(): number {
    if (this.#flight === undefined) return 1;
    const share = Math.min(1, (performance.now() - this.#flight.began) / FLIGHT_MILLISECONDS);
    if (share === 1) this.#flight = undefined;
    return share * share * (3 - 2 * share);
  }

  #resetLens(): void {
    this.#through = undefined;
    this.#flight = undefined;
    this.handle?.setEye('free');
    this.#outside = undefined;
    this.#camera.fov = FIELD_OF_VIEW;
    this.#camera.clearViewOffset();
    this.#arrange();
    this.#events.onThrough(undefined);
  }

  /** The user moves on from inside a camera: the eye stays where it is and turns about what it sees. */
  #stayHere(): void {
    if (this.#through === undefined) return;
    const distance = Math.max(this.#extent / 10, this.#camera.position.distanceTo(this.#centre()));
    this.#resetLens();
    this.#controls.target
      .copy(this.#camera.position)
      .add(this.#camera.getWorldDirection(new Vector3()).multiplyScalar(distance));
  }

  #centre(): Vector3 {
    return this.#box.getCenter(new Vector3()).applyMatrix4(threeFromOpenCv);
  }

  /** Draws coarsely for now, and once more sharply when nothing has moved for a while. */
  #moved(rest = SHARP_MILLISECONDS): void {
    this.#moving = true;
    clearTimeout(this.#sharpen);
    this.#sharpen = setTimeout(() => {
      this.#moving = false;
      this.invalidate();
    }, rest);
    this.invalidate();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#container;
    if (width === 0 || height === 0) return;
    if (width !== this.#size.width || height !== this.#size.height) {
      this.#size = { width, height };
      this.#camera.aspect = width / height;
      this.#camera.updateProjectionMatrix();
      if (this.#through !== undefined) this.#placeAtCamera(this.#through);
      else if (!this.#touched) this.#place(this.#firstDirection());
    }
    this.invalidate();
  }

  #cancel(): void {
    if (this.#scheduled !== undefined) cancelAnimationFrame(this.#scheduled);
    this.#scheduled = undefined;
  }

  #draw(): void {
    const { width, height } = this.#size;
    if (this.#lost || width === 0) return;
    const begun = performance.now();
    const ratio = drawRatio(width, height, window.devicePixelRatio, { moving: this.#moving, software: this.#software });
    const [columns, rows] = [Math.max(1, Math.floor(width * ratio)), Math.max(1, Math.floor(height * ratio))];
    if (this.canvas.width !== columns || this.canvas.height !== rows) this.#renderer.setSize(columns, rows, false);
    const distance = this.#camera.position.distanceTo(this.#centre());
    this.#camera.near = Math.max(this.#extent / 500, distance - 4 * this.#extent);
    this.#camera.far = distance + 20 * this.#extent;
    this.#camera.updateProjectionMatrix();
    const eye = this.#camera.position.clone().applyMatrix4(threeFromOpenCv);
    for (const { layer } of this.#layers.values()) layer.prepare?.(eye);
    this.#renderer.render(this.#scene, this.#camera);
    this.#gizmo.turn(this.#camera.quaternion);
    sceneCensus.geometries = this.#renderer.info.memory.geometries;
    sceneCensus.textures = this.#renderer.info.memory.textures;
    sceneCensus.held = this.#heldPlace();
    sceneCensus.drawn++;
    sceneCensus.milliseconds = performance.now() - begun;
  }

  #heldPlace(): { readonly x: number; readonly y: number } | undefined {
    const middle = this.handle?.middle;
    if (middle === undefined) return undefined;
    const { x, y } = middle.project(this.#camera);
    return { x: ((x + 1) / 2) * this.#size.width, y: ((1 - y) / 2) * this.#size.height };
  }

  #listen(): void {
    const { signal } = this.#aborted;
    const { canvas } = this;
    canvas.addEventListener(
      'webglcontextlost',
      () => {
        this.#lost = true;
        this.#cancel();
        // What was on the card is gone; let go, it is made anew with the first drawing.
        for (const { layer } of this.#layers.values()) layer.dispose();
        this.#grid.dispose();
        this.#events.onContext('lost');
      },
      { signal },
    );
    canvas.addEventListener(
      'webglcontextrestored',
      () => {
        this.#lost = false;
        this.#renderer.setClearColor(this.#colours.background);
        this.#events.onContext('restored');
        this.invalidate();
      },
      { signal },
    );
    canvas.addEventListener('keydown', event => this.#press(event), { signal });
    canvas.addEventListener(
      'pointerdown',
      ({ button, offsetX: x, offsetY: y }) => {
        this.#pressed = button === 0 && this.handle?.hovered !== true ? { x, y } : undefined;
      },
      { signal },
    );
    canvas.addEventListener(
      'pointerup',
      ({ offsetX, offsetY }) => {
        const from = this.#pressed;
        this.#pressed = undefined;
        if (from === undefined || Math.hypot(offsetX - from.x, offsetY - from.y) > CLICK_PIXELS) return;
        const picked = this.#pick(offsetX, offsetY);
        if (picked?.kind === 'frame') this.#events.onFrame(picked.frame);
        else if (picked?.kind === 'camera') this.lookThrough(picked.index);
        else if (picked?.kind === 'member') this.#events.onMember(picked.index);
      },
      { signal },
    );
    canvas.addEventListener(
      'pointermove',
      ({ buttons, offsetX, offsetY }) => {
        const free = buttons === 0 && this.handle?.hovered !== true;
        this.#setHover(free ? this.#pick(offsetX, offsetY) : undefined);
      },
      { signal },
    );
    canvas.addEventListener('pointerleave', () => this.#setHover(undefined), { signal });
  }

  #press(event: KeyboardEvent): void {
    const held = this.#held;
    const plain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (plain && held?.handle.dragging === false && held.holding.onKey(event.key, event.shiftKey ? 'leap' : 'step')) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!plain || event.shiftKey !== (event.key === '+' && event.shiftKey)) return;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => this.#controls.rotateLeft(TURN),
      ArrowRight: () => this.#controls.rotateLeft(-TURN),
      ArrowUp: () => this.#controls.rotateUp(TURN),
      ArrowDown: () => this.#controls.rotateUp(-TURN),
      '+': () => this.#controls.dollyIn(NEARER),
      '=': () => this.#controls.dollyIn(NEARER),
      '-': () => this.#controls.dollyOut(NEARER),
    };
    const act = event.key === 'Escape' ? this.#escape() : acts[event.key];
    if (act === undefined) return;
    // With the scene in focus these keys are its own, not the timeline's.
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== 'Escape') {
      this.#touched = true;
      this.#stayHere();
    }
    act();
  }

  /** What Escape does: it gives up a drag, lets go of what is held, leaves the camera. */
  #escape(): (() => void) | undefined {
    const held = this.#held;
    if (held?.handle.dragging === true) return () => held.handle.cancel();
    if (held !== undefined) return held.holding.onEscape;
    return this.#through === undefined ? undefined : () => this.leaveCamera();
  }

  #pick(x: number, y: number): Picked | undefined {
    const { width, height } = this.#size;
    const camera = this.#camera;
    camera.updateMatrixWorld();
    const far = new Vector3((2 * x) / width - 1, 1 - (2 * y) / height, 0.5).unproject(camera);
    const ray = new Ray(camera.position.clone(), far.sub(camera.position).normalize()).applyMatrix4(threeFromOpenCv);
    for (const { layer } of this.#layers.values()) {
      const picked = layer.pick?.({ ray, x, y, width, height, camera });
      if (picked !== undefined) return picked;
    }
    return undefined;
  }

  #setHover(picked: Picked | undefined): void {
    const text = picked === undefined ? '' : hoverText(picked);
    if (text === this.#hover) return;
    this.#hover = text;
    this.canvas.style.cursor = picked === undefined ? '' : 'pointer';
    this.#events.onHover(text);
  }
}

function hoverText(picked: Picked): string {
  switch (picked.kind) {
    case 'frame':
      return `Frame ${picked.frame} · column ${picked.column} · row ${picked.row}`;
    case 'camera':
      return `Camera of frame ${picked.index + 1} · click to look through it`;
    case 'member':
      return `Member ${picked.index} · click to show it in all panels`;
  }
}
