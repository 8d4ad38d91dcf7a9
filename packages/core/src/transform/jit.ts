import { CoreError } from '../core-error.ts';
import { debug } from '../debug.ts';
import { type Tree, treeLeaves, withLeaves } from '../grad/tree.ts';
import { dataNode, missingValue, type Node, newestSerial, placeholderNode } from '../graph/node.ts';
import { type Shape, shapeText } from '../graph/shape.ts';
import { isTracing, tracing } from '../graph/tracing.ts';
import { measured } from '../profile.ts';
import { type Plan, runPlan } from '../schedule/plan.ts';
import { realize, schedule } from '../schedule/schedule.ts';
import { Tensor } from '../tensor/tensor.ts';
import { withKeyTensors } from './key-tensors.ts';
import { fill, formOf, signature, type TreeForm } from './tree-form.ts';

export interface JitOptions {
  /**
   * Arguments, by position, that are not used after the call: their memory becomes the results', so that a step updates
   * parameters in place. Using one later is an error.
   */
  readonly donate?: readonly number[];
}

/** Signatures that are remembered per function; the one used longest ago gives way. */
const MAX_TRACES = 64;

/**
 * Records a function once for each form, shape and type of its arguments, and replays the plan from then on. Tensors and random
 * keys are inputs; numbers, strings and booleans are part of the form, so a number that changes from call to call belongs into
 * a tensor. Side effects happen while recording only.
 *
 * @throws TRS_CORE_PLACEHOLDER when the function reads a value while it is recorded, TRS_CORE_ASYNC when it is asynchronous,
 * TRS_CORE_DONATED when a donated tensor is given twice, or is used by the function itself
 */
export function jit<Args extends readonly Tree[], R extends Tree>(
  fn: (...args: Args) => R,
  { donate = [] }: JitOptions = {},
): (...args: Args) => R {
  const traces = new Map<string, Trace>();
  return (...args) => {
    // Inside another trace the function becomes part of it; node by node is how NaN is found.
    if (isTracing() || debug().findsNaN) return fn(...args);
    const inputs = withKeyTensors(args);
    const text = signature(inputs);
    const known = traces.get(text);
    traces.delete(text);
    const trace = known ?? measured('record', () => record(fn, inputs, donate));
    traces.set(text, trace);
    if (!known) limit(traces, text);
    return replay<R>(trace, treeLeaves(inputs));
  };
}

const NOTHING: readonly Tensor[] = [];

interface Trace {
  readonly plan: Plan | undefined;
  readonly form: TreeForm;
  readonly shapes: readonly Shape[];
  /** What the function used from around it. */
  readonly captured: readonly Node[];
  readonly donated: readonly number[];
}

function record<Args extends readonly Tree[]>(
  fn: (...args: Args) => Tree,
  args: Args,
  donate: readonly number[],
): Trace {
  const before = newestSerial();
  const parameters = treeLeaves(args).map((leaf) => placeholderNode(leaf.shape, leaf.dtype, leaf.device));
  const value = tracing(() =>
    fn(
      ...withLeaves(
        args,
        parameters.map((node) => new Tensor(node)),
      ),
    ),
  );
  const roots = treeLeaves(value).map((leaf) => leaf.node);
  const captured = capturedBy(roots, before);
  // Computed once, not with every replay.
  realize(captured.filter((node) => node.inputs.length > 0));
  const donated = indicesOf(args, donate);
  const plan = roots.length === 0 ? undefined : schedule(roots, { parameters, donated });
  const shapes = roots.map((node) => node.shape);
  return { plan, form: formOf(value), shapes, captured: captured.filter((node) => node.buffer), donated };
}

/** The nodes from before the trace that it reaches. */
function capturedBy(roots: readonly Node[], before: number): Node[] {
  const seen = new Set<Node>();
  const captured: Node[] = [];
  const pending = [...roots];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    // Uploads inside the function are values, too.
    if (node.serial <= before || node.buffer) captured.push(node);
    else pending.push(...node.inputs);
  }
  return captured;
}

/** The places among all leaves of those of some arguments. */
function indicesOf(args: readonly Tree[], chosen: readonly number[]): number[] {
  let from = 0;
  return args.flatMap((arg, position) => {
    const places = treeLeaves(arg).map((_, index) => from + index);
    from += places.length;
    return chosen.includes(position) ? places : [];
  });
}

function replay<R extends Tree>(
  { plan, form, shapes, captured, donated }: Trace,
  leaves: readonly Tensor[],
): R {
  if (!plan) return fill(form, NOTHING.values()) as R;
  for (const node of captured) if (node.released !== undefined) throw missingValue(node, 'jit');
  const nodes = leaves.map((leaf) => leaf.node);
  const pending = nodes.filter((node) => !node.buffer);
  for (const node of pending) if (node.released !== undefined) throw missingValue(node, 'jit');
  if (pending.length > 0) realize(pending);
  if (donated.length > 0) checkDonations(nodes, donated, captured);
  const parameters = nodes.map((node) => node.buffer ?? unavailable(node));
  const buffers = runPlan(plan, parameters);
  for (const place of donated) {
    const node = nodes[place];
    // Its buffer is a result's now, or the device's.
    if (node) [node.buffer, node.released] = [undefined, 'donation to a jitted function'];
  }
  // A buffer has one owner: two results, or a result and an argument, may be one node.
  const owners = new Map([...captured, ...nodes].map((node) => [node.buffer, node]));
  const results = buffers.map((buffer, index) => {
    const node = owners.get(buffer) ?? dataNode(buffer, shapes[index] ?? [], plan.device);
    owners.set(buffer, node);
    return new Tensor(node);
  });
  return fill(form, results.values()) as R;
}

function unavailable(node: Node): never {
  throw missingValue(node, 'jit');
}

function checkDonations(nodes: readonly Node[], donated: readonly number[], captured: readonly Node[]): void {
  const held = new Set(captured.map((node) => node.buffer));
  for (const place of donated) {
    const node = nodes[place];
    const isTwice = nodes.some((other, index) => index !== place && other.buffer === node?.buffer);
    if (!node || (!isTwice && !held.has(node.buffer))) continue;
    throw new CoreError(
      'DONATED',
      `jit: a donated tensor of shape ${shapeText(node.shape)} is ${isTwice ? 'given twice' : 'also used by the function itself'}.`,
      'Its memory is overwritten: give a copy (t.mul(1)), or do not donate it.',
    );
  }
}

function limit(traces: Map<string, Trace>, text: string): void {
  if (debug().level >= 1) console.error(`jit: recorded for ${text} (${traces.size} kept)`);
  const [oldest] = traces.keys();
  if (traces.size > MAX_TRACES && oldest !== undefined) traces.delete(oldest);
}
