import type { View } from '../../schedule/view.ts';
import {
  branchIf,
  type Code,
  get,
  i32,
  type Local,
  loop,
  repeat,
  type Scope,
  set,
  type Value,
  when,
} from './assembler.ts';

/** Lengths of axes from the outermost on, and per view its strides over them. */
export interface Axes {
  readonly lengths: readonly number[];
  readonly strides: readonly (readonly number[])[];
}

/**
 * Merges neighbouring axes that all views walk as one, and drops axes of length 1. Axes before and from `boundary` on are never
 * merged with each other; the new boundary comes back.
 */
export function coalesce(
  shape: readonly number[],
  views: readonly View[],
  boundary = shape.length,
): Axes & { boundary: number } {
  const lengths: number[] = [];
  const strides: number[][] = views.map(() => []);
  let newBoundary = 0;
  for (const [axis, length] of shape.entries()) {
    if (axis === boundary) newBoundary = lengths.length;
    if (length === 1) continue;
    const last = lengths.length - 1;
    const isFirst = last < 0 || (axis >= boundary && last < newBoundary);
    const merges =
      !isFirst && views.every((view, index) => strides[index]?.[last] === (view.strides[axis] ?? 0) * length);
    if (merges) lengths[last] = (lengths[last] ?? 1) * length;
    else lengths.push(length);
    for (const [index, view] of views.entries()) {
      const own = strides[index];
      if (own) own[lengths.length - 1] = view.strides[axis] ?? 0;
    }
  }
  if (boundary >= shape.length) newBoundary = lengths.length;
  return { lengths, strides, boundary: newBoundary };
}

/** With at least one axis on either side of the boundary, of length 1 if need be. */
export function padded({
  lengths,
  strides,
  boundary,
}: Axes & { boundary: number }): Axes & { boundary: number } {
  const pad = (list: readonly number[], filler: number): number[] => [
    ...(boundary === 0 ? [filler] : list.slice(0, boundary)),
    ...(lengths.length === boundary ? [filler] : list.slice(boundary)),
  ];
  return {
    lengths: pad(lengths, 1),
    strides: strides.map((own) => pad(own, 0)),
    boundary: Math.max(1, boundary),
  };
}

/** An address, or for counting a plain number, that moves along the axes of a nest. */
export interface Pointer {
  readonly local: Local<'i32'>;
  /** Where it starts. */
  readonly start: Value<'i32'>;
  /** How far it moves per step along each axis: bytes, or counts. */
  readonly steps: readonly number[];
  /** The element of its buffer that it starts at, where loads lie at constant distances from it. */
  readonly base?: number;
}

export const advance = (pointer: Local<'i32'>, by: number): Code =>
  by === 0 ? [] : set(pointer, i32.add(get(pointer), i32.const(by)));

/** Puts pointers where the unit begins: the unit's number, taken apart into the indices of the axes before `split`. */
export function seek(
  scope: Scope,
  unit: Value<'i32'>,
  lengths: readonly number[],
  split: number,
  pointers: readonly Pointer[],
): Code {
  const code: Code[] = pointers.map(({ local, start }) => set(local, start));
  const rest = scope.local('i32');
  const index = scope.local('i32');
  code.push(set(rest, unit));
  for (let axis = split - 1; axis >= 0; axis--) {
    const length = lengths[axis] ?? 1;
    code.push(set(index, axis === 0 ? get(rest) : i32.remU(get(rest), i32.const(length))));
    if (axis > 0) code.push(set(rest, i32.divU(get(rest), i32.const(length))));
    for (const { local, steps } of pointers) {
      const step = steps[axis] ?? 0;
      if (step !== 0) code.push(set(local, i32.add(get(local), i32.mul(get(index), i32.const(step)))));
    }
  }
  return code;
}

/**
 * Loops over the axes [from, to). The body has gone along all of axis `to`, if there is one, when it ends; so has the whole
 * along axis `from`.
 */
export function loopAxes(
  scope: Scope,
  lengths: readonly number[],
  from: number,
  to: number,
  pointers: readonly Pointer[],
  body: Code,
): Code {
  let code = body;
  for (let axis = to - 1; axis >= from; axis--) {
    const below = axis + 1 < lengths.length ? (lengths[axis + 1] ?? 0) : 0;
    const moves = pointers.map(({ local, steps }) =>
      advance(local, (steps[axis] ?? 0) - below * (steps[axis + 1] ?? 0)),
    );
    const count = scope.local('i32');
    code = [
      set(count, i32.const(lengths[axis] ?? 1)),
      loop(code, moves, set(count, i32.sub(get(count), i32.const(1))), branchIf(0, get(count))),
    ];
  }
  return code;
}

/** Runs the body for each unit in [begin, end). */
export function eachUnit(begin: Local<'i32'>, end: Local<'i32'>, ...body: readonly Code[]): Code {
  return repeat(begin, get(end), 1, ...body);
}

/**
 * The innermost loop: vectors of four, several at a time, then single elements. `length` is a number, or a local that the loop
 * does not change.
 */
export function innerLoop(
  scope: Scope,
  length: number | Local<'i32'>,
  unroll: number,
  pointers: readonly Pointer[],
  axis: number,
  vectors: (count: number) => Code,
  single: () => Code,
): Code {
  const move = (elements: number): Code =>
    pointers.map(({ local, steps }) => advance(local, elements * (steps[axis] ?? 0)));
  const count = scope.local('i32');
  const times = (n: number, step: number, body: Code): Code =>
    n < step
      ? []
      : n < 2 * step
        ? body
        : [set(count, i32.const(Math.floor(n / step))), countDown(count, body)];
  if (typeof length === 'number') {
    const wide = 4 * unroll;
    const rest = length % wide;
    return [
      times(length, wide, unroll > 1 || length >= 4 ? [vectors(unroll), move(wide)] : []),
      unroll > 1 ? times(rest, 4, [vectors(1), move(4)]) : [],
      length % 4 > 0 ? times(length % 4, 1, [single(), move(1)]) : [],
    ];
  }
  const dynamic = (many: Value<'i32'>, body: Code): Code => [
    set(count, many),
    when(get(count), countDown(count, body)),
  ];
  const shift = Math.log2(4 * unroll);
  return [
    dynamic(i32.shrU(get(length), i32.const(shift)), [vectors(unroll), move(4 * unroll)]),
    unroll > 1
      ? dynamic(i32.and(i32.shrU(get(length), i32.const(2)), i32.const(unroll - 1)), [vectors(1), move(4)])
      : [],
    dynamic(i32.and(get(length), i32.const(3)), [single(), move(1)]),
  ];
}

/** Repeats `count` times, at least once. */
export const countDown = (count: Local<'i32'>, body: Code): Code =>
  loop(body, set(count, i32.sub(get(count), i32.const(1))), branchIf(0, get(count)));
