import { hostname } from 'node:os';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { ServingTables } from '../serving-tables.ts';
import type { Measured } from './measure-executors.ts';

/** Where a model's graph runs, and why. */
export interface ExecutorChoice {
  readonly digest: string;
  /** What was asked for: a name, or `auto`. */
  readonly wanted: string;
  readonly executor: string;
  /** What `auto` found; empty where there was nothing to choose between. */
  readonly measured: readonly Measured[];
}

/** Writes down what a process of this host chose last: `deployment show` tells it, also where no server runs. */
export async function writeChoice(scope: Scope, choice: ExecutorChoice): Promise<void> {
  const row = {
    digest: choice.digest,
    wanted: choice.wanted,
    executor: choice.executor,
    measured: JSON.stringify(choice.measured),
    host: hostname(),
    chosen_at: new Date().toISOString(),
  };
  const metadata = await scope.service(metadataToken);
  await metadata.write<ServingTables, unknown>(
    async (db) =>
      await db
        .insertInto('executor_choices')
        .values(row)
        .onConflict((of) => of.columns(['digest', 'wanted']).doUpdateSet(row))
        .execute(),
  );
}

/** What was chosen last; undefined where the model was not asked yet. */
export async function readChoice(
  scope: Scope,
  digest: string,
  wanted: string,
): Promise<(ExecutorChoice & { readonly host: string; readonly chosenAt: string }) | undefined> {
  const row = await (await scope.service(metadataToken))
    .query<ServingTables>()
    .selectFrom('executor_choices')
    .selectAll()
    .where('digest', '=', digest)
    .where('wanted', '=', wanted)
    .executeTakeFirst();
  if (!row) return undefined;
  const { executor, host, chosen_at: chosenAt } = row;
  // Written by `writeChoice`.
  return {
    digest,
    wanted,
    executor,
    host,
    chosenAt,
    measured: JSON.parse(row.measured) as readonly Measured[],
  };
}
