// Draws members as points over their learning rates or another figure, outside React: axes in decades, colours by state, a
// curve, the range that is brushed. A click picks the nearest member, a drag brushes, arrow keys go from one to the next.

import { cssColour, onSchemeChange } from '../../plots/plot-colours.ts';
import {
  type PlotScale,
  roundedOut,
  scaleAround,
  shareOf,
  ticksOf,
  tickText,
  valueAtShare,
} from '../../plots/plot-scale.ts';
import { Redraw } from '../../plots/redraw.ts';
import type { MemberPoint } from '../../state/rate-points.ts';
import type { RateRange } from '../../state/rate-range.ts';

export interface ScatterContent {
  readonly points: readonly MemberPoint[];
  readonly shown: number;
  readonly best: number;
  readonly ended: ReadonlySet<number>;
  readonly range: RateRange | undefined;
  /** Behind the points. */
  readonly curve: readonly Omit<MemberPoint, 'member'>[];
  /** What is to the right: 'Learning rate'. */
  readonly alongTitle: string;
  /** What the height is: 'Least loss'. */
  readonly valueTitle: string;
  /** A logarithmic height goes down to this share of the largest value at most; points below stand at its foot. */
  readonly leastShare: number;
}

export interface ScatterEvents {
  content(): ScatterContent;
  onMember(member: number): void;
  onRange(range: RateRange | undefined): void;
  /** What is under the pointer; undefined: nothing. */
  onHover(point: MemberPoint | undefined): void;
}

const LEFT = 52;
const RIGHT = 14;
const TOP = 20;
const BOTTOM = 34;
const RADIUS = 5;
const REACH = 12;
const DRAG_PIXELS = 4;
/** Of a range that is brushed by mistake. */
const LEAST_FACTOR = 1.02;
const FONT = '11px system-ui, sans-serif';

export class RateScatter {
  readonly #canvas = document.createElement('canvas');
  readonly #pad: HTMLElement;
  readonly #events: ScatterEvents;
  readonly #redraw = new Redraw(() => this.#draw());
  readonly #aborted = new AbortController();
  readonly #resizes: ResizeObserver;
  readonly #endScheme: () => void;
  #x: PlotScale = { min: 0.1, max: 1, log: true };
  #y: PlotScale = { min: 0.1, max: 1, log: true };
  #press: { readonly x: number; readonly rate: number; dragged: boolean } | undefined;

  /** Draws into `pad`, which takes pointer and keys. */
  constructor(pad: HTMLElement, events: ScatterEvents) {
    this.#pad = pad;
    this.#events = events;
    this.#canvas.ariaHidden = 'true';
    pad.append(this.#canvas);
    this.#resizes = new ResizeObserver(() => this.#redraw.request('soon'));
    this.#resizes.observe(pad);
    this.#endScheme = onSchemeChange(() => this.#redraw.request('soon'));
    this.#listen();
  }

  request(pace: 'soon' | 'calmly'): void {
    this.#redraw.request(pace);
  }

  switchTo(on: boolean): void {
    this.#redraw.switchTo(on);
  }

  dispose(): void {
    this.#redraw.dispose();
    this.#aborted.abort();
    this.#resizes.disconnect();
    this.#endScheme();
    this.#canvas.remove();
  }

  #listen(): void {
    const { signal } = this.#aborted;
    const pad = this.#pad;
    pad.addEventListener(
      'pointerdown',
      event => {
        if (event.button !== 0) return;
        pad.setPointerCapture(event.pointerId);
        this.#press = { x: event.offsetX, rate: this.#rateAt(event.offsetX), dragged: false };
      },
      { signal },
    );
    pad.addEventListener(
      'pointermove',
      ({ offsetX, offsetY }) => {
        const press = this.#press;
        if (press === undefined) {
          this.#events.onHover(this.#nearest(offsetX, offsetY));
          return;
        }
        press.dragged ||= Math.abs(offsetX - press.x) > DRAG_PIXELS;
        if (press.dragged) this.#events.onRange(between(press.rate, this.#rateAt(offsetX)));
      },
      { signal },
    );
    pad.addEventListener(
      'pointerup',
      ({ offsetX, offsetY }) => {
        const press = this.#press;
        this.#press = undefined;
        if (press === undefined || press.dragged) return;
        const point = this.#nearest(offsetX, offsetY);
        if (point === undefined) this.#events.onRange(undefined);
        else this.#events.onMember(point.member);
      },
      { signal },
    );
    pad.addEventListener('pointerleave', () => this.#events.onHover(undefined), { signal });
    pad.addEventListener(
      'keydown',
      event => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        const { points, shown } = this.#events.content();
        const order = [...points].sort((a, b) => a.along - b.along || a.member - b.member);
        const at = order.findIndex(({ member }) => member === shown);
        const next = order[Math.min(order.length - 1, Math.max(0, at + by))];
        if (next !== undefined) this.#events.onMember(next.member);
      },
      { signal },
    );
  }

  get #plot() {
    const { clientWidth, clientHeight } = this.#pad;
    return { width: Math.max(1, clientWidth - LEFT - RIGHT), height: Math.max(1, clientHeight - TOP - BOTTOM) };
  }

  #rateAt(x: number): number {
    const share = Math.min(1, Math.max(0, (x - LEFT) / this.#plot.width));
    return Number(valueAtShare(this.#x, share).toPrecision(3));
  }

  #place({ along, value }: Omit<MemberPoint, 'member'>): { readonly x: number; readonly y: number } {
    const { width, height } = this.#plot;
    return { x: LEFT + width * shareOf(this.#x, along), y: TOP + height * (1 - Math.max(0, shareOf(this.#y, value))) };
  }

  #nearest(x: number, y: number): MemberPoint | undefined {
    let least = REACH ** 2;
    let found: MemberPoint | undefined;
    for (const point of this.#events.content().points) {
      const place = this.#place(point);
      const distance = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (distance < least) [least, found] = [distance, point];
    }
    return found;
  }

  #draw(): void {
    const { clientWidth, clientHeight } = this.#pad;
    const context = this.#canvas.getContext('2d');
    if (context === null || clientWidth === 0 || clientHeight === 0) return;
    const [columns, rows] = [Math.round(clientWidth * devicePixelRatio), Math.round(clientHeight * devicePixelRatio)];
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    context.font = FONT;
    const content = this.#events.content();
    this.#scale(content);
    this.#drawRange(context, content);
    this.#drawAxes(context, content);
    this.#drawCurve(context, content);
    const { shown, best, ended } = content;
    // Those that matter lie on top.
    const rank = ({ member }: MemberPoint) => (member === shown ? 3 : member === best ? 2 : ended.has(member) ? 0 : 1);
    for (const point of [...content.points].sort((a, b) => rank(a) - rank(b))) {
      if (Number.isFinite(point.value)) this.#drawPoint(context, point, content);
    }
  }

  #scale({ points, curve, range, leastShare }: ScatterContent): void {
    const shown = [...points, ...curve];
    const rates = [...shown.map(({ along }) => along), ...(range === undefined ? [] : [range.low, range.high])];
    // A range that is being brushed must not move what it is brushed on.
    if (this.#press === undefined) this.#x = scaleAround(Math.min(...rates), Math.max(...rates), 'log', 0.15);
    const values = shown.map(({ value }) => value).filter(Number.isFinite);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const isLog = least > 0 && most > (this.#y.log ? 2 : 3) * least;
    this.#y = roundedOut(scaleAround(least, most, isLog ? 'log' : 'linear', 0.08, leastShare));
  }

  #drawRange(context: CanvasRenderingContext2D, { range }: ScatterContent): void {
    if (range === undefined) return;
    const { width, height } = this.#plot;
    const [from, to] = [range.low, range.high].map(rate => LEFT + width * shareOf(this.#x, rate));
    context.fillStyle = cssColour('--lab-accent');
    context.globalAlpha = 0.14;
    context.fillRect(from, TOP, to - from, height);
    context.globalAlpha = 1;
    for (const edge of [from, to]) context.fillRect(edge - 0.75, TOP, 1.5, height);
  }

  #drawAxes(context: CanvasRenderingContext2D, { alongTitle, valueTitle }: ScatterContent): void {
    const { width, height } = this.#plot;
    context.strokeStyle = cssColour('--lab-plot-grid');
    context.fillStyle = cssColour('--lab-plot-text');
    context.lineWidth = 1;
    context.textAlign = 'center';
    context.textBaseline = 'top';
    context.beginPath();
    for (const tick of ticksOf(this.#x, Math.floor(width / 90))) {
      const x = Math.round(LEFT + width * shareOf(this.#x, tick)) + 0.5;
      context.moveTo(x, TOP);
      context.lineTo(x, TOP + height + 4);
      context.fillText(tickText(tick), x, TOP + height + 6);
    }
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of ticksOf(this.#y, Math.floor(height / 40))) {
      const y = Math.round(TOP + height * (1 - shareOf(this.#y, tick))) + 0.5;
      context.moveTo(LEFT - 4, y);
      context.lineTo(LEFT + width, y);
      context.fillText(tickText(tick), LEFT - 7, y);
    }
    context.stroke();
    context.textAlign = 'right';
    context.textBaseline = 'bottom';
    context.fillText(alongTitle, LEFT + width, TOP + height + BOTTOM);
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillText(valueTitle, LEFT, 4);
  }

  #drawCurve(context: CanvasRenderingContext2D, { curve }: ScatterContent): void {
    context.strokeStyle = cssColour('--lab-pin-best');
    context.lineWidth = 1.5;
    context.beginPath();
    for (const place of curve.map(each => this.#place(each))) context.lineTo(place.x, place.y);
    context.stroke();
  }

  #drawPoint(context: CanvasRenderingContext2D, point: MemberPoint, { shown, best, ended }: ScatterContent): void {
    const { x, y } = this.#place(point);
    const { member } = point;
    const faint = ended.has(member) && member !== best;
    context.fillStyle = cssColour(member === best ? '--lab-pin-best' : faint ? '--lab-plot-quiet' : '--lab-series-0');
    context.globalAlpha = faint ? 0.55 : 0.9;
    context.beginPath();
    context.arc(x, y, RADIUS, 0, 2 * Math.PI);
    context.fill();
    context.globalAlpha = 1;
    if (member !== shown) return;
    context.strokeStyle = cssColour('--lab-pin-event');
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, RADIUS + 3.5, 0, 2 * Math.PI);
    context.stroke();
    context.fillStyle = cssColour('--lab-plot-text');
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    context.fillText(String(member), x + RADIUS + 5, y - RADIUS);
  }
}

function between(a: number, b: number): RateRange | undefined {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  return high / low < LEAST_FACTOR ? undefined : { low, high };
}
