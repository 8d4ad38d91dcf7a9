import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

/** Ids of one query: SQLite takes at most 32,766 parameters. */
export const IDS_PER_QUERY = 1_000;

type Db = ReturnType<typeof query>;
const query = (metadata: Metadata) => metadata.query<MonitoringTables>();

/** What is known of a logged request. */
export interface Prediction {
  readonly row_count: number;
  readonly model: string;
  readonly version: number;
}

/** Those of the ids that the deployment has answered. */
export async function predictionsOf(
  db: Pick<Db, 'selectFrom'>,
  deployment: string,
  ids: readonly string[],
): Promise<Map<string, Prediction>> {
  const known = new Map<string, Prediction>();
  for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
    const rows = await db
      .selectFrom('monitoring_predictions')
      .select(['id', 'row_count', 'model', 'version'])
      .where('deployment', '=', deployment)
      .where('id', 'in', ids.slice(start, start + IDS_PER_QUERY))
      .execute();
    for (const { id, ...prediction } of rows) known.set(id, prediction);
  }
  return known;
}
