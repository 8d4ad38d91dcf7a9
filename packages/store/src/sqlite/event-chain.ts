import { createHash } from 'node:crypto';
import type { LogEvent } from '@trestle/kernel';
import { canonicalJson } from '../canonical-json.ts';

/** What stands before the first entry. */
export const GENESIS = '0'.repeat(64);

/** The hash of an entry: over the entry before it and its own content, so that no entry can change, go or move unseen. */
export function chainHash(previous: string, event: Omit<LogEvent, 'hash'>): string {
  return createHash('sha256').update(previous).update(canonicalJson(event)).digest('hex');
}
