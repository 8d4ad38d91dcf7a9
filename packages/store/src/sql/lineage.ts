import type { Lineage } from '../interface/lineage.ts';
import type { SqlDatabase } from './database.ts';

/** The lineage graph in a database. */
export function sqlLineage(database: SqlDatabase): Lineage {
  const edges = () =>
    database.reader
      .selectFrom('lineage_edges')
      .select(['from_ref as from', 'to_ref as to', 'kind', 'time'])
      .orderBy('time');
  return {
    into: (ref) => edges().where('to_ref', '=', ref).execute(),
    outOf: (ref) => edges().where('from_ref', '=', ref).execute(),
  };
}
