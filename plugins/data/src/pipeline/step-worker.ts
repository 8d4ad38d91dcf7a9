import { parentPort, workerData } from 'node:worker_threads';
import { isTrestleError } from '@trestle/kernel';
import {
  batches,
  type Engine,
  openEngine,
  STORED_TYPES,
  selectColumns,
  type TypedColumn,
} from '@trestle/tables';
import { identifier } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
import { loadExpectation } from '../expectation/expectation-module.ts';
import type { ThreadAnswer, ThreadData } from '../thread/step-thread.ts';
import { enterEngine, leaveEngine } from '../thread/thread-state.ts';
import { parquetRelation } from '../version/version-relation.ts';
import { type WrittenPart, writePart } from '../version/write-part.ts';
import { callWithValues } from './call-step.ts';
import { callWithTensors } from './call-with-tensors.ts';
import { ENGINE_TYPES, madeValue } from './made-value.ts';
import { checkReads, loadStep, type StepModule } from './step-module.ts';
import { coreOf } from './tensor-core.ts';

// A thread for each run of a step or check: the function of a user neither blocks the process nor outlives the step.

const CHUNK_ROWS = 2_048;
const task: ThreadData = workerData;
const { state } = task;
const say = (answer: ThreadAnswer): void => parentPort?.postMessage(answer);

const stop = new AbortController();
parentPort?.once('message', () => stop.abort());
// Whether it is told to stop is no reason to go on.
parentPort?.unref();

async function run(): Promise<WrittenPart> {
  leaveEngine(state);
  const load = task.exports === 'step' ? loadStep : loadExpectation;
  const step = await load(task.module, task.shown);
  checkReads(step, task.input.columns, task.shown);
  enterEngine(state);
  const engine = await openEngine(task.engine, {
    files: task.input.files,
    dirs: [task.dir],
    signal: stop.signal,
  });
  try {
    await checkWholeNumbers(engine, step, task.shown);
    const columns = Object.entries(step.writes).map(([name, type]) => ({ name, type }));
    const list = columns.map(({ name, type }) => `${identifier(name)} ${STORED_TYPES[type]}`);
    await engine.run(`CREATE TABLE made (${list.join(', ')})`);
    await fill(engine, step, columns);
    return await writePart(engine, 'made', columns, task.dir);
  } finally {
    engine.close();
  }
}

/** A number of JavaScript is no whole number beyond 2^53 but the nearest to it. @throws TRS_DATA_STEP_INPUT */
async function checkWholeNumbers(engine: Engine, { reads }: StepModule, shown: string): Promise<void> {
  const names = Object.entries(reads).flatMap(([name, type]) => (type === 'integer' ? [name] : []));
  if (names.length === 0) return;
  const { MIN_SAFE_INTEGER: least, MAX_SAFE_INTEGER: most } = Number;
  const tests = names.map((name, index) => {
    const column = identifier(name);
    return `min(CASE WHEN ${column} NOT BETWEEN ${least} AND ${most} THEN ${column} END) AS c${index}`;
  });
  const [row = {}] = await engine.rows(
    `SELECT ${tests.join(', ')} FROM ${parquetRelation(task.input.files)}`,
  );
  for (const [index, name] of names.entries()) {
    const found = row[`c${index}`] ?? null;
    if (found === null) continue;
    throw dataError('STEP_INPUT', {
      kind: 'invalid',
      message: `${shown} reads integer "${name}", which holds ${found}: beyond 2^53 a number of JavaScript is the nearest, and another one.`,
      hint: `Make texts of them in a step of SQL before (CAST(${name} AS VARCHAR) AS ${name}), and read string "${name}". Where the nearest will do, read number "${name}".`,
      details: { column: name },
    });
  }
}

/** Streams the input through the function; at most a batch is in memory beside the engine. */
async function fill(engine: Engine, step: StepModule, columns: readonly TypedColumn[]): Promise<void> {
  const reads = Object.entries(step.reads).map(([name, type]) => ({ name, type }));
  const table = await engine.append(
    'made',
    columns.map(({ type }) => ENGINE_TYPES[type]),
  );
  const sql = selectColumns(parquetRelation(task.input.files), reads);
  const call = { step, params: task.params, shown: task.shown };
  const core = step.kind === 'tensors' ? await coreOf(task.module) : undefined;
  let from = 0;
  for await (const batch of batches(engine, sql, reads, task.batchRows)) {
    leaveEngine(state);
    const calling = core ? callWithTensors(core, call, batch, from) : callWithValues(call, batch, from);
    const made = await calling.finally(() => enterEngine(state));
    const rows = made[0]?.length ?? 0;
    for (let at = 0; at < rows; at += CHUNK_ROWS) {
      await table.rows(
        columns.map(({ name, type }, index) =>
          Array.from({ length: Math.min(CHUNK_ROWS, rows - at) }, (_, row) =>
            madeValue(type, made[index]?.[at + row], name, task.shown),
          ),
        ),
      );
    }
    from += batch.rows;
    say({ kind: 'rows', rows: from });
  }
  await table.close();
  const [input] = await engine.rows(`SELECT count(*) AS rows FROM ${parquetRelation(task.input.files)}`);
  // A stream that ends early must never pass for one that is whole.
  if (from !== Number(input?.rows)) throw new RangeError(`${from} of ${input?.rows} rows were read.`);
}

function failure(thrown: unknown): ThreadAnswer {
  if (isTrestleError(thrown)) {
    const name = thrown.code.replace('TRS_DATA_', '');
    return { kind: 'failed', name, error: thrown.kind, message: thrown.message, hint: thrown.hint ?? '' };
  }
  return {
    kind: 'failed',
    name: 'STEP_FAILED',
    error: 'failed',
    message: `${task.shown}: ${thrown}`,
    hint: 'This is a defect; please report it.',
  };
}

run()
  .then((part): ThreadAnswer => ({ kind: 'written', part }), failure)
  .then((answer) => {
    // The engine is closed.
    leaveEngine(state);
    say(answer);
  });
