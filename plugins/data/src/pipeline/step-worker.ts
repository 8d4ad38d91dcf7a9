import { parentPort, workerData } from 'node:worker_threads';
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBTimestampValue,
  type DuckDBValue,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import { type Batch, type ColumnType, columnTypeSchema } from '@trestle/contracts';
import { isTrestleError } from '@trestle/kernel';
import { createJiti } from 'jiti';
import { z } from 'zod';
import { dataConfig } from '../data-config.ts';
import { dataError } from '../data-error.ts';
import { batches, selectColumns } from '../engine/batches.ts';
import { STORED_TYPES } from '../engine/column-types.ts';
import { type Engine, openEngine } from '../engine/engine.ts';
import { identifier } from '../engine/quote.ts';
import { parquetRelation } from '../version/version-relation.ts';
import { writePart } from '../version/write-part.ts';
import type { ThreadAnswer, ThreadTask } from './step-thread.ts';

// A thread for each run of a step: the function of a user neither blocks the process nor outlives the step.

const CHUNK_ROWS = 2_048;
const ENGINE_TYPES = {
  integer: BIGINT,
  number: DOUBLE,
  boolean: BOOLEAN,
  timestamp: TIMESTAMP,
  string: VARCHAR,
};

const types = z.record(z.string(), columnTypeSchema);
const stepModuleSchema = z.object({
  kind: z.enum(['rows', 'batches']),
  reads: types,
  writes: types.refine((columns) => Object.keys(columns).length > 0, 'it writes no column'),
  run: z.custom<(input: unknown, params: unknown) => unknown>(
    (value) => typeof value === 'function',
    'a function',
  ),
});
type StepModule = z.output<typeof stepModuleSchema>;

const task: ThreadTask = workerData;
const say = (answer: ThreadAnswer): void => parentPort?.postMessage(answer);

async function run(): Promise<void> {
  const step = await loadStep();
  checkReads(step);
  const engine = await openEngine(
    {
      config: (section) => section.schema.parse(section.name === dataConfig.name ? task.engine : {}) as never,
    },
    { files: task.input.files, dirs: [task.dir] },
  );
  try {
    const columns = Object.entries(step.writes).map(([name, type]) => ({ name, type }));
    const list = columns.map(({ name, type }) => `${identifier(name)} ${STORED_TYPES[type]}`);
    await engine.run(`CREATE TABLE made (${list.join(', ')})`);
    await fill(engine, step, columns);
    say({ kind: 'written', part: await writePart(engine, 'made', columns, task.dir) });
  } finally {
    engine.close();
  }
}

async function loadStep(): Promise<StepModule> {
  const loaded = await createJiti(task.module, { fsCache: false, moduleCache: false })
    .import(task.module, { default: true })
    .catch((cause: unknown) => {
      throw dataError('STEP_MODULE', {
        kind: 'invalid',
        message: `${task.shown} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Correct the module.',
        cause,
      });
    });
  const result = stepModuleSchema.safeParse(loaded);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw dataError('STEP_MODULE', {
    kind: 'invalid',
    message: `${task.shown} exports no step: ${issue?.path.join('.') || 'its default'}: ${issue?.message}.`,
    hint: 'Write `export default rowStep({ reads: { … }, writes: { … }, run: (row) => … })`.',
  });
}

function checkReads({ reads }: StepModule): void {
  for (const [name, type] of Object.entries(reads)) {
    const found = task.input.columns.find((column) => column.name === name);
    if (found?.type === type || (found?.type === 'integer' && type === 'number')) continue;
    throw dataError('STEP_INPUT', {
      kind: 'invalid',
      message: `${task.shown} reads ${type} "${name}", ${found ? `which is ${found.type}` : 'which its input does not have'}.`,
      hint: `Its input has ${task.input.columns.map((column) => `${column.name}: ${column.type}`).join(', ')}.`,
      details: { column: name },
    });
  }
}

/** Streams the input through the function; at most a batch is in memory beside the engine. */
async function fill(
  engine: Engine,
  step: StepModule,
  columns: readonly { readonly name: string; readonly type: ColumnType }[],
): Promise<void> {
  const reads = Object.entries(step.reads).map(([name, type]) => ({ name, type }));
  const table = await engine.append(
    'made',
    columns.map(({ type }) => ENGINE_TYPES[type]),
  );
  const sql = selectColumns(parquetRelation(task.input.files), reads);
  let from = 0;
  for await (const batch of batches(engine, sql, reads, task.batchRows)) {
    const made = step.kind === 'rows' ? await runRows(step, batch, from) : await runBatch(step, batch, from);
    const rows = made[0]?.length ?? 0;
    for (let at = 0; at < rows; at += CHUNK_ROWS) {
      await table.rows(
        columns.map(({ name, type }, index) =>
          Array.from({ length: Math.min(CHUNK_ROWS, rows - at) }, (_, row) =>
            engineValue(type, made[index]?.[at + row], name),
          ),
        ),
      );
    }
    from += batch.rows;
    say({ kind: 'rows', rows: from });
  }
  await table.close();
}

async function runRows({ run, reads, writes }: StepModule, batch: Batch, from: number): Promise<unknown[][]> {
  const out: unknown[][] = Object.keys(writes).map(() => []);
  const inputs = Object.keys(reads).map((name) => [name, batch.columns[name]?.values] as const);
  for (let row = 0; row < batch.rows; row++) {
    const input = Object.fromEntries(
      inputs.map(([name, values]) => {
        const value = values?.[row] ?? null;
        return [name, Number.isNaN(value) ? null : value];
      }),
    );
    const made = await guarded(() => run(input, task.params), `row ${from + row + 1}`);
    if (made === null || made === undefined) continue;
    for (const one of Array.isArray(made) ? made : [made]) {
      const record: Readonly<Record<string, unknown>> = Object(one);
      for (const [index, name] of Object.keys(writes).entries()) out[index]?.push(record[name]);
    }
  }
  return out;
}

async function runBatch(
  { run, writes }: StepModule,
  batch: Batch,
  from: number,
): Promise<ArrayLike<unknown>[]> {
  const where = `the batch from row ${from + 1}`;
  const made: Readonly<Record<string, unknown>> = Object(await guarded(() => run(batch, task.params), where));
  const columns = Object.keys(writes).map((name) => {
    const column = made[name];
    if (Array.isArray(column) || ArrayBuffer.isView(column))
      return [name, column as unknown as ArrayLike<unknown>] as const;
    throw failed(`${where} gave no list for column "${name}"`);
  });
  const rows = columns[0]?.[1].length ?? 0;
  const odd = columns.find(([, values]) => values.length !== rows);
  if (odd)
    throw failed(
      `${where} gave ${rows} values for "${columns[0]?.[0]}" and ${odd[1].length} for "${odd[0]}"`,
    );
  return columns.map(([, values]) => values);
}

async function guarded<T>(work: () => T, where: string): Promise<Awaited<T>> {
  try {
    return await work();
  } catch (cause) {
    throw failed(`${where}: ${cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)}`);
  }
}

/** A value as the engine takes it. @throws TRS_DATA_STEP_OUTPUT when it is not of the column's type */
function engineValue(type: ColumnType, value: unknown, name: string): DuckDBValue {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  switch (type) {
    case 'number':
      if (typeof value === 'number') return value;
      break;
    case 'integer':
      if (Number.isSafeInteger(value)) return BigInt(Number(value));
      break;
    case 'timestamp':
      if (value instanceof Date || typeof value === 'number')
        return new DuckDBTimestampValue(BigInt(Math.round(Number(value))) * 1_000n);
      break;
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
  }
  throw dataError('STEP_OUTPUT', {
    kind: 'invalid',
    message: `${task.shown} promises ${type} "${name}" and gave ${JSON.stringify(value)?.slice(0, 60) ?? typeof value}.`,
    hint: 'Correct the function, or the type in "writes".',
    details: { column: name },
  });
}

const failed = (what: string) =>
  dataError('STEP_FAILED', {
    kind: 'failed',
    message: `${task.shown}: ${what}.`,
    hint: 'Correct the function; what the pipeline made before is kept, and is not made again.',
  });

run().catch((thrown: unknown) => {
  if (isTrestleError(thrown)) {
    const name = thrown.code.replace('TRS_DATA_', '');
    say({ kind: 'failed', name, error: thrown.kind, message: thrown.message, hint: thrown.hint ?? '' });
  } else {
    say({
      kind: 'failed',
      name: 'STEP_FAILED',
      error: 'failed',
      message: `${task.shown}: ${thrown}`,
      hint: 'This is a defect; please report it.',
    });
  }
});
