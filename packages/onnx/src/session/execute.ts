import { type Tensor as CoreTensor, tensor } from '@trestle/core';
import { elementBytes } from '../format/element-types.ts';
import { OnnxError } from '../onnx-error.ts';
import { runKernel } from '../operators/channels.ts';
import type { Call, Result } from '../operators/definition.ts';
import type { Plan, Step } from '../plan/step.ts';
import { floats, type Tensor, type Value } from '../tensor/tensor.ts';
import { type FirstRun, type Recording, recordingOf, type Seen, type Stretch } from './stretches.ts';

/** A float32 tensor that lies in the core, perhaps not computed yet. */
interface Resident {
  readonly kind: 'resident';
  readonly type: 'float32';
  readonly dims: readonly number[];
  readonly tensor: CoreTensor;
}

type Slot = Value | Resident | undefined;

/** What a run may take, all its graphs and loops together. */
const MAX_LIVE_BYTES = 2 ** 32;
const MAX_TURNS = 1_000_000;

/** From so many multiplications on, a node is done by the core: below, planning costs more than the work. */
export const CORE_WORK = 2 ** 18;

/** What one run counts. */
export interface RunState {
  live: number;
  /** The most that any run of the session has taken. */
  readonly most: { bytes: number };
  turns: number;
  readonly randomSeed: () => number;
  readonly coreWork: number;
  /** Ends the run before its next node. */
  readonly signal?: AbortSignal | undefined;
  /** Weights that were given to the core, once for a session. */
  readonly uploaded: WeakMap<Tensor, CoreTensor>;
  /** Weights in the form in which an operator's kernel uses them. */
  readonly packed: WeakMap<Tensor, ReadonlyMap<string, CoreTensor>>;
  /** What nodes have made of weights alone. */
  readonly constants: Map<Step, Value>;
  /** What the last runs of the session's graph recorded, by the shapes of its inputs. */
  readonly recorded: Map<string, Recording>;
}

/** Recordings that a session keeps: so many shapes of inputs. */
const MAX_RECORDED = 8;

const bytesOf = (value: Slot): number => {
  if (!value) return 0;
  switch (value.kind) {
    case 'tensor':
      return value.data.length * (value.type === 'string' ? 8 : Math.max(1, elementBytes(value.type)));
    case 'resident':
      return value.dims.reduce((size, length) => size * length, 4);
    case 'sequence':
      return value.items.reduce((sum, item) => sum + bytesOf(item), 0);
    case 'optional':
      return bytesOf(value.value);
    case 'map':
      return value.entries.size * 16;
  }
};

/**
 * Runs a plan on its inputs. `outer` is the frame of the graph around it.
 *
 * @throws TRS_ONNX_NODE, TRS_ONNX_TOO_LARGE, TRS_ONNX_LIMIT naming the node
 */
export async function execute(
  plan: Plan,
  inputs: readonly (Value | undefined)[],
  state: RunState,
  outer?: Slot[],
): Promise<Value[]> {
  const frame = new Array<Slot>(plan.slots).fill(undefined);
  for (const { slot, value } of plan.constants) frame[slot] = value;
  for (const [index, slot] of plan.inputs.entries()) frame[slot] = inputs[index];
  for (const capture of plan.captures) frame[capture.inner] = outer?.[capture.outer];
  let own = 0;
  // Graphs in nodes run for a moment each; what is recorded is the model's own graph.
  const key = outer ? undefined : inputs.map(shapeOf).join(';');
  const recorded = key === undefined ? undefined : state.recorded.get(key);
  const seen: Seen[] = [];
  const shapes = recorded ? [] : frame.map(shapeOf);
  // A feed may be a list or a table, whose shape the key does not have.
  const fixed = inputs.every((input) => !input || input.kind === 'tensor') ? plan.inputs : [];
  for (let at = 0; at < plan.steps.length; at++) {
    const step = plan.steps[at];
    if (!step) break;
    if (state.signal?.aborted) throw state.signal.reason;
    const stretch = recorded?.stretches.get(at);
    if (stretch && replay(stretch, step, frame, state)) {
      for (const slot of stretch.writes) own += hold(frame[slot], state);
      for (let one = at; one < stretch.end; one++) {
        const slot = plan.steps[one]?.outputs[0] ?? -1;
        const made = recorded?.made.get(one);
        if (!made || slot < 0) continue;
        frame[slot] = made;
        own += hold(made, state);
      }
      for (; at < stretch.end; at++)
        for (const slot of plan.steps[at]?.frees ?? []) own -= free(slot, frame, state);
      at -= 1;
      continue;
    }
    let result: Result | Resident | Promise<Result> =
      recorded?.made.get(at) ?? state.constants.get(step) ?? runStep(step, frame, state);
    if (result instanceof Promise) result = await result;
    const isList = Array.isArray(result);
    for (const [index, slot] of step.outputs.entries()) {
      if (slot < 0) continue;
      // Array.isArray does not narrow readonly lists.
      const value =
        (isList ? (result as readonly Slot[])[index] : index === 0 ? (result as Slot) : undefined) ??
        undefined;
      const wanted = step.outputTypes[index];
      if (!value || (wanted !== undefined && value.type !== wanted))
        throw nodeError(
          step,
          `its output ${index} is ${value?.type ?? 'missing'} instead of ${wanted ?? 'a value'}`,
        );
      frame[slot] = value;
      if (!recorded) shapes[slot] = shapeOf(value);
      own += hold(value, state);
    }
    if (state.live > MAX_LIVE_BYTES)
      throw new OnnxError(
        'TOO_LARGE',
        `At the node ${step.label} the values of the run take more than ${MAX_LIVE_BYTES / 2 ** 30} GiB.`,
        'Give the model less at once.',
      );
    if (!recorded) seen[at] = seenOf(frame[step.outputs[0] ?? -1]);
    for (const slot of step.frees) own -= free(slot, frame, state);
  }
  state.live -= own;
  if (key !== undefined && !recorded) record(key, plan, { seen, shapes, fixed }, state);
  const outputs: Value[] = [];
  for (const slot of plan.outputs) outputs.push(await onHost(frame, slot));
  return outputs;
}

const shapeOf = (value: Slot): string | undefined =>
  value?.kind === 'tensor' || value?.kind === 'resident' ? value.dims.join() : undefined;
const seenOf = (value: Slot): Seen =>
  value?.kind === 'resident' ? { value: undefined, isCore: true } : { value, isCore: false };

/** Counts what a value takes. @returns its bytes */
function hold(value: Slot, state: RunState): number {
  const bytes = bytesOf(value);
  state.live += bytes;
  if (state.live > state.most.bytes) state.most.bytes = state.live;
  return bytes;
}

/** Lets go of a value. @returns its bytes */
function free(slot: number, frame: Slot[], state: RunState): number {
  const bytes = bytesOf(frame[slot]);
  frame[slot] = undefined;
  state.live -= bytes;
  return bytes;
}

function record(key: string, plan: Plan, run: FirstRun, state: RunState): void {
  const found = recordingOf(plan, run, (step, tensors, weights) => {
    const kernel = step.definition.core;
    const inputs = step.inputs.map((slot, index) =>
      kernel?.host?.includes(index) ? undefined : (tensors.get(slot) ?? uploadedOf(weights.get(slot), state)),
    );
    const call = callOf(step, [], state, {
      slotOf: (slot) => weights.get(slot),
      packed: (index) => packedOf(step, index, weights, run.shapes, state),
    });
    const made = kernel && runKernel(kernel, inputs, step.attributes as never, call);
    // The core has computed the step in the run before, from the same shapes.
    if (!made) throw new TypeError('the core does not compute it any more');
    return made;
  });
  const [oldest] = state.recorded.keys();
  if (state.recorded.size >= MAX_RECORDED && oldest !== undefined) state.recorded.delete(oldest);
  state.recorded.set(key, found);
  for (const [step, value] of found.constants) state.constants.set(step, value);
}

/** A weight as the kernel of the core packs it, once for a session. */
function packedOf(
  { definition, operator, inputs, attributes }: Step,
  index: number,
  weights: ReadonlyMap<number, Value>,
  shapes: FirstRun['shapes'],
  state: RunState,
): CoreTensor | undefined {
  const weight = weights.get(inputs[index] ?? -1);
  const { pack } = definition.core ?? {};
  if (weight?.kind !== 'tensor' || !pack) return undefined;
  const known = state.packed.get(weight)?.get(operator);
  if (known) return known;
  const given = uploadedOf(weight, state);
  const dims = inputs.map((slot) => (shapes[slot] || undefined)?.split(',').map(Number) ?? []);
  const packed = given && pack(index, given, dims, attributes as never);
  if (!packed) return undefined;
  // What is packed is used from now on; the collector takes the weight as it was.
  state.uploaded.delete(weight);
  state.packed.set(weight, new Map([...(state.packed.get(weight) ?? []), [operator, packed]]));
  return packed;
}

/** Does a stretch at once where its inputs are of the shapes that it was recorded for. @returns whether it did */
function replay(stretch: Stretch, step: Step, frame: Slot[], state: RunState): boolean {
  const inputs: CoreTensor[] = [];
  for (const [index, slot] of stretch.reads.entries()) {
    const value = frame[slot];
    const given = shapeOf(value) === stretch.dims[index] ? uploadedOf(value, state) : undefined;
    if (!given) return false;
    inputs.push(given);
  }
  let made: readonly CoreTensor[];
  try {
    made = stretch.run(inputs);
  } catch (thrown) {
    throw namingNode(step, thrown);
  }
  for (const [index, slot] of stretch.writes.entries()) {
    const found = made[index];
    if (found) frame[slot] = { kind: 'resident', type: 'float32', dims: found.shape, tensor: found };
  }
  return true;
}

function uploadedOf(value: Slot, state: RunState): CoreTensor | undefined {
  if (value?.kind === 'resident') return value.tensor;
  if (value?.kind !== 'tensor' || !(value.data instanceof Float32Array)) return undefined;
  const known = state.uploaded.get(value);
  if (known) return known;
  const uploaded = tensor(value.data, { shape: value.dims });
  state.uploaded.set(value, uploaded);
  return uploaded;
}

async function onHost(frame: Slot[], slot: number): Promise<Value> {
  const value = frame[slot];
  if (!value) throw new OnnxError('ORDER', 'An output of a graph is missing.', 'Export the model again.');
  return value.kind === 'resident' ? await read(frame, slot, value) : value;
}

async function read(frame: Slot[], slot: number, value: Resident): Promise<Tensor> {
  const data = await value.tensor.data();
  const found = floats(value.dims, data instanceof Float32Array ? data : Float32Array.from(data));
  frame[slot] = found;
  return found;
}

function runStep(step: Step, frame: Slot[], state: RunState): Result | Resident | Promise<Result> {
  const { definition, attributes } = step;
  const values = step.inputs.map((slot) => (slot < 0 ? undefined : frame[slot]));
  const call = callOf(step, frame, state);
  try {
    if (definition.core && step.isFloat) {
      const found = onCore(step, values, call, state);
      if (found) return found;
    }
    if (values.some((value) => value?.kind === 'resident')) {
      return Promise.all(
        values.map((value, index) =>
          value?.kind === 'resident' ? read(frame, step.inputs[index] ?? 0, value) : value,
        ),
      ).then(async (inputs) => {
        try {
          return await definition.run(inputs, attributes as never, call);
        } catch (thrown) {
          throw namingNode(step, thrown);
        }
      });
    }
    // No value is in the core: the line above has looked.
    const result = definition.run(values as readonly (Value | undefined)[], attributes as never, call);
    if (result instanceof Promise)
      return result.catch((thrown: unknown) => {
        throw namingNode(step, thrown);
      });
    return result;
  } catch (thrown) {
    throw namingNode(step, thrown);
  }
}

/** Gives a node to the core where its work is large, or its inputs are there already. */
function onCore(step: Step, values: readonly Slot[], call: Call, state: RunState): Resident | undefined {
  const kernel = step.definition.core;
  if (!kernel) return undefined;
  const dims = values.map((value) =>
    value?.kind === 'tensor' || value?.kind === 'resident' ? value.dims : [],
  );
  const isThere = values.some((value) => value?.kind === 'resident');
  if (!isThere && kernel.work(dims, step.attributes as never) < state.coreWork) return undefined;
  // The core has no empty tensors that are worth the way.
  if (dims.some((one, index) => one.includes(0) && !kernel.host?.includes(index))) return undefined;
  const inputs = values.map((value, index) =>
    kernel.host?.includes(index) ? undefined : uploadedOf(value, state),
  );
  const found = runKernel(kernel, inputs, step.attributes as never, call);
  return found && { kind: 'resident', type: 'float32', dims: found.shape, tensor: found };
}

/** What stands for the values of a frame in a recording. */
interface Recorded {
  readonly slotOf: (slot: number) => Slot;
  readonly packed: (index: number) => CoreTensor | undefined;
}

function callOf(
  step: Step,
  frame: Slot[],
  state: RunState,
  { slotOf, packed }: Recorded = { slotOf: (slot) => frame[slot], packed: () => undefined },
): Call {
  return {
    host(index) {
      const value = slotOf(step.inputs[index] ?? -1);
      return value?.kind === 'tensor' ? value : undefined;
    },
    packed,
    opset: step.opset,
    wanted: step.outputs.map((slot) => slot >= 0),
    outputTypes: step.outputTypes,
    randomSeed: state.randomSeed,
    fail: (reason) => nodeError(step, reason),
    turn() {
      if (++state.turns > MAX_TURNS)
        throw new OnnxError(
          'LIMIT',
          `The node ${step.label} has not ended after ${MAX_TURNS} turns of loops.`,
          'Look at the condition of the loop.',
        );
    },
    body(attribute) {
      const plan = step.bodies[attribute];
      if (!plan) throw nodeError(step, `it has no graph "${attribute}"`);
      return {
        inputCount: plan.inputs.length,
        outputTypes: plan.outputTypes,
        run: (inputs) => execute(plan, inputs, state, frame),
      };
    },
  };
}

function nodeError(step: Step, reason: string): OnnxError {
  return new OnnxError(
    'NODE',
    `The node ${step.label} cannot be run: ${reason}.`,
    'Check how the model was exported.',
  );
}

/** Errors of shared work do not know the node; what is no error of ours becomes one. */
function namingNode(step: Step, thrown: unknown): OnnxError {
  if (thrown instanceof OnnxError) {
    if (/The node /.test(thrown.message)) return thrown;
    return new OnnxError(
      thrown.code.replace('TRS_ONNX_', ''),
      `The node ${step.label} cannot be run: ${thrown.message}`,
      thrown.hint,
    );
  }
  return nodeError(step, thrown instanceof Error ? thrown.message.replace(/\.$/, '') : String(thrown));
}
