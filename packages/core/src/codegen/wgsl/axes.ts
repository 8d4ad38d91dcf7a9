import type { View } from '../../schedule/view.ts';

/** One axis of a view. */
export interface Axis {
  readonly length: number;
  readonly stride: number;
}

/** Axes `from` to `to` of a view without those of length 1, neighbours merged where one stride walks both. */
export function mergedAxes(view: View, from = 0, to = view.shape.length): readonly Axis[] {
  const axes: Axis[] = [];
  for (let at = from; at < to; at++) {
    const length = view.shape[at] ?? 1;
    const stride = view.strides[at] ?? 0;
    if (length === 1) continue;
    const before = axes.at(-1);
    if (before && before.stride === stride * length) {
      axes[axes.length - 1] = { length: before.length * length, stride };
    } else axes.push({ length, stride });
  }
  return axes;
}

/** How four neighbouring elements of a view lie in its buffer; undefined when they may lie on different rows. */
export type Lanes = 'side by side' | 'one for all' | 'apart';

/** `inner` are the axes that the four are taken along, `others` the rest. */
export function lanesOf(inner: readonly Axis[], others: readonly Axis[], offset: number): Lanes | undefined {
  const last = inner.at(-1);
  const outer = [...others, ...inner.slice(0, -1)];
  if (!last || inner.every((axis) => axis.stride === 0)) return 'one for all';
  const isAligned = offset % 4 === 0 && outer.every((axis) => axis.stride % 4 === 0);
  // Buffers are whole fours of elements: the last group may reach into the padding.
  if (outer.length === 0 && last.stride === 1 && isAligned) return 'side by side';
  if (last.length % 4 !== 0) return undefined;
  if (last.stride === 0) return 'one for all';
  return last.stride === 1 && isAligned ? 'side by side' : 'apart';
}

/** An unsigned literal; negative strides wrap, as the sum of places does. */
export const literal = (value: number): string => `${value >>> 0}u`;
