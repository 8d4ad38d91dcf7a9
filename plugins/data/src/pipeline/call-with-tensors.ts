import type { Batch, ColumnType } from '@trestle/contracts';
import { type Call, failed, guarded } from './call-step.ts';
import type { Core } from './tensor-core.ts';

/** Calls a step's function with a float32 tensor for each column; missing values are NaN, truths 1 and 0, on both ways. */
export async function callWithTensors(
  core: Core,
  call: Call,
  batch: Batch,
  from: number,
): Promise<ArrayLike<unknown>[]> {
  const { run, reads, writes } = call.step;
  const where = `the batch from row ${from + 1}`;
  const tensors = Object.fromEntries(
    Object.keys(reads).map((name) => {
      const values: ArrayLike<unknown> = batch.columns[name]?.values ?? [];
      const floats = Float32Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
      return [name, core.tensor(floats)];
    }),
  );
  const made: Readonly<Record<string, unknown>> = Object(
    await guarded(call, () => run(tensors, call.params), where),
  );
  const columns: ArrayLike<unknown>[] = [];
  let first: readonly [string, number] | undefined;
  for (const [name, type] of Object.entries(writes)) {
    const tensor = made[name];
    if (!(tensor instanceof core.Tensor)) throw failed(call, `${where} gave no tensor for column "${name}"`);
    if (tensor.shape.length !== 1)
      throw failed(call, `${where} gave the shape [${tensor.shape.join(', ')}] for "${name}", not one axis`);
    const rows = tensor.shape[0] ?? 0;
    first ??= [name, rows];
    if (rows !== first[1])
      throw failed(call, `${where} gave ${first[1]} values for "${first[0]}" and ${rows} for "${name}"`);
    // What was only written down so far is computed here.
    columns.push(valuesOf(type, await guarded(call, () => tensor.data(), where)));
  }
  return columns;
}

/** Numbers as they are; what is neither 1 nor 0 nor missing is no truth, and refused as such when it is written. */
const valuesOf = (type: ColumnType, values: ArrayLike<number>): ArrayLike<unknown> =>
  type === 'boolean'
    ? Array.from(values, (value) => (value === 1 ? true : value === 0 ? false : value))
    : values;
