import type { MatrixView } from '../../../schedule/kernel.ts';
import { type Counter, emitter, lanesIn, type Resources } from '../emitter.ts';
import { indented } from '../source.ts';

/** How one operand of a product is read: 4x4 blocks, with k on one side and rows or columns, called x here, on the other. */
export interface Operand {
  /** Functions that the source needs outside of `main`. */
  readonly functions: string;
  /** Whether four elements along k lie side by side. */
  readonly runsAlongDepth: boolean;
  /** Whether each element is read by itself. */
  readonly isSingle: boolean;
  /** The four elements that are loaded at once: along k, which `k` counts in fours then, or along x, which `x` does. */
  four(batch: string, x: string, k: string): string;
  /** Statements that set `name0` … `name3`: four elements along x each, for four k. `x` and `k` count fours. */
  block(name: string, batch: string, x: string, k: string): string[];
  /** The same block, of which each of the four invocations of a quad loads a quarter: `lane` is its number in the quad. */
  shared(name: string, batch: string, x: string, k: string, lane: string): SharedBlock;
}

export interface SharedBlock {
  readonly statements: readonly string[];
  /** One element of the block. */
  at(x: number, k: number): string;
}

export interface OperandShape {
  readonly side: 'rows' | 'columns';
  readonly depth: number;
  /** Whether blocks may reach behind the last k: what is there must count as zero. */
  readonly isPadded: boolean;
}

export const FOUR = [0, 1, 2, 3] as const;

function countersOf(
  { split: [rows, columns] }: MatrixView,
  side: OperandShape['side'],
): {
  readonly alongDepth: Counter[];
  readonly alongX: Counter[];
  readonly single: Counter[];
} {
  const batch: Counter = { index: 'batch', axes: rows, level: 0 };
  const [first, second] = side === 'rows' ? ['x', 'k'] : ['k', 'x'];
  const counters = (fours: string | undefined): Counter[] => [
    batch,
    { index: first ?? 'x', axes: columns - rows, level: 0, isFours: fours === first },
    { index: second ?? 'k', axes: 0, level: 0, isFours: fours === second },
  ];
  return { alongDepth: counters('k'), alongX: counters('x'), single: counters(undefined) };
}

/** Four elements at once along k, along x, or neither. */
function directionOf(view: MatrixView, side: OperandShape['side'], depth: number): 'k' | 'x' | undefined {
  const counters = countersOf(view, side);
  // Four by four, k must end with a whole four: what lies behind would be multiplied too.
  const isWhole = depth % 4 === 0;
  if (isWhole && lanesIn(view, counters.alongDepth) === 'side by side') return 'k';
  return lanesIn(view, counters.alongX) === 'side by side' ? 'x' : undefined;
}

/** Which of the two operands, inputs 0 and 1, are read in fours. */
export const fourLoads = (views: readonly [MatrixView, MatrixView], depth: number): number[] =>
  views.flatMap((view, input) =>
    directionOf(view, input === 0 ? 'rows' : 'columns', depth) === undefined ? [] : [input],
  );

export function operandOf(
  own: Resources,
  input: number,
  name: string,
  view: MatrixView,
  { side, depth, isPadded }: OperandShape,
): Operand {
  const counters = countersOf(view, side);
  const direction = directionOf(view, side, depth);
  const load = `${name}Load`;
  // No branches: some compilers (SwiftShader's) take minutes over dozens of them. Reads behind the end of a buffer are
  // harmless in WebGPU; rows and columns behind the edge are never stored, and what lies behind the last k counts as zero.
  const written = (counting: readonly Counter[], type: string, end: number): string => {
    const emit = emitter(own, counting);
    const { name: value } = emit.value({ kind: 'load', input, view, dtype: 'float32' });
    const result = isPadded ? `select(${type}(0), ${value}, k < ${end}u)` : value;
    const head = `fn ${load}(batch: u32, x: u32, k: u32) -> ${type} {\n`;
    return `${head}${indented(emit.lines[0], 1)}  return ${result};\n}\n`;
  };
  /** Each invocation loads four elements along one side, and the quad exchanges them. */
  const exchanged = (name: string, mine: string, at: SharedBlock['at']): SharedBlock => ({
    statements: [
      `let ${name}mine = ${mine};`,
      ...FOUR.map((lane) => `let ${name}${lane} = quadBroadcast(${name}mine, ${lane}u);`),
    ],
    at,
  });
  const byRows = (name: string, mine: string): SharedBlock =>
    exchanged(name, mine, (x, k) => `${name}${x}[${k}]`);
  const byDepth = (name: string, mine: string): SharedBlock =>
    exchanged(name, mine, (x, k) => `${name}${k}[${x}]`);
  const four = (batch: string, x: string, k: string): string => `${load}(${batch}, ${x}, ${k})`;
  switch (direction) {
    case 'k':
      return {
        functions: written(counters.alongDepth, 'vec4<f32>', depth / 4),
        runsAlongDepth: true,
        isSingle: false,
        four,
        // Four rows of four k, turned over in registers.
        block: (to, batch, x, k) => [
          ...FOUR.map((at) => `let ${to}r${at} = ${load}(${batch}, (${x}) * 4u + ${at}u, ${k});`),
          ...FOUR.map(
            (at) => `let ${to}${at} = vec4<f32>(${FOUR.map((r) => `${to}r${r}[${at}]`).join(', ')});`,
          ),
        ],
        shared: (to, batch, x, k, lane) => byRows(to, `${load}(${batch}, (${x}) * 4u + ${lane}, ${k})`),
      };
    case 'x':
      return {
        functions: written(counters.alongX, 'vec4<f32>', depth),
        runsAlongDepth: false,
        isSingle: false,
        four,
        block: (to, batch, x, k) =>
          FOUR.map((at) => `let ${to}${at} = ${load}(${batch}, ${x}, (${k}) * 4u + ${at}u);`),
        shared: (to, batch, x, k, lane) => byDepth(to, `${load}(${batch}, ${x}, (${k}) * 4u + ${lane})`),
      };
    default: {
      // One by one: strides that fit no vector.
      const gathered = (batch: string, x: string, k: string): string =>
        `vec4<f32>(${FOUR.map((lane) => `${load}(${batch}, (${x}) * 4u + ${lane}u, ${k})`).join(', ')})`;
      return {
        functions: written(counters.single, 'f32', depth),
        runsAlongDepth: false,
        isSingle: true,
        four: gathered,
        block: (to, batch, x, k) =>
          FOUR.map((at) => `let ${to}${at} = ${gathered(batch, x, `(${k}) * 4u + ${at}u`)};`),
        shared: (to, batch, x, k, lane) => {
          const four = FOUR.map((at) => `${load}(${batch}, (${x}) * 4u + ${lane}, (${k}) * 4u + ${at}u)`);
          return byRows(to, `vec4<f32>(${four.join(', ')})`);
        },
      };
    }
  }
}
