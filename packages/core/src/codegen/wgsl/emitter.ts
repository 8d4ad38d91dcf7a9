import type { DType } from '../../graph/dtype.ts';
import type { Expression } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { type Axis, type Lanes, lanesOf, literal, mergedAxes } from './axes.ts';
import { callOf } from './functions.ts';
import { type BufferUse, storageType, vectorType } from './program.ts';

/**
 * Some of the axes of every view, counted by one variable of the shader. Level 0 is known in the whole of `main`, level 1 only
 * inside its loop; what does not depend on the loop is computed before it.
 */
export interface Counter {
  readonly index: string;
  /** How many axes, after those of the counters before; the last counter takes what is left. */
  readonly axes: number;
  readonly level: 0 | 1;
  /** Whether the variable counts fours of neighbouring elements, which are computed side by side. */
  readonly isFours?: boolean;
}

/** A value by the name that it has in the shader. */
export interface Value {
  readonly name: string;
  readonly level: 0 | 1;
}

export interface Emitter {
  readonly width: 1 | 4;
  /** The value of an expression; the statements that it takes are added to `lines`. */
  value(expression: Expression): Value;
  /** A number that the source does not depend on, unless it is a small one that never changes in practice. */
  constant(value: number, dtype: DType): string;
  /** The place of the counted element in a buffer. */
  place(view: View): Value;
  /** The statements before the loop, and inside it. */
  readonly lines: readonly [string[], string[]];
}

/** What the shaders of one kernel share: which inputs they read, as what, and which constants. */
export interface Resources {
  readonly inputTypes: readonly DType[];
  /** Inputs in the order of their bindings. */
  readonly inputs: number[];
  /** Inputs that are read as fours of elements. */
  readonly inFours: ReadonlySet<number>;
  /** The input that is read where the output is written. */
  readonly inPlace: number | undefined;
  readonly constants: number[];
}

export const resources = (
  inputTypes: readonly DType[],
  inFours: ReadonlySet<number> = new Set(),
  inPlace?: number,
): Resources => ({ inputTypes, inputs: [], inFours, inPlace, constants: [] });

export const usesOf = ({ inputs }: Resources): BufferUse[] =>
  inputs.map((input) => ({ kind: 'input', input }));

/** Names an input in the source, and binds it. */
export function useInput(of: Resources, input: number): string {
  if (input === of.inPlace) return 'output';
  if (!of.inputs.includes(input)) of.inputs.push(input);
  return `input${input}`;
}

/** The element at a place of an input, whatever it is read as. */
export function readOf(of: Resources, input: number, place: string): string {
  const name = useInput(of, input);
  if (of.inputTypes[input] === 'float16') {
    const word = of.inFours.has(input)
      ? `${name}[(${place}) / 4u][((${place}) / 2u) % 2u]`
      : `${name}[(${place}) / 2u]`;
    return `unpackHalf(${word}, ${place})`;
  }
  return of.inFours.has(input) ? `${name}[(${place}) / 4u][(${place}) % 4u]` : `${name}[${place}]`;
}

const words = new DataView(new ArrayBuffer(4));

function wordOf(value: number, dtype: DType): number {
  if (dtype === 'float32') words.setFloat32(0, value);
  else words.setInt32(0, dtype === 'bool' ? Number(value !== 0) : Math.trunc(value));
  return words.getUint32(0);
}

/** Numbers that programs are written with, not computed: they may stand in the source, where the compiler sees them. */
const isPlain = (value: number): boolean => Number.isInteger(value * 2) && Math.abs(value) <= 8;

/** What leaves of an expression stand for, and how names begin, where several emitters write into one scope. */
export interface Known {
  readonly accumulator?: Value;
  stage?(stage: number): Value;
  readonly prefix?: string;
}

type Apply = Extract<Expression, { kind: 'apply' }>;

/** A name for `code` at a level; the same code has the same name. */
type Define = (code: string, level: 0 | 1) => string;

export function emitter(of: Resources, counters: readonly Counter[], known: Known = {}): Emitter {
  const prefix = known.prefix ?? 'v';
  const width = counters.some((counter) => counter.isFours) ? 4 : 1;
  const lines: [string[], string[]] = [[], []];
  const names = new Map<string, string>();
  const values = new Map<Expression, Value>();
  const define: Define = (code, level) => {
    const before = names.get(code);
    if (before !== undefined) return before;
    const name = `${prefix}${names.size}`;
    names.set(code, name);
    lines[level].push(`let ${name} = ${code};`);
    return name;
  };
  const splat = (code: string, dtype: DType): string =>
    width === 1 ? code : `${vectorType(dtype, 4)}(${code})`;
  const constant = (value: number, dtype: DType): string => {
    if (dtype === 'bool') return value === 0 ? '0u' : '1u';
    if (isPlain(value)) {
      return dtype === 'int32'
        ? `i32(${Math.trunc(value)})`
        : `f32(${Object.is(value, -0) ? '-0.0' : value})`;
    }
    const at = of.constants.push(wordOf(value, dtype)) - 1;
    return define(`bitcast<${storageType(dtype)}>(constants[${at >> 2}][${at & 3}])`, 0);
  };

  const placed = (view: View, lanes: Lanes | undefined): Value => {
    const isSideBySide = lanes === 'side by side';
    const terms: string[] = [];
    let level: 0 | 1 = 0;
    for (const [counter, axes] of axesOf(view, counters)) {
      let below = 1;
      for (const [at, axis] of [...axes.entries()].reverse()) {
        const isLast = at === axes.length - 1 && counter.isFours === true;
        const length = isLast ? Math.ceil(axis.length / 4) : axis.length;
        const step = isSideBySide ? (isLast ? 1 : axis.stride / 4) : isLast ? axis.stride * 4 : axis.stride;
        if (axis.stride !== 0) {
          terms.push(timed(coordinate(counter, below, length, at === 0, define), step));
          if (counter.level === 1) level = 1;
        }
        below *= length;
      }
    }
    const offset = isSideBySide ? view.offset / 4 : view.offset;
    if (offset !== 0 || terms.length === 0) terms.push(literal(offset));
    return { name: terms.length === 1 ? (terms[0] ?? '0u') : define(terms.join(' + '), level), level };
  };

  const load = (input: number, view: View, dtype: DType): Value => {
    const lanes = width === 1 ? undefined : lanesIn(view, counters);
    const { name, level } = placed(view, lanes);
    if (width === 1) return { name: define(readOf(of, input, name), level), level };
    if (lanes === 'side by side') {
      const four = `${useInput(of, input)}[${name}]`;
      const isPacked = of.inputTypes[input] === 'float16';
      return { name: define(isPacked ? `unpackHalves(${four})` : four, level), level };
    }
    if (lanes === 'one for all') return { name: define(splat(readOf(of, input, name), dtype), level), level };
    const stride = laneStride(view, counters);
    const four = [0, 1, 2, 3].map((lane) =>
      readOf(of, input, lane === 0 ? name : `${name} + ${literal(lane * stride)}`),
    );
    return { name: define(`${vectorType(dtype, 4)}(${four.join(', ')})`, level), level };
  };

  const iota = (view: View, dtype: DType): Value => {
    const { name, level } = placed(view, width === 1 ? undefined : 'apart');
    if (width === 1) return { name: define(`${storageType(dtype)}(${name})`, level), level };
    const stride = laneStride(view, counters);
    const four = [0, 1, 2, 3].map((lane) => `${storageType(dtype)}(${name} + ${literal(lane * stride)})`);
    return { name: define(`${vectorType(dtype, 4)}(${four.join(', ')})`, level), level };
  };

  const value = (expression: Expression): Value => {
    const before = values.get(expression);
    if (before) return before;
    const made = make(expression);
    values.set(expression, made);
    return made;
  };

  const make = (expression: Expression): Value => {
    switch (expression.kind) {
      case 'load':
        return load(expression.input, expression.view, expression.dtype);
      case 'constant':
        // By a name: what is made of numbers alone would be computed by the parser, which refuses 1 / 0 and the logarithm of 0.
        return {
          name: define(splat(constant(expression.value, expression.dtype), expression.dtype), 0),
          level: 0,
        };
      case 'iota':
        return iota(expression.view, expression.dtype);
      case 'accumulator':
        return known.accumulator ?? unknown('accumulator');
      case 'stage':
        return known.stage?.(expression.stage) ?? unknown('stage');
      case 'apply': {
        const whole = wholePower(expression);
        if (whole) return whole;
        const operands = expression.operands.map(value);
        const level = operands.some((operand) => operand.level === 1) ? 1 : 0;
        const code = callOf(
          expression.fn,
          expression.dtype,
          expression.operands[0]?.dtype ?? expression.dtype,
          operands.map((operand) => operand.name),
          width,
        );
        return { name: define(code, level), level };
      }
    }
  };
  /** Small whole powers as products, as on the CPU; undefined for others. */
  const wholePower = ({ fn, operands: [base, exponent] }: Apply): Value | undefined => {
    if (fn !== 'pow' || !base || exponent?.kind !== 'constant') return undefined;
    const size = Math.abs(exponent.value);
    if (![1, 2, 3, 4].includes(size)) return undefined;
    const { name: x, level } = value(base);
    const squared = size === 1 ? x : define(`${x} * ${x}`, level);
    const power = size <= 2 ? squared : define(`${squared} * ${size === 3 ? x : squared}`, level);
    const name = exponent.value > 0 ? power : define(`${splat('1.0', 'float32')} / ${power}`, level);
    return { name, level };
  };
  return { width, value, constant, place: (view) => placed(view, undefined), lines };
}

function unknown(leaf: string): never {
  throw new RangeError(`A kernel has the leaf "${leaf}" in a place where nothing gives it a value.`);
}

/** Each counter with the axes of the view that it counts. */
function axesOf(view: View, counters: readonly Counter[]): [Counter, readonly Axis[]][] {
  let from = 0;
  return counters.map((counter, at) => {
    const to = at === counters.length - 1 ? view.shape.length : from + counter.axes;
    const axes = mergedAxes(view, from, to);
    from = to;
    return [counter, axes];
  });
}

const fourOf = (view: View, counters: readonly Counter[]): readonly Axis[] =>
  axesOf(view, counters).find(([counter]) => counter.isFours)?.[1] ?? [];

const laneStride = (view: View, counters: readonly Counter[]): number =>
  fourOf(view, counters).at(-1)?.stride ?? 0;

/** How the four elements of each step lie in the buffer. */
export function lanesIn(view: View, counters: readonly Counter[]): Lanes | undefined {
  const others = axesOf(view, counters).flatMap(([counter, axes]) => (counter.isFours ? [] : axes));
  return lanesOf(fourOf(view, counters), others, view.offset);
}

const timed = (coordinate: string, stride: number): string =>
  stride === 1 ? coordinate : `${coordinate} * ${literal(stride)}`;

function coordinate(
  { index, level }: Counter,
  below: number,
  length: number,
  isFirst: boolean,
  define: Define,
): string {
  if (below === 1 && isFirst) return index;
  const shifted = below === 1 ? index : `${index} / ${literal(below)}`;
  return define(isFirst ? shifted : `(${shifted}) % ${literal(length)}`, level);
}

/** All loads of expressions, also of the counting ones. */
export function viewsOf(
  expressions: readonly Expression[],
): { readonly input?: number; readonly view: View }[] {
  const seen = new Set<Expression>();
  const found: { input?: number; view: View }[] = [];
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression.kind === 'load') found.push(expression);
    else if (expression.kind === 'iota') found.push({ view: expression.view });
    else if (expression.kind === 'apply') expression.operands.forEach(visit);
  };
  expressions.forEach(visit);
  return found;
}

/** The inputs to be read in fours under these counters; undefined when four elements cannot always be computed together. */
export function inputsInFours(
  expressions: readonly Expression[],
  counters: readonly Counter[],
): ReadonlySet<number> | undefined {
  const inFours = new Set<number>();
  for (const { input, view } of viewsOf(expressions)) {
    const lanes = lanesIn(view, counters);
    if (lanes === undefined) return undefined;
    if (lanes === 'side by side' && input !== undefined) inFours.add(input);
  }
  return inFours;
}
