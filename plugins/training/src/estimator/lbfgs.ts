import { breathe } from '../breathe.ts';

const MEMORY = 10;
const SUFFICIENT_DECREASE = 1e-4;

export interface Point {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/** @param at where it is asked for */
export type Objective = (at: Float64Array) => Promise<Point>;

export interface Minimum {
  readonly at: Float64Array;
  readonly steps: number;
  /** `optimum`: the loss is flat; `precision`: no step lowers it any more; `steps`: it ended before it was there. */
  readonly stopped: 'optimum' | 'precision' | 'steps';
}

/** Minimises a smooth function by L-BFGS (Liu and Nocedal 1989) with backtracking; there is no chance in it. */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  {
    steps,
    tolerance,
    bends,
    signal,
    onStep,
  }: {
    /** At most. */
    readonly steps: number;
    /** The largest slope of a flat place. */
    readonly tolerance: number;
    /** How bent the function is along each coordinate, about: what differs in scale is stepped alike. */
    readonly bends: Float64Array;
    readonly signal: AbortSignal;
    readonly onStep: (step: number, loss: number) => void;
  },
): Promise<Minimum> {
  let at = start;
  let { loss, gradient } = await objective(at);
  const history: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  for (let step = 0; step < steps; step++) {
    if (gradient.every((slope) => Math.abs(slope) <= tolerance))
      return { at, steps: step, stopped: 'optimum' };
    await breathe(signal);
    const direction = descent(gradient, history, bends);
    const slope = dot(direction, gradient);
    let length = 1;
    let next = moved(at, direction, length);
    let found = await objective(next);
    while (!(found.loss <= loss + SUFFICIENT_DECREASE * length * slope) && length > 1e-12) {
      length /= 2;
      next = moved(at, direction, length);
      found = await objective(next);
    }
    // No step goes down any more: this is as near as the numbers allow.
    if (!(found.loss < loss)) return { at, steps: step, stopped: 'precision' };
    const s = moved(next, at, -1);
    const y = moved(found.gradient, gradient, -1);
    const curvature = dot(s, y);
    if (curvature > 1e-16) history.push({ s, y, rho: 1 / curvature });
    if (history.length > MEMORY) history.shift();
    at = next;
    ({ loss, gradient } = found);
    onStep(step + 1, loss);
  }
  return { at, steps, stopped: 'steps' };
}

/** The two-loop recursion: minus the gradient, bent by what was seen of the curvature. */
function descent(
  gradient: Float64Array,
  history: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
  bends: Float64Array,
): Float64Array {
  let q = Float64Array.from(gradient);
  const alphas: number[] = [];
  for (const { s, y, rho } of history.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.unshift(alpha);
    q = moved(q, y, -alpha);
  }
  const last = history.at(-1);
  // By how much the bends were off along the last step.
  const factor = last ? 1 / (last.rho * dot(last.y, divided(last.y, bends))) : 1;
  q = moved(new Float64Array(q.length), divided(q, bends), factor);
  for (const [index, { s, y, rho }] of history.entries())
    q = moved(q, s, (alphas[index] ?? 0) - rho * dot(y, q));
  return q.map((value) => -value);
}

function divided(a: Float64Array, b: Float64Array): Float64Array {
  const quotients = new Float64Array(a.length);
  for (let index = 0; index < a.length; index++) quotients[index] = (a[index] ?? 0) / (b[index] ?? 1);
  return quotients;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

/** A loop: what `Float64Array.from` makes of a function takes ten times as long, and this is most of the work of wide data. */
function moved(from: Float64Array, direction: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(from.length);
  for (let index = 0; index < to.length; index++)
    to[index] = (from[index] ?? 0) + length * (direction[index] ?? 0);
  return to;
}
