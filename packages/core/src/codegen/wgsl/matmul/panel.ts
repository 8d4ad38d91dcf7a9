import { FOUR, type Operand } from './operand.ts';

/** The part of one operand that a workgroup has in shared memory: so many rows or columns, called x, by so many k. */
export interface Panel {
  /** Outside of `main`. */
  readonly declaration: string;
  /** Variables that hold what was fetched and is not yet put down. */
  readonly registers: readonly string[];
  /** Loads what `step` needs into the registers: `first` is the first x, in elements. */
  fetch(first: string): string[];
  /** Puts the registers down in shared memory. */
  readonly put: readonly string[];
  /** Whether four k of one x lie together there, or else four x of one k. */
  readonly runsAlongDepth: boolean;
  /** Four elements that lie together. Along depth `x` counts single ones and `k` fours, otherwise the other way round. */
  at(x: string, k: string): string;
}

export interface PanelShape {
  readonly name: string;
  /** Elements along x and along k. */
  readonly length: number;
  readonly depth: number;
  /** Invocations that share the work. */
  readonly threads: number;
  /** Whether four k of one x may lie together; columns are multiplied in fours that lie side by side. */
  readonly mayRunAlongDepth: boolean;
}

export function panelOf(
  operand: Operand,
  { name, length, depth, threads, mayRunAlongDepth }: PanelShape,
): Panel {
  const [wide, deep] = [length / 4, depth / 4];
  const isTurned = operand.runsAlongDepth && !mayRunAlongDepth;
  const runsAlongDepth = operand.runsAlongDepth && mayRunAlongDepth;
  /** Each invocation has one vector after the other, or blocks of four by four that it turns over. */
  const count = (isTurned ? wide * deep : length * deep) / threads;
  const rounds = Array.from({ length: Math.ceil(count) }, (_, round) => round);
  const held = (round: number, part = 0): string => `${name}Held${isTurned ? 4 * round + part : round}`;
  const item = (round: number): string => (round === 0 ? 'lane' : `(lane + ${round * threads}u)`);
  const guarded = (round: number, statements: readonly string[]): string[] => {
    const whole = count >= round + 1 ? '' : `if (${item(round)} < ${count * threads}u) `;
    return [`${whole}{ ${statements.join(' ')} }`];
  };
  const parts = isTurned ? FOUR : ([0] as const);
  // Neighbouring invocations read what lies side by side.
  const along = (round: number): { readonly x: string; readonly k: string } =>
    operand.runsAlongDepth
      ? { x: `${item(round)} / ${deep}u`, k: `${item(round)} % ${deep}u` }
      : { x: `${item(round)} % ${wide}u`, k: `${item(round)} / ${wide}u` };
  return {
    declaration: `var<workgroup> ${name}: array<vec4<f32>, ${length * deep}>;\n`,
    registers: rounds.flatMap((round) => parts.map((part) => `var ${held(round, part)} = vec4<f32>();`)),
    fetch: (first) =>
      rounds.flatMap((round) => {
        const { x, k } = along(round);
        if (isTurned) {
          const block = operand.block('p', 'batch', `${first} / 4u + ${x}`, `step * ${deep}u + ${k}`);
          return guarded(round, [...block, ...FOUR.map((part) => `${held(round, part)} = p${part};`)]);
        }
        const from = operand.runsAlongDepth
          ? operand.four('batch', `${first} + ${x}`, `step * ${deep}u + ${k}`)
          : operand.four('batch', `${first} / 4u + ${x}`, `step * ${depth}u + ${k}`);
        return guarded(round, [`${held(round)} = ${from};`]);
      }),
    put: rounds.flatMap((round) => {
      if (!isTurned) return guarded(round, [`${name}[${item(round)}] = ${held(round)};`]);
      const { x, k } = along(round);
      return guarded(
        round,
        FOUR.map((part) => `${name}[((${k}) * 4u + ${part}u) * ${wide}u + ${x}] = ${held(round, part)};`),
      );
    }),
    runsAlongDepth,
    at: (x, k) =>
      runsAlongDepth ? `${name}[(${x}) * ${deep}u + ${k}]` : `${name}[(${k}) * ${wide}u + ${x}]`,
  };
}
