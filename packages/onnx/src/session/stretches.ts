import { type Tensor as CoreTensor, jit } from '@trestle/core';
import { fromChannelsLast, liesChannelsLast, toChannelsLast } from '../operators/channels.ts';
import type { Plan, Step } from '../plan/step.ts';
import type { Value } from '../tensor/tensor.ts';

/** Nodes that follow each other in the core, recorded once and replayed: planning them costs more than a small network's work. */
export interface Stretch {
  /** The step behind the last. */
  readonly end: number;
  /** Slots that it reads, weights left out. */
  readonly reads: readonly number[];
  /** The shapes that it was recorded for; others are computed node by node. */
  readonly dims: readonly string[];
  /** Slots that it writes and something behind it reads. */
  readonly writes: readonly number[];
  readonly run: (inputs: readonly CoreTensor[]) => readonly CoreTensor[];
}

/** What a run of a plan has shown of the runs to come with inputs of the same shapes. */
export interface Recording {
  /** By the step that it begins with. */
  readonly stretches: ReadonlyMap<number, Stretch>;
  /** What nodes make of weights and of shapes, by step. */
  readonly made: ReadonlyMap<number, Value>;
  /** What nodes make of weights alone: the same whatever the shapes. */
  readonly constants: ReadonlyMap<Step, Value>;
}

/** What a step gave in the run that is recorded. */
export interface Seen {
  readonly value: Value | undefined;
  readonly isCore: boolean;
}

/** Computes one step from the tensors of its slots. */
type CoreStep = (step: Step, tensors: ReadonlyMap<number, CoreTensor>, weights: Weights) => CoreTensor;
type Weights = ReadonlyMap<number, Value>;

/** Operators that give the same for the same values: what they make of weights and of shapes is made once. */
const PURE = new Set([
  ...[
    'Add',
    'Cast',
    'Ceil',
    'Concat',
    'Constant',
    'ConstantOfShape',
    'DequantizeLinear',
    'Div',
    'Equal',
    'Expand',
    'Flatten',
    'Floor',
  ],
  ...[
    'Gather',
    'Greater',
    'Identity',
    'Less',
    'Max',
    'Min',
    'Mod',
    'Mul',
    'Neg',
    'Not',
    'Pow',
    'Range',
    'ReduceProd',
  ],
  ...['Reshape', 'Shape', 'Size', 'Slice', 'Sqrt', 'Squeeze', 'Sub', 'Transpose', 'Unsqueeze', 'Where'],
]);

/** Operators whose answer depends on the shape of their input alone. */
const OF_SHAPES = new Set(['Shape', 'Size']);

/** Operators of the host whose output has a shape that follows from those of the inputs, whatever these hold. */
const SHAPED = new Set([
  ...[
    'Add',
    'And',
    'Cast',
    'Concat',
    'Div',
    'Equal',
    'Flatten',
    'Gather',
    'Greater',
    'GreaterOrEqual',
    'Identity',
  ],
  ...['Less', 'LessOrEqual', 'Max', 'Min', 'Mul', 'Neg', 'Not', 'Or', 'Pow', 'Sub', 'Transpose', 'Where'],
]);

/** What a first run has shown. */
export interface FirstRun {
  readonly seen: readonly Seen[];
  /** The shapes of the slots. */
  readonly shapes: readonly (string | undefined)[];
  /** Inputs whose shapes are the same in every run of the recording. */
  readonly fixed: readonly number[];
}

export function recordingOf(plan: Plan, { seen, shapes, fixed }: FirstRun, compute: CoreStep): Recording {
  const weights = new Map(plan.constants.map(({ slot, value }) => [slot, value]));
  const made = new Map<number, Value>();
  const constants = new Map<Step, Value>();
  const constantSlots = new Set(weights.keys());
  // Slots whose shapes follow from those of the inputs. Of those, and of weights, the same is made in every run.
  const shaped = new Set([...fixed, ...weights.keys()]);
  const onCore = new Set<number>();
  for (const [index, step] of plan.steps.entries()) {
    const { value, isCore = false } = seen[index] ?? {};
    const [output = -1] = step.outputs;
    const given = step.inputs.filter((slot) => slot >= 0);
    const known = OF_SHAPES.has(step.operator) ? shaped : weights;
    const isMade = PURE.has(step.operator) && given.every((slot) => known.has(slot));
    const onHost = step.definition.core?.host ?? [];
    const isRecorded =
      isCore &&
      onHost.every((input) => (step.inputs[input] ?? -1) < 0 || weights.has(step.inputs[input] ?? -1));
    if (isRecorded) onCore.add(index);
    const follows = isRecorded || SHAPED.has(step.operator);
    if (output >= 0 && follows && given.every((slot) => shaped.has(slot))) shaped.add(output);
    if (!isMade || isCore || value?.kind !== 'tensor' || step.outputs.length !== 1) continue;
    made.set(index, value);
    if (given.every((slot) => constantSlots.has(slot))) {
      constants.set(step, value);
      constantSlots.add(output);
    }
    weights.set(output, value);
    shaped.add(output);
  }
  const stretches = new Map<number, Stretch>();
  for (let start = 0; start < plan.steps.length; start++) {
    let end = start;
    while (end < plan.steps.length && (onCore.has(end) || made.has(end))) end++;
    const steps = plan.steps.slice(start, end).filter((_, index) => !made.has(start + index));
    if (steps.length > 1) stretches.set(start, stretchOf(plan, start, end, steps, weights, shapes, compute));
    start = Math.max(start, end);
  }
  return { stretches, made, constants };
}

function stretchOf(
  plan: Plan,
  start: number,
  end: number,
  steps: readonly Step[],
  weights: Weights,
  shapes: readonly (string | undefined)[],
  compute: CoreStep,
): Stretch {
  const written = new Set(steps.map(({ outputs }) => outputs[0] ?? -1));
  const freed = new Set(plan.steps.slice(start, end).flatMap(({ frees }) => frees));
  const reads = [
    ...new Set(
      steps.flatMap(({ inputs, definition }) =>
        inputs.filter((_, index) => !definition.core?.host?.includes(index)),
      ),
    ),
  ].filter((slot) => slot >= 0 && !written.has(slot) && !weights.has(slot));
  const writes = [...written].filter((slot) => slot >= 0 && !freed.has(slot));
  const recorded = jit((inputs: readonly AsItLies[]): Readonly<Record<string, CoreTensor>> => {
    const tensors = new Map<number, CoreTensor>();
    for (const [index, slot] of reads.entries()) tensors.set(slot, asWritten(there(inputs[index])));
    for (const step of steps) tensors.set(step.outputs[0] ?? -1, compute(step, tensors, weights));
    return Object.fromEntries(
      writes.map((slot) => {
        const { isLast, tensor } = asItLies(there(tensors.get(slot)));
        return [`${isLast ? LAST : SECOND} ${slot}`, tensor] as const;
      }),
    );
  });
  const run = (inputs: readonly CoreTensor[]): readonly CoreTensor[] => {
    const made = recorded(inputs.map(asItLies));
    return writes.map((slot) => {
      const last = made[`${LAST} ${slot}`];
      return last ? fromChannelsLast(last) : there(made[`${SECOND} ${slot}`]);
    });
  };
  return { end, reads, dims: reads.map((slot) => shapes[slot] ?? ''), writes, run };
}

/** A tensor goes in and out of a recording as it lies: what is computed of it then is the same, to the last bit, as node by node. */
interface AsItLies {
  readonly isLast: boolean;
  readonly tensor: CoreTensor;
  readonly [name: string]: CoreTensor | boolean;
}
const asItLies = (x: CoreTensor): AsItLies =>
  liesChannelsLast(x) ? { isLast: true, tensor: toChannelsLast(x) } : { isLast: false, tensor: x };
const asWritten = ({ isLast, tensor }: AsItLies): CoreTensor => (isLast ? fromChannelsLast(tensor) : tensor);

/** How an output's name says where its channels are. */
const [LAST, SECOND] = ['last', 'second'] as const;

function there<T>(tensor: T | undefined): T {
  if (!tensor) throw new TypeError('a recorded value is missing');
  return tensor;
}
