import { canonicalJson } from '../canonical-json.ts';

/** A row of any table: what columns hold in SQLite and Postgres alike. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * A row as one line of JSON from which exactly this row comes back, spelled in one way. What JSON has no word for (infinities, the
 * negative zero, bytes) is an object with one member, which no column holds itself.
 *
 * @throws TRS_STORE_NOT_JSON for a bigint
 */
export function rowLine(row: Row): string {
  return canonicalJson(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, toJson(value)])));
}

/** @throws SyntaxError where it is no line of `rowLine` */
export function rowOf(line: string): Row {
  const row: unknown = JSON.parse(line);
  if (typeof row !== 'object' || row === null) throw new SyntaxError('not a row');
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, fromJson(value)]));
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { number: Object.is(value, -0) ? '-0' : String(value) };
}

function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('number' in value) return Number(value.number);
  if ('bytes' in value) return new Uint8Array(Buffer.from(String(value.bytes), 'base64'));
  throw new SyntaxError('not a value of a row');
}
