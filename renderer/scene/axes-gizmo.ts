// The small cross of axes in the corner of the scene: how the data's axes lie on the screen, and a click to look along
// one. Drawn as SVG, so that it costs the graphics card nothing.

import { type Quaternion, Vector3 } from 'three';

const SIZE = 76;
const REACH = 25;
const SVG = 'http://www.w3.org/2000/svg';

/** In the axes of the data, with their directions in those of three. */
const axes = [
  { name: 'x', direction: new Vector3(1, 0, 0), colour: '#e03131' },
  { name: 'y', direction: new Vector3(0, -1, 0), colour: '#2f9e44' },
  { name: 'z', direction: new Vector3(0, 0, -1), colour: '#1c7ed6' },
] as const;
export type AxisName = (typeof axes)[number]['name'];

export class AxesGizmo {
  readonly element = document.createElementNS(SVG, 'svg');
  readonly #arms: readonly { readonly line: SVGLineElement; readonly knob: SVGGElement }[];
  readonly #knobs = document.createElementNS(SVG, 'g');

  constructor(onAxis: (axis: AxisName) => void) {
    const half = SIZE / 2;
    this.element.setAttribute('class', 'scene-gizmo');
    this.element.setAttribute('viewBox', `${-half} ${-half} ${SIZE} ${SIZE}`);
    this.element.setAttribute('width', String(SIZE));
    this.element.setAttribute('height', String(SIZE));
    // The buttons of the tool bar do the same for those who cannot point.
    this.element.setAttribute('aria-hidden', 'true');
    this.#arms = axes.map(({ name, colour }) => {
      const line = document.createElementNS(SVG, 'line');
      line.setAttribute('stroke', colour);
      line.setAttribute('stroke-width', '2');
      const knob = document.createElementNS(SVG, 'g');
      const disc = document.createElementNS(SVG, 'circle');
      disc.setAttribute('r', '9');
      disc.setAttribute('fill', colour);
      const letter = document.createElementNS(SVG, 'text');
      letter.textContent = name;
      knob.append(disc, letter);
      knob.addEventListener('click', () => onAxis(name));
      this.element.append(line);
      this.#knobs.append(knob);
      return { line, knob };
    });
    this.element.append(this.#knobs);
  }

  /** Shows the axes as a camera turned like this sees them. */
  turn(camera: Quaternion): void {
    const inverse = camera.clone().invert();
    const depths = axes.map(({ direction }, k) => {
      const seen = direction.clone().applyQuaternion(inverse);
      const [x, y] = [REACH * seen.x, -REACH * seen.y];
      const { line, knob } = this.#arms[k];
      line.setAttribute('x2', x.toFixed(1));
      line.setAttribute('y2', y.toFixed(1));
      knob.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      return { knob, z: seen.z };
    });
    // The nearest knob on top.
    const order = depths.sort((a, b) => a.z - b.z).map(({ knob }) => knob);
    if (order.some((knob, k) => this.#knobs.children[k] !== knob)) this.#knobs.append(...order);
  }
}
