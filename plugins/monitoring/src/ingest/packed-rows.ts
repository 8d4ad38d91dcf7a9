import type { Batch } from '@trestle/contracts';
import { entryOf, type LoggedEntry, parsed } from './read-logged.ts';
import type { WatchedFeatures } from './watched-features.ts';

/** The columns of a file by what they hold. */
export interface ColumnNames {
  readonly id: string;
  readonly time: string;
  readonly prediction: string;
  readonly label?: string | undefined;
  readonly version: string;
}

/** The field in which `/v1/log` takes the features of a prediction. */
const FEATURES = 'features';

/** Whether rows have the form that `/v1/log` takes, their features in one field. */
export const isPacked = (batch: Batch, watched: WatchedFeatures | undefined): boolean =>
  batch.columns[FEATURES]?.type === 'string' && watched?.has(FEATURES) !== true;

/** Reads such a row as the route does. @throws TRS_MONITOR_LOG_INVALID naming the row and the reason */
export function packedEntry({ columns }: Batch, row: number, names: ColumnNames, where: string): LoggedEntry {
  const fields = new Map([
    [names.id, 'id'],
    [names.time, 'time'],
    [names.prediction, 'prediction'],
    [names.version, 'model_version'],
  ]);
  const value: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(columns)) {
    const said = column.values[row];
    if (name === names.label || said === null || said === undefined || Number.isNaN(said)) continue;
    const field = fields.get(name) ?? name;
    value[field] =
      column.type === 'timestamp'
        ? new Date(Number(said)).toISOString()
        : isObject(field, said)
          ? parsed(String(said), `${where}, ${name}`)
          : numbers(field, said);
  }
  return entryOf(value, where);
}

const isObject = (field: string, said: unknown): boolean =>
  field === FEATURES || (field === 'prediction' && typeof said === 'string' && said.startsWith('{'));

/** Where some predictions of a column are objects, its numbers come as texts. */
const numbers = (field: string, said: unknown): unknown =>
  field === 'prediction' && typeof said === 'string' && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(said)
    ? Number(said)
    : said;
