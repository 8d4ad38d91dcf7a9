import type { ColumnType, StoredType } from '@trestle/statistics';

const INTEGERS = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/;
const NUMBERS = /^(FLOAT|DOUBLE|DECIMAL\(.*\))$/;

/** What a DuckDB type is to a user. Everything without a number, truth or time is kept as text. */
export function columnTypeOf(duckType: string): ColumnType {
  if (INTEGERS.test(duckType)) return 'integer';
  if (NUMBERS.test(duckType)) return 'number';
  if (duckType === 'BOOLEAN') return 'boolean';
  if (duckType === 'DATE' || duckType.startsWith('TIMESTAMP')) return 'timestamp';
  return 'string';
}

export const isNumeric = (type: ColumnType): boolean => type === 'number' || type === 'integer';

/** How a type is stored: one SQL type each, so that parts of a version always fit together. */
export const STORED_TYPES: Readonly<Record<ColumnType, string>> = {
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMP',
  string: 'VARCHAR',
};

/** How the values of a column are stored. */
export const storedTypeOf = ({
  type,
  stored,
}: {
  readonly type: ColumnType;
  readonly stored?: StoredType | undefined;
}): string => stored ?? STORED_TYPES[type];
