import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api';
import type { ColumnType } from '@trestle/contracts';
import { dataError } from '../data-error.ts';

/** Each type as the engine stores it. */
export const ENGINE_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  integer: BIGINT,
  number: DOUBLE,
  boolean: BOOLEAN,
  timestamp: TIMESTAMP,
  string: VARCHAR,
};

/** Of milliseconds, whose fraction is microseconds. */
function microseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000n + BigInt(Math.round((milliseconds - whole) * 1_000));
}

/** What a function made, as the engine takes it. @throws TRS_DATA_STEP_OUTPUT when it is not of the column's type */
export function madeValue(type: ColumnType, value: unknown, name: string, shown: string): DuckDBValue {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  switch (type) {
    case 'number':
      if (typeof value === 'number') return value;
      break;
    case 'integer':
      if (Number.isSafeInteger(value)) return BigInt(Number(value));
      break;
    case 'timestamp':
      if (value instanceof Date || (typeof value === 'number' && Number.isFinite(value)))
        return new DuckDBTimestampValue(microseconds(Number(value)));
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
    message: `${shown} promises ${type} "${name}" and gave ${JSON.stringify(value)?.slice(0, 60) ?? typeof value}.`,
    hint: 'Correct the function, or the type in "writes".',
    details: { column: name },
  });
}
