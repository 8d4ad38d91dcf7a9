import { storeError } from './store-error.ts';

/**
 * JSON with one spelling per value: members sorted by their names' UTF-16 code units, no spaces, numbers as ECMAScript
 * writes them (RFC 8785). Two equal values give equal text, so their hashes are equal. What JSON cannot hold goes the way
 * of `JSON.stringify`: NaN and infinities become null, undefined members are left out.
 *
 * @throws TRS_STORE_NOT_JSON for a bigint
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'bigint') throw notJson(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonicalJson(value.toJSON());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, member]) => isJson(member))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

const isJson = (member: unknown): boolean =>
  member !== undefined && typeof member !== 'function' && typeof member !== 'symbol';

const notJson = (value: bigint) =>
  storeError('NOT_JSON', {
    kind: 'failed',
    message: `The bigint ${value} cannot be written as JSON.`,
    hint: 'Pass a number, or a text.',
  });
