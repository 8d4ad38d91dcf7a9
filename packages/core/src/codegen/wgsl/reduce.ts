import type { DType } from '../../graph/dtype.ts';
import type { ReduceFunction } from '../../graph/node.ts';
import { shapeText, sizeOf } from '../../graph/shape.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
import { type Counter, emitter, inputsInFours, resources, type Value, viewsOf } from './emitter.ts';
import { finishing } from './finishing.ts';
import { foldAcross, foldOf, foldTree, startOf } from './fold.ts';
import { foldInvocations } from './fold-invocations.ts';
import {
  type BufferUse,
  type Program,
  program,
  type Shader,
  type ShaderTarget,
  vectorType,
} from './program.ts';
import { blocks, indented, linear, shaderOf } from './source.ts';

/** A reduction of `rows` outputs over `inner` elements each. Also matrix-vector products are written as one. */
export interface Reduction {
  readonly label: string;
  readonly fn: ReduceFunction;
  readonly rows: number;
  readonly inner: number;
  /** Over [...outer axes, ...inner axes]. */
  readonly expression: Expression;
  /** How many axes of the expression's views are outer ones. */
  readonly outerAxes: number;
  readonly outputRank: number;
  readonly epilogue: Expression | undefined;
  readonly dtype: DType;
  readonly inputTypes: readonly DType[];
}

const WORKGROUP = 64;
/** Of a reduction over columns: neighbouring outputs, and parts of the inner axis, per workgroup. */
const COLUMNS = 32;
const PARTS = 8;
/** Inner axes up to this length are not worth a tree. */
const SHORT = 32;
/** Outputs below which the inner axis is split over several workgroups, if it is long. */
const FEW_ROWS = 128;
const LONG = 8_192;
const PART: BufferUse = { kind: 'scratch', scratch: 0 };

export function reduceProgram(
  kernel: Extract<Kernel, { kind: 'reduce' }>,
  inputTypes: readonly DType[],
  target: ShaderTarget,
): Program {
  const { fn, inner, expression, epilogue, dtype, shape, innerShape } = kernel;
  const [view] = viewsOf([expression]);
  return reductionProgram(
    {
      label: `${fn} ${shapeText(shape)} over ${inner}`,
      fn,
      rows: sizeOf(shape),
      inner,
      expression,
      outerAxes: Math.max(0, (view?.view.shape.length ?? 0) - innerShape.length),
      outputRank: shape.length,
      epilogue,
      dtype,
      inputTypes,
    },
    target,
  );
}

export function reductionProgram(reduction: Reduction, target: ShaderTarget): Program {
  const { fn, rows, expression, inputTypes } = reduction;
  const parts = partsOf(reduction, target);
  if (parts <= 1) return program([onePass(reduction, target, 1)]);
  // Two passes: each part of a row first, into scratch memory, and then the parts.
  const scratchType = expression.dtype;
  const first: Reduction = { ...reduction, epilogue: undefined, dtype: scratchType };
  const second: Reduction = {
    ...reduction,
    label: `${fn} of ${parts} parts`,
    inner: parts,
    expression: {
      kind: 'load',
      input: inputTypes.length,
      view: contiguousView([rows, parts]),
      dtype: scratchType,
    },
    outerAxes: 1,
    inputTypes: [...inputTypes, scratchType],
  };
  const shaders = [
    onePass(first, target, parts),
    readingScratch(onePass(second, target, 1), inputTypes.length),
  ];
  return program(shaders, [rows * parts]);
}

/** A shader whose output lies in `parts` parts one behind the other in scratch memory, and one that adds them up. */
export function partsProgram(
  shader: Shader,
  sum: Pick<Reduction, 'label' | 'rows' | 'epilogue' | 'outputRank' | 'dtype' | 'inputTypes'>,
  parts: number,
): Program {
  const input = sum.inputTypes.length;
  const view = { shape: [sum.rows, parts], strides: [1, sum.rows], offset: 0 };
  const adding: Reduction = {
    ...sum,
    fn: 'sum',
    inner: parts,
    expression: { kind: 'load', input, view, dtype: 'float32' },
    outerAxes: 1,
    inputTypes: [...sum.inputTypes, 'float32'],
  };
  return program([shader, readingScratch(byThread(adding, 1), input)], [sum.rows * parts]);
}

/** Into how many parts a row is split, so that there is enough work to fill the adapter. */
function partsOf({ rows, inner }: Reduction, { isSoftware }: ShaderTarget): number {
  if (rows >= FEW_ROWS || inner < LONG) return 1;
  // On the CPU parts are single invocations; on a GPU they are workgroups of 64.
  const wanted = isSoftware
    ? Math.ceil(256 / rows)
    : Math.min(Math.ceil(1024 / rows), Math.ceil(inner / 4096));
  // Parts of equal length, in fours, or none.
  for (let parts = wanted; parts > 1; parts--) if (inner % (parts * 4) === 0) return parts;
  return 1;
}

function onePass(reduction: Reduction, target: ShaderTarget, parts: number): Shader {
  if (reduction.inner / parts <= SHORT || target.isSoftware) return byThread(reduction, parts);
  return parts === 1 && runsAcross(reduction) ? byColumns(reduction) : byWorkgroup(reduction, parts, target);
}

/** What was loaded as one more input is the scratch memory. */
const readingScratch = (shader: Shader, input: number): Shader => ({
  ...shader,
  buffers: shader.buffers.map((use) => (use.kind === 'input' && use.input === input ? PART : use)),
});

/** Whether neighbouring outputs read neighbouring elements, and neighbouring inner elements do not. */
function runsAcross({ expression, outerAxes, rows }: Reduction): boolean {
  const views = viewsOf([expression]).map(({ view }) => view);
  const last = (lengths: readonly number[], from: number, to: number): number =>
    lengths.slice(from, to).findLastIndex((length) => length > 1) + from;
  const score = views.reduce((sum, { shape, strides }) => {
    const outer = last(shape, 0, outerAxes);
    const inner = last(shape, outerAxes, shape.length);
    return (
      sum + Number(outer >= 0 && strides[outer] === 1) - Number(inner >= outerAxes && strides[inner] === 1)
    );
  }, 0);
  return rows >= COLUMNS && score > 0;
}

interface Parts {
  readonly own: ReturnType<typeof resources>;
  readonly emit: ReturnType<typeof emitter>;
  readonly width: 1 | 4;
  readonly value: Value;
}

/** The expression with its rows counted by `row` and its inner elements by `at`, in fours where they allow it. */
function expressed(reduction: Reduction, mayBeFours: boolean): Parts {
  const { expression, outerAxes, inputTypes, inner } = reduction;
  const row: Counter = { index: 'row', axes: outerAxes, level: 0 };
  const at: Counter = { index: 'at', axes: 0, level: 1, isFours: true };
  const inFours = mayBeFours && inner % 4 === 0 ? inputsInFours([expression], [row, at]) : undefined;
  const width = inFours ? 4 : 1;
  const own = resources(inputTypes, inFours);
  const emit = emitter(own, [row, { ...at, isFours: width === 4 }]);
  return { own, emit, width, value: emit.value(expression) };
}

/** The function that writes an output's element, through the epilogue. */
const finish = ({ epilogue, outputRank, expression }: Reduction, { own }: Parts): string =>
  finishing(own, epilogue, outputRank, expression.dtype, 1);

const typeOf = ({ expression }: Reduction): DType => expression.dtype;

/** One invocation per output (or per part of one): short inner axes, and adapters where barriers are dear. */
function byThread(reduction: Reduction, parts: number): Shader {
  const { fn, rows, inner, dtype, label } = reduction;
  const made = expressed(reduction, inner % (parts * 4) === 0);
  const { own, emit, width, value } = made;
  const steps = inner / parts / width;
  const start = emit.constant(startOf(fn, typeOf(reduction)), typeOf(reduction));
  const type = vectorType(typeOf(reduction), width);
  const { grid, head } = linear(rows * parts, WORKGROUP);
  const total = width === 4 ? foldAcross(fn, typeOf(reduction), 'folded') : 'folded';
  const loop = `${indented(emit.lines[1], 2)}    folded = ${foldOf(fn, typeOf(reduction), width, 'folded', value.name)};\n`;
  return shaderOf({
    label,
    resources: own,
    target: parts === 1 ? { kind: 'output' } : PART,
    targetType: parts === 1 ? dtype : typeOf(reduction),
    workgroup: [WORKGROUP, 1],
    grid,
    outside: finish(reduction, made),
    body: `${head}  let row = ${parts === 1 ? 'index' : `index / ${parts}u`};
  let begin = ${parts === 1 ? '0u' : `(index % ${parts}u) * ${steps}u`};
${indented(emit.lines[0], 1)}  var folded = ${type}(${start});
  for (var at = begin; at < begin + ${steps}u; at++) {
${loop}  }
  finish(index, ${total});`,
  });
}

/** One workgroup per output (or part): its invocations take turns along the inner axis, and fold what they have together. */
function byWorkgroup(reduction: Reduction, parts: number, target: ShaderTarget): Shader {
  const { fn, rows, inner, dtype, label } = reduction;
  const made = expressed(reduction, inner % (parts * 4) === 0);
  const { own, emit, width, value } = made;
  const steps = inner / parts / width;
  const size = Math.min(256, Math.max(WORKGROUP, 2 ** Math.floor(Math.log2(steps / 4))));
  const start = emit.constant(startOf(fn, typeOf(reduction)), typeOf(reduction));
  const { grid, head } = blocks(rows * parts);
  const total = width === 4 ? foldAcross(fn, typeOf(reduction), 'folded') : 'folded';
  const together = foldInvocations(fn, typeOf(reduction), size, target);
  return shaderOf({
    label,
    resources: own,
    target: parts === 1 ? { kind: 'output' } : PART,
    targetType: parts === 1 ? dtype : typeOf(reduction),
    workgroup: [size, 1],
    grid,
    outside: `${together.outside}${finish(reduction, made)}`,
    body: `${head}  let row = ${parts === 1 ? 'block' : `block / ${parts}u`};
  let begin = ${parts === 1 ? '0u' : `(block % ${parts}u) * ${steps}u`};
${indented(emit.lines[0], 1)}  var folded = ${vectorType(typeOf(reduction), width)}(${start});
  for (var at = begin + lane; at < begin + ${steps}u; at += ${size}u) {
${indented(emit.lines[1], 2)}    folded = ${foldOf(fn, typeOf(reduction), width, 'folded', value.name)};
  }
  let whole = ${together.call(total)};
  if (lane == 0u) { finish(block, whole); }`,
  });
}

/** Neighbouring outputs side by side in a workgroup, the inner axis in parts: sums over leading axes read whole lines. */
function byColumns(reduction: Reduction): Shader {
  const { fn, rows, inner, dtype, label } = reduction;
  const made = expressed(reduction, false);
  const { own, emit, value } = made;
  const type = vectorType(typeOf(reduction), 1);
  const start = emit.constant(startOf(fn, typeOf(reduction)), typeOf(reduction));
  const { grid, head } = blocks(Math.ceil(rows / COLUMNS));
  return shaderOf({
    label,
    resources: own,
    target: { kind: 'output' },
    targetType: dtype,
    workgroup: [COLUMNS, PARTS],
    grid,
    outside: `var<workgroup> sums: array<${type}, ${COLUMNS * PARTS}>;\n${finish(reduction, made)}`,
    // Invocations behind the last row fold the last one again, and do not write: all must come to the barriers.
    body: `${head}  let column = block * ${COLUMNS}u + local.x;
  let row = min(column, ${rows - 1}u);
${indented(emit.lines[0], 1)}  var folded = ${type}(${start});
  for (var at = local.y; at < ${inner}u; at += ${PARTS}u) {
${indented(emit.lines[1], 2)}    folded = ${foldOf(fn, typeOf(reduction), 1, 'folded', value.name)};
  }
  sums[lane] = folded;
${foldTree(fn, typeOf(reduction), 'sums', COLUMNS * PARTS, COLUMNS)}  if (local.y == 0u && column < ${rows}u) { finish(row, sums[lane]); }`,
  });
}
