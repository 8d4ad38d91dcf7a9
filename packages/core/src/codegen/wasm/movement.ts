import { sizeOf } from '../../graph/shape.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
import {
  type Code,
  copyMemory,
  f32x4,
  fillMemory,
  get,
  i32,
  i32x4,
  type Local,
  repeat,
  set,
  type Value,
  v128,
  when,
} from './assembler.ts';
import { elementwisePhase } from './elementwise.ts';
import type { WasmFeatures } from './features.ts';
import { eachUnit, innerLoop, type Pointer } from './loops.ts';
import { type Phase, type PhaseScope, type Program, phaseScope, WORD } from './program.ts';

type Assemble = Extract<Kernel, { kind: 'assemble' }>;
type Indexed = Extract<Kernel, { kind: 'gather' | 'scatterAdd' }>;

/** Zeros where no piece will lie, then each piece at its offset. */
export function assembleProgram(kernel: Assemble, inputCount: number, features: WasmFeatures): Program {
  const { shape, dtype, pieces } = kernel;
  const covered = pieces.reduce((sum, piece) => sum + sizeOf(piece.view.shape), 0);
  const zero: Expression = { kind: 'constant', value: 0, dtype };
  const fill = (): Phase =>
    elementwisePhase('zero', zero, [sizeOf(shape)], contiguousView([sizeOf(shape)]), inputCount, features);
  const copies = pieces
    .filter((piece) => sizeOf(piece.view.shape) > 0)
    .map((piece, index) => {
      const target = { shape: piece.view.shape, strides: piece.strides, offset: piece.offset };
      const load: Expression = { kind: 'load', input: piece.input, view: piece.view, dtype };
      return elementwisePhase(`piece${index}`, load, piece.view.shape, target, inputCount, features);
    });
  return { phases: covered < sizeOf(shape) ? [fill(), ...copies] : copies };
}

/** A row of fewer words is copied in a loop: the engine's bulk copy is a call. */
const BULK = 32;

/** Rows by index; one unit is one row of the output. */
export function gatherProgram(kernel: Indexed, inputCount: number): Program {
  const { length, inner, count, outer } = kernel;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const [table, indices] = tableAndIndices(phase);
  const index = scope.local('i32');
  const from = newPointer(phase);
  const to = newPointer(phase);
  const bytes = inner * WORD;
  const copy =
    inner >= BULK
      ? copyMemory(get(to.local), get(from.local), i32.const(bytes))
      : innerLoop(
          scope,
          inner,
          1,
          [from, to],
          0,
          () => v128.store(get(to.local), v128.load(get(from.local))),
          () => i32.store(get(to.local), i32.load(get(from.local))),
        );
  const clear =
    inner >= BULK
      ? fillMemory(get(to.local), 0, i32.const(bytes))
      : innerLoop(
          scope,
          inner,
          1,
          [to],
          0,
          () => v128.store(get(to.local), v128.ints(0)),
          () => i32.store(get(to.local), i32.const(0)),
        );
  const unit = get(phase.begin);
  const body = [
    set(index, wordAt(indices, i32.remU(unit, i32.const(count)))),
    set(to.local, i32.add(get(phase.output), i32.mul(unit, i32.const(bytes)))),
    when(
      i32.ltU(get(index), i32.const(length)),
      [
        set(
          from.local,
          i32.add(
            get(table),
            i32.mul(
              i32.add(i32.mul(i32.divU(unit, i32.const(count)), i32.const(length)), get(index)),
              i32.const(bytes),
            ),
          ),
        ),
        copy,
      ],
      clear,
    ),
  ];
  const code = scope.finish(eachUnit(phase.begin, phase.end, body), 'gather');
  return { phases: [{ code, units: outer * count, unitCost: 5 + inner * 0.3 }] };
}

/** Rows added up at their indices; one unit is one slice of the outer axes, since rows may meet. */
export function scatterAddProgram(kernel: Indexed, inputCount: number): Program {
  const { length, inner, count, outer, dtype } = kernel;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const [rows, indices] = tableAndIndices(phase);
  const bytes = inner * WORD;
  const into = newPointer(phase);
  const from = newPointer(phase);
  const start = scope.local('i32');
  const index = scope.local('i32');
  const row = scope.local('i32');
  const sum = (a: Value<'v128'>, b: Value<'v128'>): Value<'v128'> =>
    dtype === 'float32' ? f32x4.add(a, b) : i32x4.add(a, b);
  const addRow = innerLoop(
    scope,
    inner,
    1,
    [into, from],
    0,
    () => v128.store(get(into.local), sum(v128.load(get(into.local)), v128.load(get(from.local)))),
    () =>
      v128.store32Lane(
        get(into.local),
        sum(v128.loadSplat(get(into.local)), v128.loadSplat(get(from.local))),
        0,
      ),
  );
  const nextRow: Code = [
    set(index, wordAt(indices, get(row))),
    when(i32.ltU(get(index), i32.const(length)), [
      set(into.local, i32.add(get(start), i32.mul(get(index), i32.const(bytes)))),
      set(
        from.local,
        i32.add(
          get(rows),
          i32.mul(i32.add(i32.mul(get(phase.begin), i32.const(count)), get(row)), i32.const(bytes)),
        ),
      ),
      addRow,
    ]),
  ];
  const body = [
    set(start, i32.add(get(phase.output), i32.mul(get(phase.begin), i32.const(length * bytes)))),
    fillMemory(get(start), 0, i32.const(length * bytes)),
    set(row, i32.const(0)),
    repeat(row, i32.const(count), 1, nextRow),
  ];
  const code = scope.finish(eachUnit(phase.begin, phase.end, body), 'scatterAdd');
  return { phases: [{ code, units: outer, unitCost: length * inner * 0.1 + count * (5 + inner * 0.3) }] };
}

function tableAndIndices({ inputs }: PhaseScope): [Local<'i32'>, Local<'i32'>] {
  const [table, indices = table] = inputs;
  if (!table || !indices) throw new RangeError('A kernel that takes rows by index has two inputs.');
  return [table, indices];
}

const newPointer = ({ scope }: PhaseScope): Pointer => ({
  local: scope.local('i32'),
  start: i32.const(0),
  steps: [WORD],
});

const wordAt = (base: Local<'i32'>, index: Value<'i32'>): Value<'i32'> =>
  i32.load(i32.add(get(base), i32.shl(index, i32.const(2))));
