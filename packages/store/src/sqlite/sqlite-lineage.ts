import type { Lineage } from '../interface/lineage.ts';
import type { SqliteMetadata } from './sqlite-metadata.ts';

/** The lineage graph in the metadata database. */
export function sqliteLineage(metadata: SqliteMetadata): Lineage {
  const edges = () =>
    metadata.reader
      .selectFrom('lineage_edges')
      .select(['from_ref as from', 'to_ref as to', 'kind', 'time'])
      .orderBy('time');
  return {
    into: (ref) => edges().where('to_ref', '=', ref).execute(),
    outOf: (ref) => edges().where('from_ref', '=', ref).execute(),
  };
}
