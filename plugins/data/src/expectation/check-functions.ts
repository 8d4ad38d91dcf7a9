import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Context, type TrestleError, toTrestleError } from '@trestle/kernel';
import type { TypedColumn } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import type { Expectation, Suite } from '../config/suite.ts';
import { runInThread } from '../thread/step-thread.ts';
import type { WrittenPart } from '../version/write-part.ts';

/** For each expectation that is a function: a Parquet file with the numbers (`row`) of the rows that do not hold, or why there is none. */
export type FoundByFunctions = ReadonlyMap<Expectation, WrittenPart | TrestleError>;

const BATCH_ROWS = 8_192;

/**
 * Runs the functions of a suite over rows, each in a thread through which the rows are streamed. What they find is written
 * into `dir`, however much it is. What goes wrong with one (TRS_DATA_EXPECTATION_MODULE, TRS_DATA_STEP_INPUT,
 * TRS_DATA_STEP_FAILED with the row at which it threw) is its finding, and the others run all the same.
 */
export async function checkFunctions(
  ctx: Context,
  suite: Suite,
  input: { readonly files: readonly string[]; readonly columns: readonly TypedColumn[] },
  dir: string,
): Promise<FoundByFunctions> {
  const found = new Map<Expectation, WrittenPart | TrestleError>();
  const { memoryMiB, threads } = ctx.config(dataConfig);
  for (const [index, expectation] of suite.expectations.entries()) {
    if (expectation.type !== 'row.function') continue;
    const own = join(dir, `function-${index}`);
    await mkdir(own);
    const task = {
      exports: 'expectation' as const,
      module: resolve(ctx.project.dir, expectation.module),
      shown: expectation.module,
      params: expectation.params ?? {},
      batchRows: BATCH_ROWS,
      input: { files: input.files, columns: input.columns.map(({ name, type }) => ({ name, type })) },
      dir: own,
      engine: { memoryMiB, threads },
    };
    const report = (rows: number): void =>
      ctx.progress({ step: `${expectation.module}: ${rows.toLocaleString('en-US')} rows` });
    const finding = await runInThread(task, ctx.signal, report).catch((thrown: unknown) => {
      ctx.signal.throwIfAborted();
      return toTrestleError(thrown);
    });
    found.set(expectation, finding);
  }
  return found;
}
