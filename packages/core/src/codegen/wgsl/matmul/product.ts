import type { DType } from '../../../graph/dtype.ts';
import { shapeText } from '../../../graph/shape.ts';
import type { Kernel } from '../../../schedule/kernel.ts';
import { inputsInFours, type Resources, resources } from '../emitter.ts';
import { finishing } from '../finishing.ts';
import { fourLoads, type Operand, operandOf } from './operand.ts';

export type Matmul = Extract<Kernel, { kind: 'matmul' }>;

export const labelOf = ({ batch, m, k, n }: Matmul): string =>
  `matmul ${batch === 1 ? '' : `${batch} x `}${shapeText([m, k])} x ${shapeText([k, n])}`;

export interface Prepared {
  readonly own: Resources;
  readonly a: Operand;
  readonly b: Operand;
  /** Elements that are written at once. */
  readonly width: 1 | 4;
  readonly outside: string;
}

/** The operands' loads and the epilogue, in fours of columns where the output and all that the epilogue reads allow it. */
export function prepare(
  { a, b, k, n, epilogue, shape }: Matmul,
  inputTypes: readonly DType[],
  depth: number,
): Prepared {
  const fours = { index: 'index', axes: shape.length, level: 0, isFours: true } as const;
  const inFours = n % 4 === 0 ? inputsInFours(epilogue ? [epilogue] : [], [fours]) : undefined;
  const width = inFours ? 4 : 1;
  const reads = new Set([...(inFours ?? []), ...fourLoads([a, b], k)]);
  const own = resources(inputTypes, reads);
  const left = operandOf(own, 0, 'a', a, { side: 'rows', depth: k, isPadded: k % depth !== 0 });
  const right = operandOf(own, 1, 'b', b, {
    side: 'columns',
    depth: k,
    isPadded: k % depth !== 0,
  });
  const finish = finishing(own, epilogue, shape.length, 'float32', width);
  return { own, a: left, b: right, width, outside: left.functions + right.functions + finish };
}

/** Statements that write the four columns from `column * 4` on, of one row; rows and columns behind the edge are left out. */
export function store(
  { m, n }: Matmul,
  width: 1 | 4,
  row: string,
  column: string,
  value: string,
  isEdged: { readonly rows: boolean; readonly columns: boolean },
): string {
  const place = `(batch * ${m}u + ${row}) * ${width === 4 ? n / 4 : n}u + ${width === 4 ? column : `${column} * 4u`}`;
  const conditions = [
    ...(isEdged.rows ? [`${row} < ${m}u`] : []),
    ...(isEdged.columns && width === 4 ? [`${column} < ${n / 4}u`] : []),
  ];
  const guarded = (tests: readonly string[], statement: string): string =>
    tests.length === 0 ? statement : `if (${tests.join(' && ')}) { ${statement} }`;
  if (width === 4) return guarded(conditions, `finish(${place}, ${value});`);
  return [0, 1, 2, 3]
    .map((lane) =>
      guarded(
        [...conditions, ...(isEdged.columns ? [`${column} * 4u + ${lane}u < ${n}u`] : [])],
        `finish(${place} + ${lane}u, ${value}[${lane}]);`,
      ),
    )
    .join(' ');
}
