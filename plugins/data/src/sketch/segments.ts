import { createHash } from 'node:crypto';
import { version as engineVersion } from '@duckdb/node-api';
import { canonicalJson } from '@trestle/store';
import type { Manifest } from '../version/manifest.ts';
import { SKETCH_FORMAT } from './sketch-codec.ts';

/** Parts of a version of which one sketch is kept. */
export interface Segment {
  readonly key: string;
  readonly parts: Manifest['parts'];
}

/** Of so many values or more a part has a sketch of its own; smaller ones have one with the next, up to so many. */
const SEGMENT_VALUES = 1_000_000;

/**
 * The segments of a version, which follow from its parts alone, from the first on: a version that was appended to has the same
 * ones and more, and a thousand small parts are not sketched one by one. Values are placed in registers by the engine's hash,
 * which another release may compute in another way, so the key holds its version.
 */
export function segmentsOf({ columns, parts }: Manifest): readonly Segment[] {
  const lists: Manifest['parts'][] = [];
  let open: Manifest['parts'] = [];
  let values = 0;
  for (const part of parts) {
    open.push(part);
    values += part.rows * columns.length;
    if (values < SEGMENT_VALUES) continue;
    lists.push(open);
    open = [];
    values = 0;
  }
  if (open.length > 0) lists.push(open);
  return lists.map((list) => ({ key: keyOf(columns, list), parts: list }));
}

function keyOf(columns: Manifest['columns'], parts: Manifest['parts']): string {
  const digests = parts.map(({ digest }) => digest);
  const what = { format: SKETCH_FORMAT, engine: engineVersion(), columns, parts: digests };
  return createHash('sha256').update(canonicalJson(what)).digest('hex');
}
