import type { Batch } from '@trestle/contracts';
import { dataError } from '../data-error.ts';
import type { StepParams } from './step-function.ts';
import type { StepModule } from './step-module.ts';

export interface Call {
  readonly step: StepModule;
  readonly params: StepParams;
  readonly shown: string;
}

/**
 * Calls a step's function with the values of a batch of rows, of which the first has the number `from` (from 0).
 *
 * @returns a list of values for each column that it writes, all of one length
 * @throws TRS_DATA_STEP_FAILED with the row and what the function threw
 */
export const callWithValues = (call: Call, batch: Batch, from: number): Promise<ArrayLike<unknown>[]> =>
  call.step.kind === 'rows' ? callWithRows(call, batch, from) : callWithBatch(call, batch, from);

async function callWithRows(call: Call, batch: Batch, from: number): Promise<unknown[][]> {
  const { run, reads, writes } = call.step;
  const out: unknown[][] = Object.keys(writes).map(() => []);
  const inputs = Object.keys(reads).map((name) => [name, batch.columns[name]?.values] as const);
  for (let row = 0; row < batch.rows; row++) {
    const input = Object.fromEntries(
      inputs.map(([name, values]) => {
        const value = values?.[row] ?? null;
        return [name, Number.isNaN(value) ? null : value];
      }),
    );
    const made = await guarded(call, () => run(input, call.params), `row ${from + row + 1}`);
    if (made === null || made === undefined) continue;
    for (const one of Array.isArray(made) ? made : [made]) {
      const record: Readonly<Record<string, unknown>> = Object(one);
      for (const [index, name] of Object.keys(writes).entries()) out[index]?.push(record[name]);
    }
  }
  return out;
}

async function callWithBatch(call: Call, batch: Batch, from: number): Promise<ArrayLike<unknown>[]> {
  const { run, writes } = call.step;
  const where = `the batch from row ${from + 1}`;
  const made: Readonly<Record<string, unknown>> = Object(
    await guarded(call, () => run(batch, call.params), where),
  );
  const columns = Object.keys(writes).map((name) => {
    const column = made[name];
    if (Array.isArray(column) || ArrayBuffer.isView(column))
      return [name, column as unknown as ArrayLike<unknown>] as const;
    throw failed(call, `${where} gave no list for column "${name}"`);
  });
  const rows = columns[0]?.[1].length ?? 0;
  const odd = columns.find(([, values]) => values.length !== rows);
  if (odd)
    throw failed(
      call,
      `${where} gave ${rows} values for "${columns[0]?.[0]}" and ${odd[1].length} for "${odd[0]}"`,
    );
  return columns.map(([, values]) => values);
}

export async function guarded<T>(call: Call, work: () => T, where: string): Promise<Awaited<T>> {
  try {
    return await work();
  } catch (cause) {
    throw failed(
      call,
      `${where}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`,
    );
  }
}

export const failed = ({ shown }: Call, what: string) =>
  dataError('STEP_FAILED', {
    kind: 'failed',
    message: `${shown}: ${what}.`,
    hint: 'Correct the function. What was made before it failed is kept.',
  });
