import { type Code, get, i32, type Local, repeat, set, v128, when } from './assembler.ts';
import { costOf, elementLoop, weightOf } from './element-loop.ts';
import type { WasmFeatures } from './features.ts';
import { finished } from './finish.ts';
import { newAccumulator, RUN } from './fold.ts';
import { foldNest, type Reduce } from './fold-nest.ts';
import { pointerReading } from './leaves.ts';
import { eachUnit, innerLoop, loopAxes, seek } from './loops.ts';
import { type Phase, phaseScope } from './program.ts';

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** One output element at a time, four elements of the last folded axis at a time. */
export function foldRows(kernel: Reduce, inputCount: number, features: WasmFeatures): Phase {
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const { lengths, boundary, pointerOf, out, folded, finishing } = foldNest(kernel, phase);
  const { expression, fn, epilogue } = kernel;
  const { dtype } = expression;
  const inner = lengths.length - 1;
  const length = lengths[inner] ?? 1;
  const count = product(lengths.slice(boundary));
  const weight = weightOf(expression);
  const zero = v128.ints(0);
  const accumulator = newAccumulator({ scope, features }, fn, dtype, weight <= 4 ? 4 : 2, count > RUN);
  const body = elementLoop({ scope, features }, [{ expression }], pointerReading(pointerOf, inner), {
    vector: ([value = zero], at) => accumulator.vector(at, value),
    single: ([value = zero]) => accumulator.single(value),
  });
  const along = (run: number | Local<'i32'>): Code => [
    innerLoop(scope, run, body.unroll, folded, inner, body.vectors, body.single),
    accumulator.endRun,
  ];
  const fold = loopAxes(scope, lengths, boundary, inner, folded, [
    body.before,
    length > RUN ? inRuns({ scope }, length, along) : along(length),
  ]);
  const result = finished(
    { scope, features },
    epilogue,
    get(accumulator.result),
    pointerReading(pointerOf, 0).single,
  );
  const element: Code = [
    accumulator.start,
    fold,
    accumulator.finish,
    result.code,
    v128.store32Lane(get(out.local), result.value, 0),
  ];
  let split = boundary - 1;
  const keptLength = lengths[split] ?? 1;
  if (keptLength * count > 4 * RUN) split = boundary;
  // The folded axes have been walked when an element is done; what finishes it has not moved along them.
  const all = [...new Set([...folded, ...finishing])];
  const unit = [
    seek(scope, get(phase.begin), lengths, split, all),
    loopAxes(scope, lengths, split, boundary, all, element),
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, unit), 'fold'),
    units: product(lengths.slice(0, split)),
    unitCost: product(lengths.slice(split)) * costOf(weight),
  };
}

/** A long row in runs, so that sums move on to float64 now and then. */
export function inRuns(
  { scope }: { scope: ReturnType<typeof phaseScope>['scope'] },
  length: number,
  along: (run: Local<'i32'>) => Code,
): Code {
  const done = scope.local('i32');
  const run = scope.local('i32');
  return [
    set(done, i32.const(0)),
    repeat(
      done,
      i32.const(length),
      RUN,
      set(run, i32.sub(i32.const(length), get(done))),
      when(i32.gt(get(run), i32.const(RUN)), set(run, i32.const(RUN))),
      along(run),
    ),
  ];
}
