import type { DType } from '../../graph/dtype.ts';
import type { ReduceFunction } from '../../graph/node.ts';
import { shapeText } from '../../graph/shape.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';
import {
  type Counter,
  type Emitter,
  emitter,
  inputsInFours,
  resources,
  type Value,
  viewsOf,
} from './emitter.ts';
import { foldAcross, foldOf, startOf } from './fold.ts';
import { foldInvocations, type InvocationFold } from './fold-invocations.ts';
import { type Program, program, type ShaderTarget, vectorType } from './program.ts';
import { blocks, indented, linear, shaderOf } from './source.ts';

type Rows = Extract<Kernel, { kind: 'rows' }>;

/** Rows from which one invocation per row fills a CPU, and elements below which a workgroup has nothing to share out. */
const MANY_ROWS = 64;
const SHORT_ROW = 16;

/**
 * Several folds over each row in one dispatch: a workgroup per row, whose invocations fold what they have together; for short
 * rows, and on the CPU, an invocation per row. Kept values are computed again where they are used: the row is in the cache, and
 * what is kept are a few operations.
 */
export function rowsProgram(kernel: Rows, inputTypes: readonly DType[], target: ShaderTarget): Program {
  const { outer, inner, stages, result, isWide, dtype, shape } = kernel;
  const wideExpressions = [...stages.map((stage) => stage.expression), ...(isWide ? [result] : [])];
  const outerAxes = outerAxesOf([...wideExpressions, ...stages.map(({ expression }) => expression)], outer);
  const row: Counter = { index: 'row', axes: outerAxes, level: 0 };
  const at: Counter = { index: 'at', axes: 0, level: 1, isFours: true };
  const inFours = inner % 4 === 0 ? inputsInFours(wideExpressions, [row, at]) : undefined;
  const width = inFours ? 4 : 1;
  const own = resources(inputTypes, inFours);
  const isAlone = outer >= MANY_ROWS && (target.isSoftware || inner <= SHORT_ROW);
  const size = isAlone ? 32 : Math.min(256, Math.max(32, 2 ** Math.ceil(Math.log2(inner / width / 4))));
  const [begin, stride] = isAlone ? ['0u', 1] : ['lane', size];
  const loop = (body: string): string =>
    `  for (var at = ${begin}; at < ${inner / width}u; at += ${stride}u) {\n${body}  }\n`;

  const values = new Map<number, Value>();
  let wide: Emitter | undefined;
  /** A stage's value in an emitter: what was folded, spread to its width, or the kept expression computed again. */
  const known = (of: () => Emitter | undefined, to: 1 | 4, prefix: string) => ({
    prefix,
    stage(stage: number): Value {
      const kept = stages[stage];
      const value = values.get(stage);
      if (kept?.kind === 'keep') return of()?.value(kept.expression) ?? { name: '0', level: 0 };
      const type = vectorType(kept?.expression.dtype ?? dtype, to);
      return { name: to === 4 ? `${type}(${value?.name})` : (value?.name ?? '0'), level: 0 };
    },
  });
  const wideEmitter = (prefix: string): Emitter => {
    wide = emitter(
      own,
      [row, { ...at, isFours: width === 4 }],
      known(() => wide, width, prefix),
    );
    return wide;
  };
  let narrow: Emitter | undefined;
  const narrowEmitter = (prefix: string): Emitter => {
    const counters: Counter[] = [row, { index: '0u', axes: 0, level: 0 }];
    narrow = emitter(
      own,
      counters,
      known(() => narrow, 1, prefix),
    );
    return narrow;
  };

  const body: string[] = [];
  const together = new Map<string, InvocationFold>();
  const foldOfAll = (fn: ReduceFunction, type: DType): InvocationFold => {
    const known = together.get(`${fn} ${type}`) ?? foldInvocations(fn, type, size, target);
    together.set(`${fn} ${type}`, known);
    return known;
  };
  for (const [index, stage] of stages.entries()) {
    if (stage.kind === 'keep') continue;
    const type = stage.expression.dtype;
    const emit = wideEmitter(`f${index}_`);
    const start = emit.constant(startOf(stage.fn, type), type);
    const { name } = emit.value(stage.expression);
    const folded = `folded${index}`;
    body.push(indented(emit.lines[0], 1));
    body.push(`  var ${folded} = ${vectorType(type, width)}(${start});\n`);
    body.push(
      loop(`${indented(emit.lines[1], 2)}    ${folded} = ${foldOf(stage.fn, type, width, folded, name)};\n`),
    );
    const total = width === 4 ? foldAcross(stage.fn, type, folded) : folded;
    const whole = isAlone ? total : foldOfAll(stage.fn, type).call(total);
    body.push(`  let stage${index} = ${whole};\n`);
    values.set(index, { name: `stage${index}`, level: 0 });
  }
  const emit = isWide ? wideEmitter('r') : narrowEmitter('r');
  const { name } = emit.value(result);
  body.push(indented(emit.lines[0], 1));
  if (isWide) {
    const place = `row * ${inner / width}u + at`;
    body.push(loop(`${indented(emit.lines[1], 2)}    output[${place}] = ${name};\n`));
  } else body.push(isAlone ? `  output[row] = ${name};\n` : `  if (lane == 0u) { output[row] = ${name}; }\n`);

  const { grid, head } = isAlone ? linear(outer, size) : blocks(outer);
  return program([
    shaderOf({
      label: `rows ${shapeText(shape)} over ${inner}, ${stages.length} stages`,
      resources: own,
      target: { kind: 'output' },
      targetType: dtype,
      targetWidth: isWide ? width : 1,
      workgroup: [size, 1],
      grid,
      outside: [...together.values()].map(({ outside }) => outside).join(''),
      body: `${head}  let row = ${isAlone ? 'index' : 'block'};\n${body.join('')}`,
    }),
  ]);
}

/** How many of the views' axes count rows: those whose lengths multiply to the number of rows. */
function outerAxesOf(expressions: readonly Expression[], outer: number): number {
  for (const { view } of viewsOf(expressions)) {
    let product = 1;
    for (let axis = 0; axis <= view.shape.length; axis++) {
      if (product === outer) return axis;
      product *= view.shape[axis] ?? 1;
    }
  }
  return 0;
}
