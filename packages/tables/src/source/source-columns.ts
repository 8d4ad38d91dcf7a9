import type { ColumnType } from '@trestle/statistics';
import type { TypedColumn } from '../engine/batches.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import type { Engine } from '../engine/engine.ts';
import { checkParquetSize } from './check-parquet-size.ts';
import { checkStoredNames } from './check-stored-names.ts';
import type { LocalSource } from './local-source.ts';
import { matchColumns } from './match-columns.ts';
import type { Reading } from './reading.ts';
import { readingSource } from './reading-source.ts';
import { describeRelation, sourceRelation } from './source-relation.ts';
import { checkOverrides } from './type-overrides.ts';

/** A source as something to select from, with columns of the types that all sources of the version share. */
export interface ReadySource {
  readonly source: LocalSource;
  readonly relation: string;
}

export interface SourceColumns {
  readonly columns: readonly TypedColumn[];
  readonly ready: readonly ReadySource[];
  /** What a person is to know of how they were read. */
  readonly notes: readonly string[];
}

/**
 * The columns of several sources together: the same names in each; where types differ, whole numbers become numbers, and
 * anything else text, which is then read as it stands.
 *
 * @param base the types of the version that is appended to
 * @throws TRS_DATA_COLUMNS_DIFFER, TRS_DATA_UNKNOWN_COLUMN
 */
export async function sourceColumns(
  engine: Engine,
  sources: readonly LocalSource[],
  reading: Reading,
  base: readonly TypedColumn[] | undefined,
): Promise<SourceColumns> {
  const types = reading.types ?? new Map<string, ColumnType>();
  let columns = base;
  const found: { source: LocalSource; relation: string; types: ReadonlyMap<string, ColumnType> }[] = [];
  for (const source of sources) {
    const looking = readingSource(source, async () => {
      const relation = await sourceRelation(engine, source, reading);
      const columns = await describeRelation(engine, relation);
      await checkStoredNames(
        engine,
        source,
        columns.map(({ name }) => name),
      );
      if (source.format === 'parquet') await checkParquetSize(engine, source, columns.length);
      return { relation, columns };
    });
    // What is wrong with the bytes is told, not what the engine makes of them; and no query is left to an engine that is closed.
    const [scanned, looked] = await Promise.allSettled([source.scanned, looking]);
    if (scanned.status === 'rejected') throw scanned.reason;
    if (looked.status === 'rejected') throw looked.reason;
    const { relation, columns: read } = looked.value;
    const described = read.map(({ name, duckType }) => ({
      name,
      type: types.get(name) ?? columnTypeOf(duckType),
      about: source.columns?.find((column) => column.name === name)?.about,
    }));
    const names = described.map((column) => column.name);
    checkOverrides(types, names, source.shown);
    const own = new Map(described.map(({ name, type }) => [name, type]));
    found.push({ source, relation, types: own });
    columns = columns
      ? matchColumns(columns, described, source.shown).map((column) => ({
          ...column,
          type: base ? column.type : sharedType(column.type, own.get(column.name) ?? column.type),
        }))
      : described;
  }
  const shared = columns ?? [];
  const ready: ReadySource[] = [];
  for (const { source, relation, types: own } of found) {
    const asText = shared.filter(({ name, type }) => type === 'string' && own.get(name) !== 'string');
    const isDelimited = source.format === 'csv' || source.format === 'tsv';
    ready.push({
      source,
      relation:
        isDelimited && asText.length > 0
          ? await sourceRelation(engine, source, {
              ...reading,
              types: new Map([...types, ...asText.map(({ name, type }) => [name, type] as const)]),
            })
          : relation,
    });
  }
  return { columns: shared, ready, notes: sources.flatMap((source) => source.notes ?? []) };
}

const NUMERIC: ReadonlySet<ColumnType> = new Set(['integer', 'number']);

const sharedType = (one: ColumnType, other: ColumnType): ColumnType =>
  one === other ? one : NUMERIC.has(one) && NUMERIC.has(other) ? 'number' : 'string';
