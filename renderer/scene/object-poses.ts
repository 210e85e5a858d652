// All members of a run as boxes around the object where each has it, with the paths that they took: those that have ended
// are faint, the one on show stands out with its axes. A click on a box means its member.

import { Box3, BufferGeometry, Group, LineBasicMaterial, LineSegments, Vector3 } from 'three';
import { type PosesView, realValues, type ViewData } from '../../src/protocol/views.ts';
import { memberStates } from './member-poses.ts';
import { rigid, threeFromOpenCv } from './open-cv.ts';
import { setAttribute } from './scene-geometry.ts';
import type { Picked, Pointer, SceneLayer, SceneState } from './scene-layer.ts';
import { nearestGroup } from './screen-pick.ts';

const REACH_PIXELS = 8;
/** Edges of a box, and three axes. */
const SEGMENTS = 15;
/** 0 … 255, by state. */
const alphas = { [memberStates.descends]: 120, [memberStates.ended]: 45, [memberStates.shown]: 255 };
const axisColours = [0xe03131, 0x2f9e44, 0x1c7ed6];

export class ObjectPoses implements SceneLayer {
  readonly object = new Group();
  readonly box = new Box3();
  readonly #boxes = new BufferGeometry();
  readonly #trails = new BufferGeometry();
  readonly #material = new LineBasicMaterial({ vertexColors: true, transparent: true, depthWrite: false });
  readonly #trailLines: LineSegments;
  /** SEGMENTS × 2 × x y z in the object's axes. */
  readonly #segments: readonly number[];
  #data: ViewData | undefined;
  #built = '';

  constructor({ box }: PosesView) {
    this.#segments = boxSegments(box);
    const boxes = new LineSegments(this.#boxes, this.#material);
    this.#trailLines = new LineSegments(this.#trails, this.#material);
    for (const lines of [boxes, this.#trailLines]) {
      lines.frustumCulled = false;
      // Over the mesh that stands among them.
      lines.renderOrder = 1;
      this.object.add(lines);
    }
  }

  update(data: ViewData): void {
    this.#data = data;
    this.#built = '';
  }

  restyle({ colours, through }: SceneState): void {
    // Seen through a camera, a path is a knot in front of the object.
    this.#trailLines.visible = through === undefined;
    const key = `${colours.line} ${colours.accent}`;
    if (this.#data === undefined || key === this.#built) return;
    this.#built = key;
    this.#build(this.#data, colours);
  }

  pick({ camera, x, y, width, height }: Pointer): Picked | undefined {
    const positions = this.#boxes.getAttribute('position');
    if (positions === undefined) return undefined;
    const screen = new Float32Array(2 * positions.count);
    const point = new Vector3();
    for (let k = 0; k < positions.count; k++) {
      point.fromBufferAttribute(positions, k).applyMatrix4(threeFromOpenCv).project(camera);
      screen[2 * k] = Math.abs(point.z) > 1 ? Number.NaN : ((point.x + 1) / 2) * width;
      screen[2 * k + 1] = ((1 - point.y) / 2) * height;
    }
    const index = nearestGroup(screen, SEGMENTS, x, y, REACH_PIXELS);
    return index === undefined ? undefined : { kind: 'member', index };
  }

  dispose(): void {
    this.#boxes.dispose();
    this.#trails.dispose();
    this.#material.dispose();
  }

  #build(data: ViewData, colours: SceneState['colours']): void {
    const poses = this.#posesOf(data);
    const count = poses.length / 12;
    const states = data.states?.values ?? new Uint8Array(count).fill(memberStates.shown);
    const positions = new Float32Array(6 * SEGMENTS * count);
    const tints = new Uint8Array(8 * SEGMENTS * count);
    const point = new Vector3();
    const colourOf = (member: number) => (states[member] === memberStates.shown ? colours.accent : colours.line);
    const alphaOf = (member: number) => alphas[states[member] as keyof typeof alphas];
    this.box.makeEmpty();
    for (let member = 0; member < count; member++) {
      // Of a member that was never measured all is NaN, and nothing is drawn.
      const pose = rigid(poses, member);
      for (let end = 0; end < 2 * SEGMENTS; end++) {
        const at = 2 * SEGMENTS * member + end;
        point
          .fromArray(this.#segments, 3 * end)
          .applyMatrix4(pose)
          .toArray(positions, 3 * at);
        const axis = Math.floor(end / 2) - 12;
        const isAxis = axis >= 0 && states[member] === memberStates.shown;
        setColour(tints, at, isAxis ? axisColours[axis] : colourOf(member), alphaOf(member));
        if (states[member] !== memberStates.ended && Number.isFinite(point.x)) this.box.expandByPoint(point);
      }
    }
    setAttribute(this.#boxes, 'position', positions, 3);
    setAttribute(this.#boxes, 'color', tints, 4);
    const trails = data.trails === undefined ? new Float32Array(0) : realValues(data, 'trails');
    const owners = data.trailMembers?.values ?? new Uint16Array(0);
    const trailTints = new Uint8Array(8 * owners.length);
    owners.forEach((member, piece) => {
      for (const end of [0, 1]) setColour(trailTints, 2 * piece + end, colourOf(member), alphaOf(member));
    });
    setAttribute(this.#trails, 'position', trails, 3);
    setAttribute(this.#trails, 'color', trailTints, 4);
  }

  /** Those measured, with what was just pulled for the member on show; that one alone where nothing was measured. */
  #posesOf(data: ViewData): Float32Array {
    const pulled = realValues(data, 'worldFromObject');
    if (data.members === undefined) return pulled;
    const all = Float32Array.from(realValues(data, 'members'));
    const shown = data.states.values.indexOf(memberStates.shown as never);
    if (shown >= 0) all.set(pulled, 12 * shown);
    return all;
  }
}

function setColour(tints: Uint8Array, at: number, colour: number, alpha: number): void {
  tints.set([colour >> 16, (colour >> 8) & 255, colour & 255, alpha], 4 * at);
}

/** Edges of the box from its low to its high corner, then the axes of the object out of its middle. */
function boxSegments(box: readonly number[]): readonly number[] {
  const corner = (k: number) => [0, 1, 2].map(axis => box[(k >> axis) & 1 ? axis + 3 : axis]);
  const edges = [0, 1, 2, 3, 4, 5, 6, 7].flatMap(k =>
    [1, 2, 4].filter(bit => (k & bit) === 0).map(bit => [...corner(k), ...corner(k | bit)]),
  );
  const middle = [0, 1, 2].map(axis => (box[axis] + box[axis + 3]) / 2);
  const longest = Math.max(...[0, 1, 2].map(axis => box[axis + 3] - box[axis]));
  const axes = [0, 1, 2].map(axis => [
    ...middle,
    ...middle.map((value, k) => value + (k === axis ? 0.7 * longest : 0)),
  ]);
  return [...edges, ...axes].flat();
}
